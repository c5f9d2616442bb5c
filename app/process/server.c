#include "process/server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "process/open_files.h"
#include "process/plan.h"
#include "process/process.h"
#include "process/reload.h"
#include "process/service_manager.h"
#include "process/terminal.h"
#include "process/workers.h"
#include "sockets/sockets.h"

/* What the supervisor knows of the workers' work. */
struct supervision {
    struct plan plan;
    bool had_terminal;
};

static int check(const void *data)
{
    return process_check(data);
}

/* In a worker: it has no use for the others' sockets. */
static int work(void *data, const struct workers_post *post)
{
    struct supervision *supervision = data;
    struct plan *plan = &supervision->plan;

    sockets_close(plan->echo.fds, post->index);
    sockets_close(plan->echo.fds + post->index + 1, plan->processes - post->index - 1);
    sockets_close(plan->admin.fds, post->index);
    sockets_close(plan->admin.fds + post->index + 1, plan->processes - post->index - 1);

    return process_run(plan, post);
}

static void on_ready(void *data)
{
    const struct supervision *supervision = data;

    log_serving();
    plan_announce(&supervision->plan);
}

/* Reads the configuration again. Returns whether the workers shall. */
static bool read_again(struct plan *plan)
{
    struct config config;
    struct config former;

    if (reload_read(&config, plan->source, &plan->config))
        return false;

    /* page and certificate are tried where what that loads is gone afterwards */
    former = plan->config;
    plan->config = config;
    if (workers_try(check, plan) != EXIT_SUCCESS) {
        plan->config = former;
        reload_say_unchanged();
        return false;
    }
    log_set_up(plan->config.log_level, plan->config.log_format);

    return true;
}

static enum workers_answer on_hang_up(void *data)
{
    struct supervision *supervision = data;
    struct plan *plan = &supervision->plan;
    bool changed;

    if (terminal_is_gone(supervision->had_terminal))
        return WORKERS_STOP;
    if (!plan->source->file) {
        log_say(LLL_NOTICE, "SIGHUP: there is no configuration file to read again");
        return WORKERS_GO_ON;
    }

    service_manager_reloading();
    changed = read_again(plan);
    service_manager_ready(plan->echo.url);

    return changed ? WORKERS_RELOAD : WORKERS_GO_ON;
}

/* Returns how long the workers may take for the first part of their end. */
static int64_t on_stop(void *data)
{
    struct supervision *supervision = data;
    struct plan *plan = &supervision->plan;
    int64_t delay_ms = (int64_t)plan->config.drain_delay_s * 1000;

    service_manager_stopping((uint64_t)delay_ms + WORKERS_STOP_PATIENCE_MS);
    sockets_close(plan->echo.fds, plan->processes);
    sockets_close(plan->admin.fds, plan->processes);

    return delay_ms;
}

static void on_end(void *data, size_t index)
{
    struct supervision *supervision = data;

    counters_end(&supervision->plan.board.all[index]);
}

static void on_beat(void *data)
{
    (void)data;
    service_manager_alive();
}

/* These return an exit status. What is wrong has been reported, before anything listened. */

static int run_workers(struct supervision *supervision)
{
    struct plan *plan = &supervision->plan;
    uint64_t watchdog_ms = service_manager_watchdog_ms();
    size_t open_files;
    const struct workers_job job = {
        .count = plan->processes,
        .work = work,
        .on_ready = on_ready,
        .on_end = on_end,
        .on_hang_up = on_hang_up,
        .on_stop = on_stop,
        .on_beat = on_beat,
        .beat_ms = watchdog_ms ? (int64_t)watchdog_ms : WORKERS_BEAT_MS,
        .data = supervision,
    };

    /* all listening sockets are the supervisor's, too */
    if (open_files_limit(SETTING_WORD, &open_files) || plan_open(plan))
        return EXIT_FAILURE;
    /* once, rather than in each worker; and the supervisor stays clean of what it loads */
    if (workers_try(check, plan) != EXIT_SUCCESS || plan_listen(plan))
        return EXIT_FAILURE;
    log_set_up(plan->config.log_level, plan->config.log_format);

    return workers_run(&job);
}

static int run_alone(struct plan *plan)
{
    return plan_open(plan) ? EXIT_FAILURE : process_run(plan, NULL);
}

/* Has nothing that is opened from now on take the place of a standard stream that is closed. */
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
    struct supervision supervision = {.had_terminal = terminal_is_there()};
    struct plan *plan = &supervision.plan;
    int status = EXIT_FAILURE;

    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    open_standard_streams();
    if (!plan_init(plan, config, source))
        status = plan->processes > 1 ? run_workers(&supervision) : run_alone(plan);
    plan_fini(plan);

    return status;
}

int server_check(const struct config *config)
{
    struct config_source none = {0};
    struct plan plan;
    int status = EXIT_FAILURE;

    open_standard_streams();
    if (!plan_init(&plan, config, &none))
        status = process_check(&plan);
    plan_fini(&plan);

    return status;
}
