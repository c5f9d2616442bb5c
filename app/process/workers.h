#pragma once

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Processes that do the same work, and the supervisor that starts them, starts them again when
 * they die, and stops them. The supervisor has no event loop and starts no thread, so that it can
 * fork cleanly at any time.
 */

/* What a worker knows of its supervisor. */
struct worker_context {
    int channel;   /* readable when workers_receive() has news */
    int heartbeat; /* of workers_ready() and workers_alive() */
    int64_t beat_ms;
    size_t index;
    size_t state_bytes;
};

/* What the supervisor does about a SIGHUP; workers ignore it. */
enum workers_answer {
    WORKERS_GO_ON,
    WORKERS_UPDATE, /* the state has changed: send it to the workers */
    WORKERS_STOP,
};

enum workers_news {
    WORKERS_NO_NEWS,
    WORKERS_NEW_STATE,
    WORKERS_ORPHANED, /* the supervisor has ended */
};

/* Tells a worker that stops to cut short what it waits for. */
#define WORKERS_EXPEDITE SIGUSR1

/* How often workers are looked at where no service manager says how often it wants to hear. */
#define WORKERS_BEAT_MS 15000

/* How long a worker may take to end: twice what it waits for its peers. */
#define WORKERS_STOP_PATIENCE_MS 8000

/* All but work() runs in the supervisor. */
struct workers_job {
    size_t count;

    /*
     * What workers_receive() gets in the workers after a change. It has no pointers. A worker that
     * starts has the supervisor's, as all of its memory.
     */
    const void *state;
    size_t state_bytes;

    /* Runs in each worker and returns its exit status. The supervisor's signals wait at first. */
    int (*work)(void *data, const struct worker_context *context);

    /* All workers are ready for the first time. */
    void (*on_ready)(void *data);

    /* The worker @index has ended; the next of that index is not started yet. */
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
void workers_ready(const struct worker_context *context);

/** Tells the supervisor that this worker is alive; to be called more often than every @beat_ms. */
void workers_alive(const struct worker_context *context);

/** Takes the newest state, if one has come, into the @state_bytes at @state. Never blocks. */
enum workers_news workers_receive(const struct worker_context *context, void *state);

/** Keeps signals out again: while this worker takes itself down they would kill it. */
void workers_block_signals(void);

/**
 * Runs @task in a process of its own, so that what it loads is gone afterwards.
 *
 * Returns its exit status, or EXIT_FAILURE after one line on standard error if it has none.
 */
int workers_try(int (*task)(const void *data), const void *data);
