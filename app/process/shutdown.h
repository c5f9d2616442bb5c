#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "core/counters.h"
#include "sites/sites.h"
#include "sockets/listener.h"

/*
 * Graceful shutdown, in two parts. For "drain-delay" the health check fails, and everything else
 * goes on. Then the process stops accepting, closes all connections with 1001, and stops the loop
 * when they are closed or the deadline has passed.
 *
 * shutdown_expedite() cuts the current part short. Only this file says on the board whether the
 * process is draining.
 */

/* Of the second part. The rest of the promised 5 s is for cleaning up. */
#define SHUTDOWN_DEADLINE_MS 4000

struct shutdown {
    uv_timer_t timer; /* must start as zeros */
    struct sites *sites;
    struct listener *listener; /* of the echo; that of "admin" stays open to the end */
    const struct counters_board *board;
    uint64_t deadline_ms; /* on the loop's clock; 0: connections are not being closed yet */
    bool announced;
};

/** Prepares a shutdown. The process is not draining. */
void shutdown_init(struct shutdown *shutdown, uv_loop_t *loop, struct sites *sites,
                   struct listener *listener, const struct counters_board *board);

/** Starts it, unless it has started. The first part takes @delay_ms. */
void shutdown_begin(struct shutdown *shutdown, uint64_t delay_ms);

/** Ends the current part now. */
void shutdown_expedite(struct shutdown *shutdown);

/** Closes the handles, if it was prepared. The loop must run once more. */
void shutdown_close(struct shutdown *shutdown);
