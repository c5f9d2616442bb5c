#pragma once

#include <libwebsockets.h>

#include "core/counters.h"
#include "core/options.h"

/*
 * What a host may hand to the plugin: a pointer to this struct, in the "user" field of the
 * plugin's struct lws_protocols. libwebsockets does not use that field. The host owns the struct
 * and keeps it until the vhost is destroyed. If the field is NULL, as in lwsws, the vhost allocates
 * its own counters.
 */
struct echo_host {
    /*
     * The plugin version the host is built for (ECHO_VERSION). This struct may change between
     * versions, so a plugin of another version refuses the vhost.
     */
    const char *version;

    struct counters_board board;

    /*
     * The vhost's options, already checked; copied. NULL: the plugin reads the vhost's option list
     * (struct lws_protocol_vhost_options), as it does in lwsws.
     */
    const struct options *options;

    /*
     * Logs a line at level "info"; @line has no line end. NULL: the line goes to the libwebsockets
     * log, which truncates it at 255 bytes.
     */
    void (*log)(const char *line);
};

/*
 * What a host may tell the plugin: extra callback reasons, numbered after those of libwebsockets.
 * Send them to the connections of a vhost with lws_callback_all_protocol_vhost_args().
 */
enum echo_host_message {
    /*
     * To all connections, once: close with 1001. Connections still in their handshake are closed as
     * soon as they are open. The argument is NULL or a size_t *, which is incremented as for
     * ECHO_HOST_COUNT.
     */
    ECHO_HOST_DRAIN = LWS_CALLBACK_USER,

    /*
     * To all connections: increments the size_t * argument for each open WebSocket connection and
     * each one that waits for the answer to its first request. Does nothing else.
     */
    ECHO_HOST_COUNT,
};
