#pragma once

#include <libwebsockets.h>

/*
 * What a host may tell the plugin: callback reasons of its own, beyond what libwebsockets has. They
 * are sent to the connections of a vhost with lws_callback_all_protocol_vhost_args().
 */
enum echo_host_message {
    /*
     * To all connections: close with 1001. A size_t, if given, is incremented for each that is
     * still there. To be repeated until none is.
     */
    ECHO_HOST_DRAIN = LWS_CALLBACK_USER,

    /* To all connections: increments a size_t for each that is there, and does nothing else. */
    ECHO_HOST_COUNT,
};
