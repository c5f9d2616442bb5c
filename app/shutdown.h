#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <libwebsockets.h>
#include <uv.h>

#include "listeners.h"

/*
 * The orderly end: on SIGINT or SIGTERM no more connections are accepted, the open ones are told
 * to close (1001), and the loop stops when all have, or when the deadline has passed. A second
 * signal stops it at once.
 *
 * In a worker the end of its supervisor is such a signal, too. There a second one has no effect: a
 * terminal and a service manager signal worker and supervisor alike, and then the supervisor sends
 * its own.
 */
struct shutdown {
    uv_signal_t interrupt;
    uv_signal_t terminate;
    uv_timer_t timer;
    uv_poll_t supervisor; /* of workers only */
    bool is_worker;
    struct listener *listener;
    struct lws_vhost *vhost;
    uint64_t deadline_ms; /* on the loop's clock; 0: not shutting down */
};

/** Starts to wait for the signals. Returns 0 or a libuv error. */
int shutdown_init(struct shutdown *shutdown, uv_loop_t *loop, struct listener *listener,
                  struct lws_vhost *vhost);

/** Makes it that of a worker, whose supervisor ends when @pipe does. Returns 0 or a libuv error. */
int shutdown_watch_supervisor(struct shutdown *shutdown, int pipe);

/** Closes the handles; the loop has to run once more. */
void shutdown_close(struct shutdown *shutdown);
