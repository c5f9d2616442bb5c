#include "process/server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/open_files.h"
#include "process/child.h"
#include "process/process.h"
#include "process/reload.h"
#include "process/service_manager.h"
#include "process/shared.h"
#include "process/terminal.h"
#include "process/workers.h"

struct supervision {
    struct shared *shared;
    struct reload reload;
};

struct trial {
    const struct shared *shared;
    const struct config *config;
};

static int check(const void *data)
{
    const struct trial *trial = data;

    return process_check(trial->shared, trial->config);
}

/* Tries page, certificate and plugin in a process that then ends. Returns 0 or -1. */
static int try_config(void *data, const struct config *config)
{
    const struct supervision *supervision = data;
    const struct trial trial = {supervision->shared, config};

    return child_try(check, &trial) == EXIT_SUCCESS ? 0 : -1;
}

static int work(void *data, const struct worker_context *worker)
{
    const struct supervision *supervision = data;

    listening_keep(&supervision->shared->listening, worker->index);

    return process_run(supervision->shared, worker);
}

static void on_ready(void *data)
{
    const struct supervision *supervision = data;

    log_serving();
    listening_announce(&supervision->shared->listening);
}

static enum workers_answer on_hang_up(void *data)
{
    const struct supervision *supervision = data;

    switch (reload_run(&supervision->reload, &supervision->shared->config)) {
    case RELOAD_CHANGED:
        return WORKERS_UPDATE;
    case RELOAD_STOP:
        return WORKERS_STOP;
    default:
        return WORKERS_GO_ON;
    }
}

static int64_t on_stop(void *data)
{
    const struct supervision *supervision = data;
    int64_t delay_ms = (int64_t)supervision->shared->config.drain_delay_ms;

    service_manager_stopping((uint64_t)delay_ms + WORKERS_STOP_PATIENCE_MS);
    listening_stop(&supervision->shared->listening);

    return delay_ms;
}

static void on_end(void *data, size_t index)
{
    const struct supervision *supervision = data;

    counters_end(&supervision->shared->board.slots[index]);
}

static void on_beat(void *data)
{
    (void)data;
    service_manager_alive();
}

/* Opens the sockets, which may take root, and drops privileges. Returns 0 or -1. */
static int open_sockets(struct shared *shared, const struct privileges *privileges)
{
    return listening_open(&shared->listening, &shared->config, privileges) ||
                   privileges_drop(privileges)
               ? -1
               : 0;
}

/* These return an exit status. Errors have been reported, before anything listened. */

static int run_workers(struct shared *shared, const struct privileges *privileges)
{
    struct supervision supervision = {
        .shared = shared,
        .reload =
            {
                .source = shared->source,
                .url = shared->listening.echo.url,
                .had_terminal = terminal_is_there(),
                .apply = try_config,
                .data = &supervision,
            },
    };
    uint64_t watchdog_ms = service_manager_watchdog_ms();
    const struct workers_job job = {
        .count = shared->listening.processes,
        .state = &shared->config,
        .state_bytes = sizeof(shared->config),
        .work = work,
        .on_ready = on_ready,
        .on_end = on_end,
        .on_hang_up = on_hang_up,
        .on_stop = on_stop,
        .on_beat = on_beat,
        .beat_ms = watchdog_ms ? (int64_t)watchdog_ms : WORKERS_BEAT_MS,
        .data = &supervision,
    };
    size_t open_files;

    /* the supervisor holds the listening sockets of all workers */
    if (open_files_limit(SETTING_WORD, &open_files) || open_sockets(shared, privileges))
        return EXIT_FAILURE;
    /* so that one process reports what is wrong; the supervisor itself loads nothing */
    if (try_config(&supervision, &shared->config) ||
        listening_start(&shared->listening, &shared->config))
        return EXIT_FAILURE;
    log_set_up(shared->config.log_level, shared->config.log_format);

    return workers_run(&job);
}

static int run_alone(struct shared *shared, const struct privileges *privileges)
{
    return open_sockets(shared, privileges) ? EXIT_FAILURE : process_run(shared, NULL);
}

/* Otherwise what is opened first would become a standard stream that is closed. */
static void open_standard_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int server_run(const struct config *config, const struct config_source *source)
{
    struct privileges privileges;
    struct shared shared;
    int status = EXIT_FAILURE;

    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    signal(SIGCHLD, SIG_DFL); /* if it is ignored, waitpid() returns no status */
    open_standard_streams();
    if (!shared_init(&shared, config, source) && !privileges_find(&privileges, config))
        status = shared.listening.processes > 1 ? run_workers(&shared, &privileges)
                                                : run_alone(&shared, &privileges);
    shared_fini(&shared);

    return status;
}

int server_check(const struct config *config)
{
    const struct config_source none = {0};
    struct privileges privileges;
    struct shared shared;
    int status = EXIT_FAILURE;

    open_standard_streams();
    if (!shared_init(&shared, config, &none) && !privileges_find(&privileges, config))
        status = process_check(&shared, config);
    shared_fini(&shared);

    return status;
}
