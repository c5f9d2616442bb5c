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
 * shutdown_expedite() cuts the first part short, or else the second. This is the one place that
 * says on the board whether the process is draining.
 */

/* How long the second part may take, and what is left of the promised 5 s for taking all down. */
#define SHUTDOWN_DEADLINE_MS 4000

struct shutdown {
    uv_timer_t timer; /* zero at first */
    struct sites *sites;
    struct listener *listener; /* of echo; that of health and metrics stays to the end */
    const struct counters_board *board;
    uint64_t deadline_ms; /* on the loop's clock; 0: connections are not being closed yet */
    bool announced;
};

/** Prepares it. The process is not draining. */
void shutdown_init(struct shutdown *shutdown, uv_loop_t *loop, struct sites *sites,
                   struct listener *listener, const struct counters_board *board);

/** Begins it, unless it has begun; @delay_ms is how long the first part takes. */
void shutdown_begin(struct shutdown *shutdown, uint64_t delay_ms);

/** Does not wait any longer. */
void shutdown_expedite(struct shutdown *shutdown);

/** Closes the handles, if it was prepared; the loop has to run once more. */
void shutdown_close(struct shutdown *shutdown);
