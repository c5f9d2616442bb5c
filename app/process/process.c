#include "process/process.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/loop.h"
#include "process/board.h"
#include "process/channel.h"
#include "process/heap.h"
#include "process/reload.h"
#include "process/service_manager.h"
#include "process/shutdown.h"
#include "process/terminal.h"
#include "sites/host.h"
#include "sites/sites.h"
#include "sockets/listener.h"

/* Kept free at the limit of open files, for "admin" and for what a reload opens. */
#define RESERVED_DESCRIPTORS 16

struct process {
    struct shared *shared;
    const struct worker_context *worker; /* NULL: it is the only process */
    struct reload reload;                /* of the only process */
    struct host host;
    struct sites sites;
    struct listener echo;
    struct listener admin;
    struct shutdown shutdown;
    uv_signal_t interrupt;
    uv_signal_t terminate;
    uv_signal_t hang_up;  /* of the only process */
    uv_signal_t expedite; /* of workers only, as the next */
    uv_poll_t supervisor;
    uv_timer_t heartbeat;
    struct heap heap;
};

static uint64_t drain_delay_ms(const struct process *process)
{
    return process->shared->config.drain_delay_ms;
}

/* Begins to stop, @delay_ms before the connections are closed. */
static void stop(struct process *process, uint64_t delay_ms, const char *why)
{
    if (process->shutdown.announced)
        return;
    if (delay_ms)
        log_say(LLL_NOTICE, "%s: draining for %g s, then closing all connections", why,
                (double)delay_ms / 1000);
    else
        log_say(LLL_NOTICE, "%s: closing all connections", why);
    if (!process->worker)
        service_manager_stopping(delay_ms + SHUTDOWN_DEADLINE_MS);
    shutdown_begin(&process->shutdown, delay_ms);
}

/*
 * In a worker a second signal has no effect: a terminal or a service manager may signal supervisor
 * and workers, and the supervisor then signals the workers, too.
 */
static void on_stop_signal(uv_signal_t *signal, int number)
{
    struct process *process = signal->data;

    if (!process->shutdown.announced)
        stop(process, drain_delay_ms(process), number == SIGINT ? "SIGINT" : "SIGTERM");
    else if (!process->worker)
        shutdown_expedite(&process->shutdown);
}

static void on_expedite_signal(uv_signal_t *signal, int number)
{
    struct process *process = signal->data;

    (void)number;
    if (process->shutdown.announced)
        shutdown_expedite(&process->shutdown);
}

/* New connections go to the current site. */
static void switch_listeners(struct process *process)
{
    process->echo.vhost = process->sites.current->echo.lws;
    process->admin.vhost = process->sites.current->admin.lws;
}

/* Puts @config in force for new connections. Returns 0, or -1 after an error in the log. */
static int apply(void *data, const struct config *config)
{
    struct process *process = data;

    if (sites_change(&process->sites, config))
        return -1;
    switch_listeners(process);

    return 0;
}

static void say_in_force(const struct process *process)
{
    log_say(LLL_NOTICE, "%s: in force for new connections", process->shared->source->file);
}

static void on_hang_up(uv_signal_t *signal, int number)
{
    struct process *process = signal->data;

    (void)number;
    if (process->shutdown.announced)
        return;

    switch (reload_run(&process->reload, &process->shared->config)) {
    case RELOAD_CHANGED:
        say_in_force(process);
        break;
    case RELOAD_STOP:
        stop(process, drain_delay_ms(process), "the terminal is gone");
        break;
    default:
        break;
    }
}

/* Only in a worker; the supervisor has checked @config. */
static void take_config(struct process *process, const struct config *config)
{
    /* in any case: this is how long the supervisor will wait */
    process->shared->config.drain_delay_ms = config->drain_delay_ms;
    if (apply(process, config)) {
        reload_say_unchanged();
        return;
    }
    process->shared->config = *config;
    log_set_up(config->log_level, config->log_format);
    say_in_force(process);
}

static void on_supervisor(uv_poll_t *supervisor, int status, int events)
{
    struct process *process = supervisor->data;
    struct config config;

    (void)status;
    (void)events;
    switch (channel_receive(process->worker->channel, &config, sizeof(config))) {
    case CHANNEL_NEW_STATE:
        if (!process->shutdown.announced)
            take_config(process, &config);
        break;
    case CHANNEL_ENDED:
        uv_poll_stop(supervisor);
        log_say(LLL_WARN, "the supervisor has ended");
        stop(process, 0, "no supervisor");
        if (!process->shutdown.deadline_ms)
            shutdown_expedite(&process->shutdown);
        break;
    default:
        break;
    }
}

static void on_heartbeat(uv_timer_t *timer)
{
    struct process *process = timer->data;

    if (process->worker)
        workers_alive(process->worker);
    else
        service_manager_alive();
}

/* These return 0, or -1 after a line in the log. */

static int watch_signal(struct process *process, uv_signal_t *signal, uv_signal_cb on_signal,
                        int number)
{
    if (loop_check(uv_signal_init(&process->host.loop, signal)))
        return -1;
    signal->data = process;

    return loop_check(uv_signal_start(signal, on_signal, number));
}

static int watch_supervisor(struct process *process)
{
    uv_poll_t *supervisor = &process->supervisor;

    if (loop_check(uv_poll_init(&process->host.loop, supervisor, process->worker->channel)))
        return -1;
    supervisor->data = process;

    return loop_check(uv_poll_start(supervisor, UV_READABLE, on_supervisor));
}

/* Takes this process's socket from @sockets and accepts from it. */
static int start_listener(struct process *process, struct listener *listener,
                          struct listening_sockets *sockets, int first_reserved)
{
    size_t index = process->worker ? process->worker->index : 0;
    int fd = sockets->fds[index];

    sockets->fds[index] = -1;

    return listener_start(listener, &process->host.loop, fd, first_reserved);
}

static int start_listeners(struct process *process)
{
    struct listening *listening = &process->shared->listening;
    int open_files = (int)process->host.open_files;

    if (start_listener(process, &process->echo, &listening->echo,
                       open_files - RESERVED_DESCRIPTORS))
        return -1;

    return listening->has_admin
               ? start_listener(process, &process->admin, &listening->admin, open_files)
               : 0;
}

static int watch_signals(struct process *process)
{
    if (watch_signal(process, &process->interrupt, on_stop_signal, SIGINT) ||
        watch_signal(process, &process->terminate, on_stop_signal, SIGTERM))
        return -1;

    return process->worker
               ? watch_signal(process, &process->expedite, on_expedite_signal, WORKERS_EXPEDITE)
               : watch_signal(process, &process->hang_up, on_hang_up, SIGHUP);
}

/* Periodically tells the supervisor, or the service manager, that this process is alive. */
static void start_heartbeat(struct process *process)
{
    uint64_t period_ms = process->worker ? (uint64_t)(process->worker->beat_ms + 1) / 2
                                         : service_manager_watchdog_ms();

    /* both always succeed */
    uv_timer_init(&process->host.loop, &process->heartbeat);
    process->heartbeat.data = process;
    if (period_ms)
        uv_timer_start(&process->heartbeat, on_heartbeat, period_ms, period_ms);
}

static int watch(struct process *process)
{
    if (start_listeners(process) || watch_signals(process) ||
        (process->worker && watch_supervisor(process)))
        return -1;
    shutdown_init(&process->shutdown, &process->host.loop, &process->sites, &process->echo,
                  &process->host.board);
    start_heartbeat(process);
    heap_start(&process->heap, &process->host.loop);

    return 0;
}

static void close_handles(struct process *process)
{
    listener_close(&process->echo);
    listener_close(&process->admin);
    shutdown_close(&process->shutdown);
    loop_close_handle((uv_handle_t *)&process->interrupt);
    loop_close_handle((uv_handle_t *)&process->terminate);
    loop_close_handle((uv_handle_t *)&process->hang_up);
    loop_close_handle((uv_handle_t *)&process->expedite);
    loop_close_handle((uv_handle_t *)&process->supervisor);
    loop_close_handle((uv_handle_t *)&process->heartbeat);
    heap_stop(&process->heap);
}

static void serve(struct process *process)
{
    log_serving();
    if (process->worker)
        workers_ready(process->worker);
    else
        listening_announce(&process->shared->listening);
    uv_run(&process->host.loop, UV_RUN_DEFAULT);
    if (process->worker)
        workers_block_signals();
}

/* Opens host and site. Returns 0, or -1 after a report; close_host() releases both. */
static int open_host(struct host *host, struct sites *sites, const struct shared *shared,
                     const struct config *config, const struct counters_board *board)
{
    int failure = host_open(host, config, board);

    if (!host->has_loop)
        return -1;
    sites_init(sites, host, &shared->tls, shared->listening.has_admin);

    return failure ? -1 : sites_change(sites, config);
}

static void close_host(struct host *host, struct sites *sites)
{
    if (host->has_loop)
        sites_close(sites);
    host_close(host);
}

int process_run(struct shared *shared, const struct worker_context *worker)
{
    struct process process = {
        .shared = shared,
        .worker = worker,
        .reload =
            {
                .source = shared->source,
                .url = shared->listening.echo.url,
                .had_terminal = terminal_is_there(),
                .apply = apply,
                .data = &process,
            },
        .echo.fd = -1,
        .admin.fd = -1,
    };
    const struct counters_board board = board_view(&shared->board, worker ? worker->index : 0);
    int failure = open_host(&process.host, &process.sites, shared, &shared->config, &board);

    if (!failure && !worker)
        failure = listening_start(&shared->listening, &shared->config);
    if (!failure) {
        switch_listeners(&process);
        failure = watch(&process);
        if (!failure)
            serve(&process);
        close_handles(&process);
    }
    close_host(&process.host, &process.sites);

    return failure ? EXIT_FAILURE : EXIT_SUCCESS;
}

int process_check(const struct shared *shared, const struct config *config)
{
    struct counters_board board; /* of its own: on the shared one others may be counting */
    struct sites sites;
    struct host host;
    int failure = board_new(&board, 1);

    if (!failure) {
        failure = open_host(&host, &sites, shared, config, &board);
        close_host(&host, &sites);
    }
    board_free(&board);

    return failure ? EXIT_FAILURE : EXIT_SUCCESS;
}
