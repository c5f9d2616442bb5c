#include "process.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "board.h"
#include "host.h"
#include "listener.h"
#include "log.h"
#include "reload.h"
#include "service_manager.h"
#include "shutdown.h"
#include "sites.h"
#include "terminal.h"

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
    uv_timer_t watchdog;  /* of the only process only */
};

static void stop(struct process *process, const char *why)
{
    uint64_t delay_ms = process->sites.current->config.drain_delay_s * 1000;

    if (process->shutdown.announced)
        return;
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

/* Puts the configuration in force as it is now. */
static void reload(struct process *process)
{
    const struct config *in_force = &process->sites.current->config;
    struct site *site = NULL;
    struct config config;

    if (reload_read(&config, process->plan->source, in_force))
        return;
    if (sites_have_room(&process->sites))
        site = site_open(&process->host, &config, &process->plan->self_signed,
                         process->plan->has_admin);
    else
        log_say(LLL_ERR, "connections of %d former configurations are still open",
                SITES_FORMER_MAX);
    config_fini(&config);
    if (!site) {
        reload_say_unchanged();
        return;
    }

    log_set_up(site->config.log_level, site->config.log_format);
    sites_change(&process->sites, site);
    process->echo.vhost = site->echo.vhost;
    process->admin.vhost = site->admin.vhost;
    log_say(LLL_NOTICE, "%s: in force for new connections", process->plan->source->file);
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

static void on_watchdog(uv_timer_t *timer)
{
    (void)timer;
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

static int start_watchdog(struct process *process)
{
    uint64_t period_ms = service_manager_watchdog_ms();
    int failure = uv_timer_init(&process->host.loop, &process->watchdog);

    return failure || !period_ms
               ? failure
               : uv_timer_start(&process->watchdog, on_watchdog, period_ms, period_ms);
}

/* Takes a socket over from the plan, and accepts from it. */
static int start_listener(struct process *process, struct listener *listener,
                          struct plan_sockets *sockets, struct lws_vhost *vhost)
{
    size_t index = process->post ? process->post->index : 0;
    int fd = sockets->fds[index];

    sockets->fds[index] = -1;

    return listener_start(listener, &process->host.loop, fd, vhost);
}

static int watch(struct process *process, struct site *site)
{
    struct plan *plan = process->plan;
    int failure = sites_init(&process->sites, &process->host.loop, site);

    if (!failure)
        failure = start_listener(process, &process->echo, &plan->echo, site->echo.vhost);
    if (!failure && plan->has_admin)
        failure = start_listener(process, &process->admin, &plan->admin, site->admin.vhost);
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
    if (!failure)
        failure = process->post ? watch_supervisor(process) : start_watchdog(process);

    return failure;
}

static void close_handles(struct process *process)
{
    listener_close(&process->echo);
    listener_close(&process->admin);
    shutdown_close(&process->shutdown);
    sites_close(&process->sites);
    uv_close((uv_handle_t *)&process->interrupt, NULL);
    uv_close((uv_handle_t *)&process->terminate, NULL);
    uv_close((uv_handle_t *)&process->hang_up, NULL);
    uv_close((uv_handle_t *)&process->hasten, NULL);
    if (process->post)
        uv_close((uv_handle_t *)&process->supervisor, NULL);
    else
        uv_close((uv_handle_t *)&process->watchdog, NULL);
}

/* Serves until the orderly end. */
static void serve(struct process *process, struct site *site)
{
    int failure = watch(process, site);

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

/* Opens host and site. Returns 0, or -1 after a report; host_close() releases both. */
static int open_site(struct host *host, const struct plan *plan, size_t index, struct site **site)
{
    struct echo_board board = board_of(&plan->board, index);

    if (host_open(host, &plan->config, &board))
        return -1;
    *site = site_open(host, &plan->config, &plan->self_signed, plan->has_admin);

    return *site ? 0 : -1;
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
    struct site *site;
    int failure = open_site(&process.host, plan, post ? post->index : 0, &site);

    if (!failure && !post)
        failure = plan_listen(plan);
    if (!failure)
        serve(&process, site);
    host_close(&process.host);

    return failure ? EXIT_FAILURE : EXIT_SUCCESS;
}

int process_check(const struct plan *plan)
{
    struct site *site;
    struct host host;
    int failure = open_site(&host, plan, 0, &site);

    host_close(&host);

    return failure ? EXIT_FAILURE : EXIT_SUCCESS;
}
