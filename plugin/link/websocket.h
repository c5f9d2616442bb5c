#pragma once

#include <stddef.h>

#include "link/connection.h"

/*
 * A WebSocket connection from its beginning to its end. The functions return what the libwebsockets
 * callback is to return: 0 to go on, -1 to end the connection.
 */

/** The handshake of @wsi is done; @connection is all zero. */
int websocket_open(struct lws *wsi, struct connection *connection);

int websocket_take_pong(struct lws *wsi, struct connection *connection, const void *payload,
                        size_t bytes);

int websocket_writable(struct lws *wsi, struct connection *connection);

/** The connection leaves, whoever ends it and why. More callbacks may come. */
int websocket_leave(struct connection *connection);

/**
 * ECHO_HOST_DRAIN: closes the connection with 1001 (RFC 6455 section 7.4.1), unless its close has
 * begun, and each one that opens later. @count, unless NULL, is incremented as for
 * websocket_count().
 */
int websocket_drain(struct lws *wsi, struct connection *connection, size_t *count);

/**
 * ECHO_HOST_COUNT: increments @count for a WebSocket connection that is still there, and for one
 * that waits for the answer to its first request.
 */
int websocket_count(struct lws *wsi, const struct connection *connection, size_t *count);
