#pragma once

#include <stdbool.h>

#include <libwebsockets.h>

/*
 * Connections that have been accepted and wait for the answer to their first request. A host that
 * stops must not cut them off in the middle of their handshake. After the first answer, and beyond
 * a second, nobody waits for them: browsers open connections in advance and say nothing.
 *
 * When a connection came is kept in its opaque user data, unless the host has put something there.
 */

/** @wsi has been accepted. Returns 0, for the callback to return. */
int first_request_begin(struct lws *wsi);

/** Its first request, or a later one, has been answered. */
void first_request_end(struct lws *wsi);

/** A file has been sent, perhaps as that answer. Returns what the callback is to return. */
int first_request_file_sent(struct lws *wsi);

/** Says whether it waits for its first answer, and has not waited for too long. */
bool first_request_is_pending(struct lws *wsi);
