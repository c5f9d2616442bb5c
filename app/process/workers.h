#pragma once

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Processes that do the same work, and the supervisor that starts, restarts and stops them. The
 * supervisor has no event loop and no threads, so that it can fork cleanly at any time.
 */

/* What a worker knows of its supervisor. */
struct worker_context {
    int channel;   /* of channel.h: the worker's end */
    int heartbeat; /* of workers_ready() and workers_alive() */
    int64_t beat_ms;
    size_t index;
};

/* What the supervisor does about a SIGHUP; workers ignore it. */
enum workers_answer {
    WORKERS_GO_ON,
    WORKERS_UPDATE, /* the state has changed: send it to the workers */
    WORKERS_STOP,
};

/* Tells a worker that is stopping not to wait any longer. */
#define WORKERS_EXPEDITE SIGUSR1

/* How often workers are checked, unless a service manager sets the period. */
#define WORKERS_BEAT_MS 15000

/* How long a worker may take to stop: twice what it waits for its peers. */
#define WORKERS_STOP_PATIENCE_MS 8000

/* All functions but work() run in the supervisor. */
struct workers_job {
    size_t count;

    /*
     * Has no pointers. A worker inherits it with the supervisor's memory, and gets it from
     * the channel after a change.
     */
    const void *state;
    size_t state_bytes;

    /* Runs in each worker and returns its exit status. Signals are blocked until workers_ready().
     */
    int (*work)(void *data, const struct worker_context *context);

    /* All workers are ready for the first time. */
    void (*on_ready)(void *data);

    /* The worker @index has ended; its successor has not started yet. */
    void (*on_end)(void *data, size_t index);

    /* A SIGHUP came. */
    enum workers_answer (*on_hang_up)(void *data);

    /* All are about to stop. Returns the time, in ms, that they get on top of the usual patience.
     */
    int64_t (*on_stop)(void *data);

    /* The supervisor is alive: every @beat_ms, at least 1. */
    void (*on_beat)(void *data);
    int64_t beat_ms;

    void *data;
};

/**
 * Runs @job until SIGINT or SIGTERM ends it.
 *
 * A worker that ends before that is reported on standard error and restarted, after a delay that
 * doubles with each failure in a row; after too many failures all workers are stopped. A worker
 * without a heartbeat for more than two beats, and 5 s, is killed, which counts as a failure. To
 * stop, the supervisor sends SIGTERM to the workers and waits for them; a second signal cancels the
 * time granted by on_stop(), or kills them if that is over.
 *
 * Returns the exit status of the program: EXIT_FAILURE if it has given up, or if a worker did not
 * stop cleanly.
 */
int workers_run(const struct workers_job *job);

/** Tells the supervisor that this worker serves, and unblocks signals. */
void workers_ready(const struct worker_context *context);

/** Tells the supervisor that this worker is alive; to be called more often than every @beat_ms. */
void workers_alive(const struct worker_context *context);

/** Blocks signals again: during the cleanup they would kill this worker. */
void workers_block_signals(void);
