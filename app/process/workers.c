#define _GNU_SOURCE /* pipe2(), sigabbrev_np() */

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
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

/* So many failures of a worker in a row end all, 6.3 s after the first: 0.1 + 0.2 + 0.4 ... */
#define FAILURES_MAX 7
#define BACKOFF_MS 100

/* After this life a worker has not failed in a row. */
#define WELL_AFTER_MS 10000

/* How long what is tried may take; below the patience of a service manager's watchdog. */
#define TRY_PATIENCE_MS 10000

/* A worker that is silent for more beats than that, and for so long, hangs. */
#define SILENT_BEATS 2
#define SILENT_MS 5000

#define NEVER_MS INT64_MAX

struct worker {
    pid_t pid;         /* 0: it does not run */
    int64_t at_ms;     /* when it was started, or, while it does not run, is to be */
    unsigned failures; /* in a row */
    unsigned silent;   /* beats since its last sign of life, or its start */
    bool was_ready;
};

struct supervisor {
    const struct workers_job *job;
    struct worker *workers;
    size_t running;
    size_t awaited; /* workers that have never been ready */
    int signals;    /* a signalfd */
    int signs[2];   /* workers write their index: ready, then alive */
    int alive[2];   /* nothing is ever written: it ends with the supervisor */
    bool stopping;
    bool killed;        /* the rest of them */
    bool hastened;      /* they do not wait for others to notice */
    int64_t kill_at_ms; /* when stopping */
    int64_t beat_at_ms;
    int status;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Those that concern the supervisor. */
static sigset_t watched_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, WORKERS_HASTEN); /* to the supervisor, or too early, it means nothing */

    return set;
}

/* Says of a status of waitpid() what the end was, as the rest of a sentence. */
static void describe_end(int end, char *out, size_t size)
{
    const char *name = WIFSIGNALED(end) ? sigabbrev_np(WTERMSIG(end)) : NULL;

    if (name)
        snprintf(out, size, "was killed by SIG%s", name);
    else if (WIFSIGNALED(end))
        snprintf(out, size, "was killed by signal %d", WTERMSIG(end));
    else
        snprintf(out, size, "ended with exit status %d", WEXITSTATUS(end));
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
    supervisor->hastened = !granted_ms;
    supervisor->kill_at_ms = now_ms() + granted_ms + WORKERS_STOP_PATIENCE_MS;
    signal_workers(supervisor, SIGTERM);
}

static void hasten(struct supervisor *supervisor)
{
    supervisor->hastened = true;
    supervisor->kill_at_ms = now_ms() + WORKERS_STOP_PATIENCE_MS;
    signal_workers(supervisor, WORKERS_HASTEN);
}

/* How a worker is called in messages. */
static size_t number_of(const struct supervisor *supervisor, const struct worker *worker)
{
    return (size_t)(worker - supervisor->workers) + 1;
}

/* Has a worker that does not run, for the reason that @how says, started again after a delay. */
static void restart(const struct supervisor *supervisor, struct worker *worker, const char *how,
                    int64_t delay_ms)
{
    worker->at_ms = now_ms() + delay_ms;
    log_say(LLL_WARN, "worker %zu %s; it is started again in %d ms", number_of(supervisor, worker),
            how, (int)delay_ms);
}

/* Decides about a worker that has failed, as @how says. */
static void handle_failure(struct supervisor *supervisor, struct worker *worker, const char *how)
{
    if (now_ms() - worker->at_ms >= WELL_AFTER_MS)
        worker->failures = 0;
    if (++worker->failures == FAILURES_MAX) {
        log_say(LLL_ERR, "worker %zu %s; it has failed %d times in a row: giving up, all stop",
                number_of(supervisor, worker), how, FAILURES_MAX);
        supervisor->status = EXIT_FAILURE;
        stop(supervisor);
        return;
    }

    restart(supervisor, worker, how, (int64_t)BACKOFF_MS << (worker->failures - 1));
}

static _Noreturn void become_worker(struct supervisor *supervisor, size_t index)
{
    const struct workers_job *job = supervisor->job;
    const struct workers_post post = {
        .supervisor = supervisor->alive[0],
        .signs = supervisor->signs[1],
        .beat_ms = job->beat_ms,
        .index = index,
    };
    int status;

    close(supervisor->signals);
    close(supervisor->signs[0]);
    close(supervisor->alive[1]);
    status = job->work(job->data, &post);
    close(supervisor->alive[0]);
    close(supervisor->signs[1]);
    exit(status);
}

static void start(struct supervisor *supervisor, struct worker *worker)
{
    char how[64];
    pid_t pid;

    worker->at_ms = now_ms();
    worker->silent = 0;
    fflush(NULL); /* nothing is to be printed twice */
    pid = fork();
    if (!pid)
        become_worker(supervisor, (size_t)(worker - supervisor->workers));
    if (pid < 0) {
        snprintf(how, sizeof(how), "cannot be started: %s", strerror(errno));
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

    describe_end(end, words, sizeof(words));
    snprintf(how, sizeof(how), "(pid %d) %s", (int)worker->pid, words);
    worker->pid = 0;
    supervisor->running--;
    supervisor->job->on_end(supervisor->job->data, number_of(supervisor, worker) - 1);

    if (!supervisor->stopping && !end) {
        /* somebody has stopped it alone: no failure */
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

    /* others' children, too: as the first process of a container it inherits them */
    while ((pid = waitpid(-1, &end, WNOHANG)) > 0)
        for (size_t i = 0; i < supervisor->job->count; i++)
            if (supervisor->workers[i].pid == pid)
                handle_end(supervisor, &supervisor->workers[i], end);
}

static void take_hang_up(struct supervisor *supervisor)
{
    if (supervisor->stopping)
        return;

    switch (supervisor->job->on_hang_up(supervisor->job->data)) {
    case WORKERS_RELOAD:
        signal_workers(supervisor, SIGHUP);
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
    else if (!supervisor->hastened)
        hasten(supervisor);
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
        else if (signal.ssi_signo != WORKERS_HASTEN)
            take_stop_signal(supervisor);
}

static void take_signs(struct supervisor *supervisor)
{
    const struct workers_job *job = supervisor->job;
    struct worker *worker;
    size_t index;

    while (read(supervisor->signs[0], &index, sizeof(index)) == sizeof(index)) {
        if (index >= job->count)
            continue;
        worker = &supervisor->workers[index];
        worker->silent = 0;
        if (worker->was_ready)
            continue;
        worker->was_ready = true;
        if (!--supervisor->awaited && !supervisor->stopping)
            job->on_ready(job->data);
    }
}

/* When there is something to do although nothing has come. */
static int64_t next_event_ms(const struct supervisor *supervisor)
{
    int64_t next_ms = supervisor->beat_at_ms;

    if (supervisor->stopping)
        return supervisor->kill_at_ms < next_ms ? supervisor->kill_at_ms : next_ms;
    for (size_t i = 0; i < supervisor->job->count; i++)
        if (!supervisor->workers[i].pid && supervisor->workers[i].at_ms < next_ms)
            next_ms = supervisor->workers[i].at_ms;

    return next_ms;
}

/*
 * Beats are counted rather than time: when all processes have been halted together, and go on, a
 * worker has as long as ever to give a sign.
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
        log_say(LLL_ERR, "worker %zu (pid %d) hangs: killing it", number_of(supervisor, worker),
                (int)worker->pid);
        kill(worker->pid, SIGKILL);
    }
}

static void wait_and_react(struct supervisor *supervisor)
{
    struct pollfd sources[] = {
        {.fd = supervisor->signals, .events = POLLIN},
        {.fd = supervisor->signs[0], .events = POLLIN},
    };
    int64_t left_ms = next_event_ms(supervisor) - now_ms();

    if (poll(sources, 2, left_ms > 0 ? (int)left_ms : 0) > 0) {
        if (sources[0].revents)
            take_signals(supervisor);
        if (sources[1].revents)
            take_signs(supervisor);
    }
    beat(supervisor);
    if (supervisor->stopping && now_ms() >= supervisor->kill_at_ms) {
        log_say(LLL_ERR, "workers do not stop (%zu of %zu): killing them", supervisor->running,
                supervisor->job->count);
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
        .signs = {-1, -1},
        .alive = {-1, -1},
        .status = EXIT_SUCCESS,
    };
    supervisor->workers = calloc(job->count, sizeof(*supervisor->workers));
    if (!supervisor->workers)
        return -1;

    sigprocmask(SIG_BLOCK, &watched, NULL);
    supervisor->signals = signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
    if (supervisor->signals < 0)
        return -1;

    return pipe2(supervisor->signs, O_CLOEXEC | O_NONBLOCK) || pipe2(supervisor->alive, O_CLOEXEC)
               ? -1
               : 0;
}

static void supervisor_close(struct supervisor *supervisor)
{
    close_open(&supervisor->signals);
    for (size_t i = 0; i < 2; i++) {
        close_open(&supervisor->signs[i]);
        close_open(&supervisor->alive[i]);
    }
    free(supervisor->workers);
}

int workers_run(const struct workers_job *job)
{
    struct supervisor supervisor;

    if (supervisor_open(&supervisor, job)) {
        log_say(LLL_ERR, "workers cannot be watched: %s", strerror(errno));
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

void workers_post_ready(const struct workers_post *post)
{
    sigset_t watched = watched_signals();

    workers_post_alive(post);
    sigprocmask(SIG_UNBLOCK, &watched, NULL);
}

void workers_post_alive(const struct workers_post *post)
{
    ssize_t written = write(post->signs, &post->index, sizeof(post->index));

    /* fails when the supervisor has gone, which is noticed elsewhere, or has not read for long */
    (void)written;
}

void workers_post_over(void)
{
    sigset_t watched = watched_signals();

    sigprocmask(SIG_BLOCK, &watched, NULL);
}

/* Waits for the end of @pid, but not for ever: a file that is read may be none that ends. */
static void kill_late(pid_t pid)
{
    struct pollfd process = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    int ended;

    if (process.fd < 0)
        return; /* an old kernel */
    do
        ended = poll(&process, 1, TRY_PATIENCE_MS);
    while (ended < 0 && errno == EINTR);
    close(process.fd);
    if (!ended)
        kill(pid, SIGKILL);
}

int workers_try(int (*task)(const void *data), const void *data)
{
    char words[40];
    pid_t pid;
    int end;

    signal(SIGCHLD, SIG_DFL); /* were it ignored by inheritance, no status would come */
    fflush(NULL);
    pid = fork();
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        exit(task(data));
    }
    if (pid > 0)
        kill_late(pid);
    if (pid < 0 || waitpid(pid, &end, 0) != pid) {
        log_say(LLL_ERR, "no process can be started: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    if (WIFEXITED(end))
        return WEXITSTATUS(end);
    describe_end(end, words, sizeof(words));
    log_say(LLL_ERR, "what was to check the start %s", words);

    return EXIT_FAILURE;
}
