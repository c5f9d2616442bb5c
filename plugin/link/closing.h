#pragma once

#include <stddef.h>
#include <stdint.h>

#include "link/connection.h"

/*
 * Decides how connections end. The peer's Close is answered after all echoes owed (RFC 6455 section
 * 5.5.1). Faults of the peer fail the connection (section 7.1.7). A peer that cannot be reached is
 * dropped without a Close.
 */

/**
 * Fails the connection: corked output is sent, then a Close with the code and reason of @fault.
 * The reason must be static. Returns -1, for the callback to return.
 */
int closing_fail(struct connection *connection, const struct fault *fault);

/**
 * Fails the connection for RSV1 on a control frame, which libwebsockets accepts when an extension
 * is in use. It does not tell us about Pings or empty Pongs, so theirs go unnoticed.
 */
int closing_fail_for_rsv1(struct connection *connection);

/**
 * Completes closing_fail() in LWS_CALLBACK_SERVER_WRITEABLE, where with libuv an error that is
 * returned closes twice, the second time without the Close. Call it after closing_fail(). Returns
 * what the callback must return.
 */
int closing_fail_when_writable(struct connection *connection);

/** Ends an unusable connection from outside its own callback; libwebsockets closes it soon. */
void closing_unusable(struct connection *connection);

/** Ends a connection without a Close, which the peer would not read. @why, static, is logged. */
void closing_drop(struct connection *connection, const char *why);

/** Closes the connection with 1001 (RFC 6455 section 7.4.1), unless it is closing already. */
void closing_go_away(struct connection *connection);

/**
 * Answers the peer's Close, @payload of @bytes. It may also come after an error of the peer, that
 * is, after closing_leave(). Returns what the callback must return.
 */
int closing_take_peer_close(struct connection *connection, struct lws *wsi, const uint8_t *payload,
                            size_t bytes);

/**
 * Ends our side of a writable connection if libwebsockets has sent a Close for an error of the
 * peer. Returns false, and does nothing, if it has not. Otherwise sets @result to what the callback
 * must return.
 */
bool closing_is_half_closed(struct lws *wsi, int *result);

/**
 * Sends the Close that is owed, after blocked output has drained. Returns false if none is owed.
 * Otherwise sets @result to what the callback must return.
 */
bool closing_send_owed(struct connection *connection, int *result);

/**
 * Sends what is corked and notes how the connection ended, whoever ends it. This is the last moment
 * at which echoes owed can precede a Close that libwebsockets sends for an error of the peer.
 */
void closing_leave(struct connection *connection);
