#define _GNU_SOURCE /* pipe2() */

#include "process/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "process/channel.h"
#include "process/child.h"

/* With so many failures of a worker in a row, all stop: 0.1 + 0.2 + 0.4 ... = 6.3 s after the
 * first. */
#define FAILURES_MAX 7
#define BACKOFF_MS 100

/* A worker that has lived so long starts a new row of failures. */
#define WELL_AFTER_MS 10000

/* A worker that is silent for more beats than this, and this long, hangs. */
#define SILENT_BEATS 2
#define SILENT_MS 5000

/* How soon to send the state again to a worker whose channel was full. */
#define RETRY_MS 100

#define NEVER_MS INT64_MAX

struct worker {
    pid_t pid;         /* 0 while it does not run */
    int64_t at_ms;     /* when it was started, or is to be started */
    unsigned failures; /* in a row */
    unsigned silent;   /* beats since its last heartbeat, or its start */
    int channel;       /* to it; -1 while it does not run */
    bool is_stale;     /* the newest state has not been sent */
    bool was_ready;
};

struct supervisor {
    const struct workers_job *job;
    struct worker *workers;
    size_t running;
    size_t awaited;     /* workers that have not been ready yet */
    int signals;        /* a signalfd */
    int heartbeat[2];   /* workers write their index: ready, then alive */
    bool hang_up_waits; /* for the workers to be ready */
    bool stopping;
    bool killed;         /* those that were left */
    bool expedited;      /* on_stop()'s time is over */
    int64_t kill_at_ms;  /* when stopping */
    int64_t retry_at_ms; /* when a worker is stale */
    int64_t beat_at_ms;
    int status;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static sigset_t watched_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set,
              WORKERS_EXPEDITE); /* ignored by the supervisor, and by a worker that is not ready */

    return set;
}

static void close_open(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void signal_workers(const struct supervisor *supervisor, int number)
{
    for (size_t i = 0; i < supervisor->job->count; i++)
        if (supervisor->workers[i].pid)
            kill(supervisor->workers[i].pid, number);
}

static void kill_workers(struct supervisor *supervisor)
{
    supervisor->killed = true;
    supervisor->kill_at_ms = NEVER_MS;
    signal_workers(supervisor, SIGKILL);
}

static void stop(struct supervisor *supervisor)
{
    int64_t granted_ms = supervisor->job->on_stop(supervisor->job->data);

    supervisor->stopping = true;
    supervisor->expedited = !granted_ms;
    supervisor->kill_at_ms = now_ms() + granted_ms + WORKERS_STOP_PATIENCE_MS;
    signal_workers(supervisor, SIGTERM);
}

static void expedite(struct supervisor *supervisor)
{
    supervisor->expedited = true;
    supervisor->kill_at_ms = now_ms() + WORKERS_STOP_PATIENCE_MS;
    signal_workers(supervisor, WORKERS_EXPEDITE);
}

/* In messages workers are numbered from 1. */
static size_t number_of(const struct supervisor *supervisor, const struct worker *worker)
{
    return (size_t)(worker - supervisor->workers) + 1;
}

/* Restarts a worker, which ended as @how says, after a delay. */
static void restart(const struct supervisor *supervisor, struct worker *worker, const char *how,
                    int64_t delay_ms)
{
    worker->at_ms = now_ms() + delay_ms;
    log_say(LLL_WARN, "worker %zu %s; restarting it in %d ms", number_of(supervisor, worker), how,
            (int)delay_ms);
}

/* Restarts a worker that failed, as @how says, or gives up. */
static void handle_failure(struct supervisor *supervisor, struct worker *worker, const char *how)
{
    if (now_ms() - worker->at_ms >= WELL_AFTER_MS)
        worker->failures = 0;
    if (++worker->failures == FAILURES_MAX) {
        log_say(
            LLL_ERR,
            "worker %zu %s; it has failed %d times in a row; giving up and stopping all workers",
            number_of(supervisor, worker), how, FAILURES_MAX);
        supervisor->status = EXIT_FAILURE;
        stop(supervisor);
        return;
    }

    restart(supervisor, worker, how, (int64_t)BACKOFF_MS << (worker->failures - 1));
}

static void close_channels(const struct supervisor *supervisor)
{
    for (size_t i = 0; supervisor->workers && i < supervisor->job->count; i++)
        close_open(&supervisor->workers[i].channel);
}

static _Noreturn void become_worker(struct supervisor *supervisor, size_t index, int channel)
{
    const struct workers_job *job = supervisor->job;
    const struct worker_context context = {
        .channel = channel,
        .heartbeat = supervisor->heartbeat[1],
        .beat_ms = job->beat_ms,
        .index = index,
    };
    int status;

    signal(SIGHUP, SIG_IGN);
    close(supervisor->signals);
    close(supervisor->heartbeat[0]);
    /* a worker sees the end of its channel only if no other process holds it open */
    close_channels(supervisor);
    status = job->work(job->data, &context);
    close(channel);
    close(supervisor->heartbeat[1]);
    exit(status);
}

static void start(struct supervisor *supervisor, struct worker *worker)
{
    int ends[2] = {-1, -1};
    int opened = channel_open(ends, supervisor->job->state_bytes);
    int failure;
    char how[64];
    pid_t pid;

    worker->at_ms = now_ms();
    worker->silent = 0;
    worker->is_stale = false;
    fflush(NULL); /* or the child would print it, too */
    worker->channel = ends[0];
    pid = opened ? -1 : fork();
    if (!pid)
        become_worker(supervisor, (size_t)(worker - supervisor->workers), ends[1]);
    failure = errno;
    close_open(&ends[1]);
    if (pid < 0) {
        close_open(&worker->channel);
        snprintf(how, sizeof(how), "cannot be started: %s", strerror(failure));
        handle_failure(supervisor, worker, how);
        return;
    }

    worker->pid = pid;
    supervisor->running++;
}

static void start_due(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->job->count && !supervisor->stopping; i++)
        if (!supervisor->workers[i].pid && now_ms() >= supervisor->workers[i].at_ms)
            start(supervisor, &supervisor->workers[i]);
}

static void handle_end(struct supervisor *supervisor, struct worker *worker, int end)
{
    char words[40];
    char how[64];

    child_describe_end(end, words, sizeof(words));
    snprintf(how, sizeof(how), "(pid %d) %s", (int)worker->pid, words);
    worker->pid = 0;
    close_open(&worker->channel);
    supervisor->running--;
    supervisor->job->on_end(supervisor->job->data, number_of(supervisor, worker) - 1);

    if (!supervisor->stopping && !end) {
        /* it was stopped alone, which is no failure */
        restart(supervisor, worker, how, BACKOFF_MS);
    } else if (!supervisor->stopping) {
        handle_failure(supervisor, worker, how);
    } else if (end && !supervisor->killed) {
        log_say(LLL_ERR, "worker %zu %s instead of stopping", number_of(supervisor, worker), how);
        supervisor->status = EXIT_FAILURE;
    }
}

static void reap(struct supervisor *supervisor)
{
    pid_t pid;
    int end;

    /* as the first process of a container it also inherits children of others */
    while ((pid = waitpid(-1, &end, WNOHANG)) > 0)
        for (size_t i = 0; i < supervisor->job->count; i++)
            if (supervisor->workers[i].pid == pid)
                handle_end(supervisor, &supervisor->workers[i], end);
}

/* If the channel of the worker is full, it gets the newest state later. */
static void send_state(const struct supervisor *supervisor, struct worker *worker)
{
    const struct workers_job *job = supervisor->job;

    worker->is_stale = channel_send(worker->channel, job->state, job->state_bytes) != 0;
}

static void send_to_stale(struct supervisor *supervisor)
{
    if (now_ms() < supervisor->retry_at_ms)
        return;

    supervisor->retry_at_ms = NEVER_MS;
    for (size_t i = 0; i < supervisor->job->count && !supervisor->stopping; i++) {
        struct worker *worker = &supervisor->workers[i];

        if (worker->pid && worker->is_stale)
            send_state(supervisor, worker);
        if (worker->pid && worker->is_stale)
            supervisor->retry_at_ms = now_ms() + RETRY_MS;
    }
}

static void update_workers(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->job->count; i++)
        supervisor->workers[i].is_stale = supervisor->workers[i].pid != 0;
    supervisor->retry_at_ms = now_ms();
    send_to_stale(supervisor);
    for (size_t i = 0; i < supervisor->job->count; i++)
        if (supervisor->workers[i].is_stale)
            log_say(
                LLL_WARN,
                "worker %zu has not read the previous configuration yet; it gets this one later",
                i + 1);
}

static void take_hang_up(struct supervisor *supervisor)
{
    supervisor->hang_up_waits = supervisor->awaited != 0;
    if (supervisor->stopping || supervisor->hang_up_waits)
        return;

    switch (supervisor->job->on_hang_up(supervisor->job->data)) {
    case WORKERS_UPDATE:
        update_workers(supervisor);
        break;
    case WORKERS_STOP:
        stop(supervisor);
        break;
    default:
        break;
    }
}

static void take_stop_signal(struct supervisor *supervisor)
{
    if (!supervisor->stopping)
        stop(supervisor);
    else if (!supervisor->expedited)
        expedite(supervisor);
    else
        kill_workers(supervisor);
}

static void take_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo signal;

    while (read(supervisor->signals, &signal, sizeof(signal)) == sizeof(signal))
        if (signal.ssi_signo == SIGCHLD)
            reap(supervisor);
        else if (signal.ssi_signo == SIGHUP)
            take_hang_up(supervisor);
        else if (signal.ssi_signo != WORKERS_EXPEDITE)
            take_stop_signal(supervisor);
}

static void take_heartbeats(struct supervisor *supervisor)
{
    const struct workers_job *job = supervisor->job;
    struct worker *worker;
    size_t index;

    while (read(supervisor->heartbeat[0], &index, sizeof(index)) == sizeof(index)) {
        if (index >= job->count)
            continue;
        worker = &supervisor->workers[index];
        worker->silent = 0;
        if (worker->was_ready)
            continue;
        worker->was_ready = true;
        if (!--supervisor->awaited && !supervisor->stopping)
            job->on_ready(job->data);
        if (supervisor->hang_up_waits)
            take_hang_up(supervisor);
    }
}

/* When to wake up if nothing arrives. */
static int64_t next_event_ms(const struct supervisor *supervisor)
{
    int64_t next_ms = supervisor->beat_at_ms;

    if (supervisor->stopping)
        return supervisor->kill_at_ms < next_ms ? supervisor->kill_at_ms : next_ms;
    if (supervisor->retry_at_ms < next_ms)
        next_ms = supervisor->retry_at_ms;
    for (size_t i = 0; i < supervisor->job->count; i++)
        if (!supervisor->workers[i].pid && supervisor->workers[i].at_ms < next_ms)
            next_ms = supervisor->workers[i].at_ms;

    return next_ms;
}

/*
 * Counts beats, not time: when all processes were suspended together and resume, a worker still has
 * the whole time to respond.
 */
static void beat(struct supervisor *supervisor)
{
    const struct workers_job *job = supervisor->job;

    if (now_ms() < supervisor->beat_at_ms)
        return;

    job->on_beat(job->data);
    supervisor->beat_at_ms = now_ms() + job->beat_ms;
    for (size_t i = 0; i < job->count && !supervisor->stopping; i++) {
        struct worker *worker = &supervisor->workers[i];

        worker->silent++;
        if (!worker->pid || worker->silent <= SILENT_BEATS ||
            worker->silent * job->beat_ms <= SILENT_MS)
            continue;
        log_say(LLL_ERR, "worker %zu (pid %d) does not respond; killing it",
                number_of(supervisor, worker), (int)worker->pid);
        kill(worker->pid, SIGKILL);
    }
}

static void wait_and_react(struct supervisor *supervisor)
{
    struct pollfd sources[] = {
        {.fd = supervisor->signals, .events = POLLIN},
        {.fd = supervisor->heartbeat[0], .events = POLLIN},
    };
    int64_t left_ms = next_event_ms(supervisor) - now_ms();

    if (poll(sources, 2, left_ms > 0 ? (int)left_ms : 0) > 0) {
        if (sources[0].revents)
            take_signals(supervisor);
        if (sources[1].revents)
            take_heartbeats(supervisor);
    }
    send_to_stale(supervisor);
    beat(supervisor);
    if (supervisor->stopping && now_ms() >= supervisor->kill_at_ms) {
        log_say(LLL_ERR, "workers did not stop in time (%zu of %zu); killing them",
                supervisor->running, supervisor->job->count);
        supervisor->status = EXIT_FAILURE;
        kill_workers(supervisor);
    }
}

/* Returns 0, or -1 with errno set; supervisor_close() releases what there is either way. */
static int supervisor_open(struct supervisor *supervisor, const struct workers_job *job)
{
    sigset_t watched = watched_signals();

    *supervisor = (struct supervisor){
        .job = job,
        .awaited = job->count,
        .beat_at_ms = now_ms() + job->beat_ms,
        .signals = -1,
        .heartbeat = {-1, -1},
        .retry_at_ms = NEVER_MS,
        .status = EXIT_SUCCESS,
    };
    supervisor->workers = calloc(job->count, sizeof(*supervisor->workers));
    if (!supervisor->workers)
        return -1;
    for (size_t i = 0; i < job->count; i++)
        supervisor->workers[i].channel = -1;

    sigprocmask(SIG_BLOCK, &watched, NULL);
    supervisor->signals = signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
    if (supervisor->signals < 0)
        return -1;

    return pipe2(supervisor->heartbeat, O_CLOEXEC | O_NONBLOCK);
}

static void supervisor_close(struct supervisor *supervisor)
{
    close_open(&supervisor->signals);
    close_open(&supervisor->heartbeat[0]);
    close_open(&supervisor->heartbeat[1]);
    close_channels(supervisor);
    free(supervisor->workers);
}

int workers_run(const struct workers_job *job)
{
    struct supervisor supervisor;

    if (supervisor_open(&supervisor, job)) {
        log_say(LLL_ERR, "cannot supervise the workers: %s", strerror(errno));
        supervisor.status = EXIT_FAILURE;
    } else {
        while (!supervisor.stopping || supervisor.running) {
            start_due(&supervisor);
            wait_and_react(&supervisor);
        }
    }
    supervisor_close(&supervisor);

    return supervisor.status;
}

void workers_ready(const struct worker_context *context)
{
    sigset_t watched = watched_signals();

    workers_alive(context);
    sigprocmask(SIG_UNBLOCK, &watched, NULL);
}

void workers_alive(const struct worker_context *context)
{
    ssize_t written = write(context->heartbeat, &context->index, sizeof(context->index));

    /* fails if the supervisor has ended, which the channel tells, or has not read for long */
    (void)written;
}

void workers_block_signals(void)
{
    sigset_t watched = watched_signals();

    sigprocmask(SIG_BLOCK, &watched, NULL);
}
