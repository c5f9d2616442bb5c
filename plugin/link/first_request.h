#pragma once

#include <stdbool.h>

#include <libwebsockets.h>

/*
 * Connections that have been accepted and wait for the answer to their first request. A host that
 * stops must not cut them off during their handshake. It waits for them until the first answer, but
 * for a second at most: browsers open connections in advance and send nothing.
 *
 * The time of acceptance is kept in the connection's opaque user data, unless the host uses that.
 */

/** Notes that @wsi has been accepted. Returns 0, for the callback to return. */
int first_request_begin(struct lws *wsi);

/** Notes that a request of @wsi has been answered, its first or a later one. */
void first_request_end(struct lws *wsi);

/** Notes that the answer was a file, now sent. Returns what the callback must return. */
int first_request_file_sent(struct lws *wsi);

/** Says whether @wsi still waits for its first answer, and for less than a second. */
bool first_request_is_pending(struct lws *wsi);
