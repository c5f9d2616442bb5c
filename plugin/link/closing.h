#pragma once

#include <stddef.h>
#include <stdint.h>

#include "link/connection.h"

/*
 * How connections end: all of it is decided here. The peer's Close is answered after all echoes
 * owed (RFC 6455 section 5.5.1); faults of the peer fail the connection (section 7.1.7); who cannot
 * be reached is dropped without a Close.
 */

/**
 * Fails the connection: what is corked goes out, then a Close that says @fault. Returns -1, for the
 * callback to return.
 */
int closing_fail(struct connection *connection, const struct fault *fault);

/**
 * The same for RSV1 on a control frame, which libwebsockets lets pass once an extension is in use.
 * It tells us nothing of Pings, nor of empty Pongs.
 */
int closing_fail_for_rsv1(struct connection *connection);

/**
 * The same from LWS_CALLBACK_SERVER_WRITEABLE: under libuv an error returned from there closes
 * twice, and the second time without the Close. Call it after closing_fail(); returns what the
 * callback is to return.
 */
int closing_fail_when_writable(struct connection *connection);

/** Ends a connection that cannot be used any more, outside of a callback of its own. */
void closing_unusable(struct connection *connection);

/** Ends a connection without a Close, as the peer would not read it; @why is for the log. */
void closing_drop(struct connection *connection, const char *why);

/** Closes the connection with 1001 (RFC 6455 section 7.4.1), unless its close has begun. */
void closing_go_away(struct connection *connection);

/**
 * The peer's Close came, also after an error of the peer, that is after closing_leave(). Returns
 * what the callback is to return.
 */
int closing_take_peer_close(struct connection *connection, struct lws *wsi, const uint8_t *payload,
                            size_t bytes);

/**
 * Deals with a writable connection on which libwebsockets has sent a Close for an error of the
 * peer. Returns false if there is none.
 */
bool closing_is_half_closed(struct lws *wsi);

/**
 * Blocked output has drained: sends the Close that is owed. Returns false if none is. Otherwise
 * sets @result to what the callback is to return.
 */
bool closing_send_owed(struct connection *connection, int *result);

/**
 * The connection leaves, whoever ends it and why: the last moment at which echoes owed can precede
 * a Close that libwebsockets sends for an error of the peer. Notes how it ended.
 */
void closing_leave(struct connection *connection);
