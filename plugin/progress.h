#pragma once

#include <stdint.h>

#include <libwebsockets.h>

/**
 * Returns a figure that changes when the peer takes something of what has been sent to it: what it
 * has acknowledged, or on a unix socket what it has not read as yet. Takes a system call or two.
 */
uint64_t echo_progress_of(struct lws *wsi);
