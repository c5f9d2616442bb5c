#pragma once

#include <libwebsockets.h>

#include "core/counters.h"
#include "core/options.h"

/*
 * What a host may hand the plugin: a pointer to one of these in the field "user" of the plugin's
 * entry among its protocols, which libwebsockets does not use. The host owns it, and it has to
 * stay. Where the field is NULL, as in lwsws, a vhost counts in memory of its own.
 */
struct echo_host {
    /*
     * Which version of the plugin the host is built for (ECHO_VERSION), as all of this may be
     * different in another: a plugin of another version refuses the vhost.
     */
    const char *version;

    struct counters_board board;

    /*
     * The vhost's options, checked already. NULL: the plugin reads the vhost's list of options
     * (struct lws_protocol_vhost_options), as it does in lwsws.
     */
    const struct options *options;

    /*
     * Logs a line at level "info"; it has no line end. NULL: libwebsockets does, and cuts it at 255
     * bytes.
     */
    void (*log)(const char *line);
};

/*
 * What a host may tell the plugin: callback reasons of its own, beyond what libwebsockets has. They
 * are sent to the connections of a vhost with lws_callback_all_protocol_vhost_args().
 */
enum echo_host_message {
    /*
     * To all connections, once: close with 1001. Those that are being opened are closed as soon as
     * they are open. A size_t, if given, is incremented for each that is still there.
     */
    ECHO_HOST_DRAIN = LWS_CALLBACK_USER,

    /* To all connections: increments a size_t for each that is there, and does nothing else. */
    ECHO_HOST_COUNT,
};
