#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "core/counters.h"
#include "sites/sites.h"
#include "sockets/listener.h"

/*
 * The orderly end. It is announced first, for "drain-delay": the health check fails, and all else
 * goes on. Then no more connections are accepted, the open ones are told to close (1001), and the
 * loop stops when all have, or when the deadline has passed.
 *
 * shutdown_hasten() cuts the first part short, or else the second.
 */

/* How long the second part may take, and what is left of the promised 5 s for taking all down. */
#define SHUTDOWN_DEADLINE_MS 4000

struct shutdown {
    uv_timer_t timer;
    struct sites *sites;
    struct listener *listener; /* of echo; that of health and metrics stays to the end */
    const struct counters_board *board;
    uint64_t deadline_ms; /* on the loop's clock; 0: connections are not being closed as yet */
    bool announced;
};

/** Returns 0 or a libuv error. */
int shutdown_init(struct shutdown *shutdown, uv_loop_t *loop, struct sites *sites,
                  struct listener *listener, const struct counters_board *board);

/** Begins it, unless it has begun. */
void shutdown_begin(struct shutdown *shutdown);

/** Does not wait any longer. */
void shutdown_hasten(struct shutdown *shutdown);

/** Closes the handles; the loop has to run once more. */
void shutdown_close(struct shutdown *shutdown);
