#pragma once

#include <stddef.h>

/*
 * Processes that do the same work, and the supervisor that starts them, starts them again when
 * they die, and stops them. The supervisor has no event loop and starts no thread, so that it can
 * fork cleanly at any time.
 */

/* Where a worker stands. */
struct workers_post {
    int listener;   /* its listening socket, which it closes; the supervisor keeps it open, too */
    int supervisor; /* a pipe that ends when the supervisor does */
    int ready;      /* for workers_post_ready() */
    size_t index;
};

struct workers_job {
    size_t count;
    int *listeners; /* one for each; workers_run() closes them and sets them to -1 */

    /* Runs in each worker and returns its exit status. SIGINT and SIGTERM wait at first. */
    int (*work)(const void *data, const struct workers_post *post);

    /* Runs in the supervisor, once, when all workers are ready for the first time. */
    void (*on_ready)(const void *data);

    const void *data;
};

/**
 * Runs @job until SIGINT or SIGTERM ends it.
 *
 * A worker that ends before is named on standard error and started again, after a delay that
 * doubles with each of its failures in a row; too many of them end all. To stop, the supervisor
 * sends SIGTERM to the workers and waits for them; a second signal kills them.
 *
 * Returns the exit status of the program: EXIT_FAILURE if it has given up, or a worker failed to
 * stop in an orderly way.
 */
int workers_run(const struct workers_job *job);

/** Tells the supervisor that this worker serves, and lets in the signals that have waited. */
void workers_post_ready(const struct workers_post *post);

/** Keeps signals out again: while this worker takes itself down they would kill it. */
void workers_post_over(void);

/**
 * Runs @task in a process of its own, so that what it loads is gone afterwards.
 *
 * Returns its exit status, or EXIT_FAILURE after one line on standard error if it has none.
 */
int workers_try(int (*task)(const void *data), const void *data);
