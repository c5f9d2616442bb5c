#pragma once

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Processes that do the same work, and the supervisor that starts them, starts them again when
 * they die, and stops them. The supervisor has no event loop and starts no thread, so that it can
 * fork cleanly at any time.
 */

/* Where a worker stands. */
struct workers_post {
    int supervisor; /* a pipe that ends when the supervisor does */
    int signs;      /* for workers_post_ready() and workers_post_alive() */
    int64_t beat_ms;
    size_t index;
};

/* What the supervisor shall do about a SIGHUP. */
enum workers_answer {
    WORKERS_GO_ON,
    WORKERS_RELOAD, /* send SIGHUP to the workers */
    WORKERS_STOP,
};

/* Has a worker that stops not wait any longer for others to notice. */
#define WORKERS_HASTEN SIGUSR1

/* How often workers are looked at where no service manager says how often it wants to hear. */
#define WORKERS_BEAT_MS 15000

/* How long a worker may take to end: twice what it waits for its peers. */
#define WORKERS_STOP_PATIENCE_MS 8000

/* All but work() runs in the supervisor. */
struct workers_job {
    size_t count;

    /* Runs in each worker and returns its exit status. The supervisor's signals wait at first. */
    int (*work)(void *data, const struct workers_post *post);

    /* All workers are ready for the first time. */
    void (*on_ready)(void *data);

    /* The worker @index has ended; the next of that index is not started as yet. */
    void (*on_end)(void *data, size_t index);

    /* A SIGHUP came. */
    enum workers_answer (*on_hang_up)(void *data);

    /* All are about to stop. Returns the time, in ms, that they have beside the usual patience. */
    int64_t (*on_stop)(void *data);

    /* Every @beat_ms, from 1: the supervisor is alive. */
    void (*on_beat)(void *data);
    int64_t beat_ms;

    void *data;
};

/**
 * Runs @job until SIGINT or SIGTERM ends it.
 *
 * A worker that ends before is named on standard error and started again, after a delay that
 * doubles with each of its failures in a row; too many of them end all. A worker without a sign of
 * life for more than two beats, and 5 s, is killed, which is such an end. To stop, the supervisor
 * sends SIGTERM to the workers and waits for them; a second signal ends the time that on_stop() has
 * granted, or else kills them.
 *
 * Returns the exit status of the program: EXIT_FAILURE if it has given up, or a worker failed to
 * stop in an orderly way.
 */
int workers_run(const struct workers_job *job);

/** Tells the supervisor that this worker serves, and lets in the signals that have waited. */
void workers_post_ready(const struct workers_post *post);

/** Tells the supervisor that this worker is alive; wanted more often than every @beat_ms of @post.
 */
void workers_post_alive(const struct workers_post *post);

/** Keeps signals out again: while this worker takes itself down they would kill it. */
void workers_post_over(void);

/**
 * Runs @task in a process of its own, so that what it loads is gone afterwards.
 *
 * Returns its exit status, or EXIT_FAILURE after one line on standard error if it has none.
 */
int workers_try(int (*task)(const void *data), const void *data);
