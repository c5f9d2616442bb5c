#pragma once

#include <stddef.h>

#include "link/connection.h"

/*
 * A WebSocket connection from beginning to end. The functions return what the libwebsockets
 * callback must return: 0 to go on, -1 to end the connection.
 */

/** Begins a connection after the handshake of @wsi; @connection must be all zero. */
int websocket_open(struct lws *wsi, struct connection *connection);

/** Takes a Pong, @payload of @bytes. */
int websocket_take_pong(struct lws *wsi, struct connection *connection, const void *payload,
                        size_t bytes);

/** Sends what waits, now that the socket takes bytes again, and goes on with what was paused. */
int websocket_writable(struct lws *wsi, struct connection *connection);

/** Ends and counts a connection, whoever closes it. More callbacks may follow and do nothing. */
int websocket_leave(struct connection *connection);

/**
 * ECHO_HOST_DRAIN: closes the connection with 1001 (RFC 6455 section 7.4.1), unless it is closing
 * already, and later every one that opens. If @count is not NULL, it is incremented as by
 * websocket_count().
 */
int websocket_drain(struct lws *wsi, struct connection *connection, size_t *count);

/**
 * ECHO_HOST_COUNT: increments @count, unless it is NULL, for an open WebSocket connection and for a
 * connection that waits for the answer to its first request.
 */
int websocket_count(struct lws *wsi, const struct connection *connection, size_t *count);
