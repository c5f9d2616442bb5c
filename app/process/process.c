#include "process/process.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "process/board.h"
#include "process/heap.h"
#include "process/reload.h"
#include "process/service_manager.h"
#include "process/shutdown.h"
#include "process/terminal.h"
#include "sites/host.h"
#include "sites/sites.h"
#include "sockets/listener.h"

/* At the limit of open files these are left for "admin", and for what a reload opens. */
#define RESERVED_DESCRIPTORS 16

struct process {
    struct plan *plan;
    const struct workers_post *post; /* NULL: it is the only one */
    bool had_terminal;
    struct host host;
    struct sites sites;
    struct listener echo;
    struct listener admin;
    struct shutdown shutdown;
    uv_signal_t interrupt;
    uv_signal_t terminate;
    uv_signal_t hang_up;
    uv_signal_t hasten;
    uv_poll_t supervisor; /* of workers only */
    uv_timer_t alive;
    struct heap heap;
};

static void stop(struct process *process, const char *why)
{
    uint64_t delay_ms = process->sites.current->config.drain_delay_s * 1000;

    if (process->shutdown.announced)
        return;
    if (delay_ms)
        log_say(LLL_NOTICE, "%s: draining for %d s, then closing all connections", why,
                (int)(delay_ms / 1000));
    else
        log_say(LLL_NOTICE, "%s: closing all connections", why);
    if (!process->post)
        service_manager_stopping(delay_ms + SHUTDOWN_DEADLINE_MS);
    shutdown_begin(&process->shutdown);
}

/*
 * In a worker a second signal has no effect: a terminal and a service manager signal worker and
 * supervisor alike, and then the supervisor sends its own.
 */
static void on_stop_signal(uv_signal_t *signal, int number)
{
    struct process *process = signal->data;

    if (!process->shutdown.announced)
        stop(process, number == SIGINT ? "SIGINT" : "SIGTERM");
    else if (!process->post)
        shutdown_hasten(&process->shutdown);
}

static void on_hasten_signal(uv_signal_t *signal, int number)
{
    struct process *process = signal->data;

    (void)number;
    if (process->shutdown.announced)
        shutdown_hasten(&process->shutdown);
}

/* Has new connections get the site that is the current one. */
static void switch_listeners(struct process *process)
{
    process->echo.vhost = process->sites.current->echo.vhost;
    process->admin.vhost = process->sites.current->admin.vhost;
}

/* Puts the configuration in force as it is now. */
static void reload(struct process *process)
{
    const char *file = process->plan->source->file;
    struct config config;
    int failure;

    if (reload_read(&config, process->plan->source, &process->sites.current->config))
        return;

    failure = sites_change(&process->sites, &config);
    if (!failure) {
        log_set_up(config.log_level, config.log_format);
        switch_listeners(process);
        log_say(LLL_NOTICE, "%s: in force for new connections", file);
    } else {
        reload_say_unchanged();
    }
}

static void on_hang_up(uv_signal_t *signal, int number)
{
    struct process *process = signal->data;

    (void)number;
    if (process->shutdown.announced)
        return;
    if (terminal_is_gone(process->had_terminal)) {
        stop(process, "the terminal is gone");
    } else if (!process->plan->source->file) {
        log_say(LLL_NOTICE, "SIGHUP: there is no configuration file to read again");
    } else {
        if (!process->post)
            service_manager_reloading();
        reload(process);
        if (!process->post)
            service_manager_ready(process->plan->echo.url);
    }
}

static void on_supervisor_end(uv_poll_t *supervisor, int status, int events)
{
    struct process *process = supervisor->data;

    (void)status;
    (void)events;
    uv_poll_stop(supervisor);
    log_say(LLL_WARN, "the supervisor has ended");
    stop(process, "no supervisor");
    if (!process->shutdown.deadline_ms)
        shutdown_hasten(&process->shutdown);
}

static void on_alive(uv_timer_t *timer)
{
    struct process *process = timer->data;

    if (process->post)
        workers_post_alive(process->post);
    else
        service_manager_alive();
}

/* These return 0 or a libuv error. */

static int watch_signal(struct process *process, uv_signal_t *signal, uv_signal_cb on_signal,
                        int number)
{
    int failure = uv_signal_init(&process->host.loop, signal);

    signal->data = process;

    return failure ? failure : uv_signal_start(signal, on_signal, number);
}

static int watch_supervisor(struct process *process)
{
    int failure =
        uv_poll_init(&process->host.loop, &process->supervisor, process->post->supervisor);

    process->supervisor.data = process;

    return failure ? failure : uv_poll_start(&process->supervisor, UV_READABLE, on_supervisor_end);
}

/* Has the supervisor, or else the service manager, told regularly that this process is alive. */
static int start_signs(struct process *process)
{
    uint64_t period_ms =
        process->post ? (uint64_t)(process->post->beat_ms + 1) / 2 : service_manager_watchdog_ms();
    int failure = uv_timer_init(&process->host.loop, &process->alive);

    process->alive.data = process;

    return failure || !period_ms ? failure
                                 : uv_timer_start(&process->alive, on_alive, period_ms, period_ms);
}

/* Takes a socket over from the plan, and accepts from it. */
static int start_listener(struct process *process, struct listener *listener,
                          struct plan_sockets *sockets, int first_reserved)
{
    size_t index = process->post ? process->post->index : 0;
    int fd = sockets->fds[index];

    sockets->fds[index] = -1;

    return listener_start(listener, &process->host.loop, fd, first_reserved);
}

static int watch(struct process *process)
{
    struct plan *plan = process->plan;
    int open_files = (int)process->host.open_files;
    int failure =
        start_listener(process, &process->echo, &plan->echo, open_files - RESERVED_DESCRIPTORS);

    if (!failure && plan->has_admin)
        failure = start_listener(process, &process->admin, &plan->admin, open_files);
    if (!failure)
        failure = shutdown_init(&process->shutdown, &process->host.loop, &process->sites,
                                &process->echo, &process->host.board);
    if (!failure)
        failure = watch_signal(process, &process->interrupt, on_stop_signal, SIGINT);
    if (!failure)
        failure = watch_signal(process, &process->terminate, on_stop_signal, SIGTERM);
    if (!failure)
        failure = watch_signal(process, &process->hang_up, on_hang_up, SIGHUP);
    if (!failure)
        failure = watch_signal(process, &process->hasten, on_hasten_signal, WORKERS_HASTEN);
    if (!failure && process->post)
        failure = watch_supervisor(process);
    if (!failure)
        failure = start_signs(process);
    if (!failure)
        failure = heap_watch(&process->heap, &process->host.loop);

    return failure;
}

static void close_handles(struct process *process)
{
    listener_close(&process->echo);
    listener_close(&process->admin);
    shutdown_close(&process->shutdown);
    uv_close((uv_handle_t *)&process->interrupt, NULL);
    uv_close((uv_handle_t *)&process->terminate, NULL);
    uv_close((uv_handle_t *)&process->hang_up, NULL);
    uv_close((uv_handle_t *)&process->hasten, NULL);
    uv_close((uv_handle_t *)&process->alive, NULL);
    heap_leave(&process->heap);
    if (process->post)
        uv_close((uv_handle_t *)&process->supervisor, NULL);
}

/* Serves until the orderly end. */
static void serve(struct process *process)
{
    int failure;

    switch_listeners(process);
    failure = watch(process);

    if (failure) {
        fprintf(stderr, "lws-echo: cannot watch sockets and signals: %s\n", uv_strerror(failure));
        exit(EXIT_FAILURE);
    }

    log_serving();
    if (process->post)
        workers_post_ready(process->post);
    else
        plan_announce(process->plan);
    uv_run(&process->host.loop, UV_RUN_DEFAULT);
    if (process->post)
        workers_post_over();

    close_handles(process);
}

/* Opens host and site. Returns 0, or -1 after a report; close_host() releases both. */
static int open_host(struct host *host, struct sites *sites, const struct plan *plan,
                     const struct counters_board *board)
{
    int failure = host_open(host, &plan->config, board);

    if (sites_init(sites, host, &plan->self_signed, plan->has_admin))
        failure = -1;

    return failure ? -1 : sites_change(sites, &plan->config);
}

static void close_host(struct host *host, struct sites *sites)
{
    sites_close(sites);
    host_close(host);
}

int process_run(struct plan *plan, const struct workers_post *post)
{
    struct process process = {
        .plan = plan,
        .post = post,
        .had_terminal = terminal_is_there(),
        .echo.fd = -1,
        .admin.fd = -1,
    };
    struct counters_board board = board_of(&plan->board, post ? post->index : 0);
    int failure = open_host(&process.host, &process.sites, plan, &board);

    if (!failure && !post)
        failure = plan_listen(plan);
    if (!failure)
        serve(&process);
    close_host(&process.host, &process.sites);

    return failure ? EXIT_FAILURE : EXIT_SUCCESS;
}

int process_check(const struct plan *plan)
{
    struct counters_board board; /* of its own: on the plan's others may be counting */
    struct sites sites;
    struct host host;
    int failure = board_new(&board, 1);

    if (!failure) {
        failure = open_host(&host, &sites, plan, &board);
        close_host(&host, &sites);
    }
    board_free(&board);

    return failure ? EXIT_FAILURE : EXIT_SUCCESS;
}
