#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <libwebsockets.h>

/**
 * Returns a figure that changes when the peer takes something of what has been sent to it: what it
 * has acknowledged, or on a unix socket what it has not read as yet. Takes a system call or two.
 */
uint64_t progress_of(struct lws *wsi);

/** Says whether something that has been sent is still in this system's buffers. */
bool progress_is_pending(struct lws *wsi);
