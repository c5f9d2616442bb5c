#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <libwebsockets.h>

/**
 * Returns a number that changes when the peer takes some of what was sent to it: the bytes that it
 * has acknowledged, or on a unix socket those that it has not read yet. Takes one or two system
 * calls. On a stream of HTTP/2 it does not change: there the output that waits must be taken as a
 * whole in time, which is one cork at most.
 */
uint64_t progress_of(struct lws *wsi);

/** Says whether sent bytes are still in this system's buffers. */
bool progress_is_pending(struct lws *wsi);
