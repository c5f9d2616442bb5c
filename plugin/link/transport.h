#pragma once

#include <stdbool.h>

#include <libwebsockets.h>

/*
 * What carries a WebSocket: a TCP connection of its own, or one stream of an HTTP/2 connection (RFC
 * 8441), which shares the TCP connection with other streams. What concerns the socket then concerns
 * all of them.
 */

/** Says whether @wsi is a stream of an HTTP/2 connection. */
static inline bool transport_is_shared(struct lws *wsi)
{
    return lws_get_network_wsi(wsi) != wsi;
}

/** Returns the socket that carries @wsi. */
static inline int transport_socket(struct lws *wsi)
{
    return lws_get_socket_fd(lws_get_network_wsi(wsi));
}

/** Says whether the socket that carries @wsi has TLS. */
static inline bool transport_has_tls(struct lws *wsi)
{
    return lws_is_ssl(lws_get_network_wsi(wsi));
}
