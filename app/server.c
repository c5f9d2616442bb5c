#include "server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"
#include "listeners.h"
#include "open_files.h"
#include "shutdown.h"
#include "workers.h"

/* What is the same in every process of the server. */
struct plan {
    const struct config *config;
    const char *log_level;
    struct tls_pair self_signed; /* empty: it is not */
    char url[128];
};

/* A process that serves. */
struct server {
    struct host host;
    struct listener listener;
    struct shutdown shutdown;
};

static int open_host(struct host *host, const struct plan *plan)
{
    return host_open(host, plan->config, plan->log_level, &plan->self_signed);
}

/* Returns 0 or a libuv error. */
static int watch(struct server *server, int fd, const struct workers_post *post)
{
    int failure = listener_start(&server->listener, &server->host.loop, fd, server->host.vhost);

    if (!failure)
        failure = shutdown_init(&server->shutdown, &server->host.loop, &server->listener,
                                server->host.vhost);
    if (!failure && post)
        failure = shutdown_watch_supervisor(&server->shutdown, post->supervisor);

    return failure;
}

static void announce(const void *data)
{
    const struct plan *plan = data;

    printf("lws-echo is ready: open %s\n", plan->url);
    fflush(stdout);
}

/* Serves what arrives at @fd until the orderly end; @post is NULL but in workers. */
static void serve(struct server *server, const struct plan *plan, int fd,
                  const struct workers_post *post)
{
    int failure = watch(server, fd, post);

    if (failure) {
        fprintf(stderr, "lws-echo: cannot watch socket and signals: %s\n", uv_strerror(failure));
        exit(EXIT_FAILURE);
    }

    if (post)
        workers_post_ready(post);
    else
        announce(plan);
    uv_run(&server->host.loop, UV_RUN_DEFAULT);
    if (post)
        workers_post_over();

    listener_close(&server->listener);
    shutdown_close(&server->shutdown);
}

static void compose_url(struct plan *plan, int fd)
{
    const struct config *config = plan->config;

    listener_url(fd, config->address, config->tls != CONFIG_TLS_OFF, plan->url, sizeof(plan->url));
}

/* These return an exit status. What is wrong has been reported, before anything listened. */

static int run_alone(struct plan *plan)
{
    const struct config *config = plan->config;
    struct server server;
    int fd = -1;

    if (!open_host(&server.host, plan))
        fd = listener_bind(config->address, config->port);
    if (fd >= 0) {
        compose_url(plan, fd);
        serve(&server, plan, fd, NULL);
    }
    host_close(&server.host);

    return fd >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int check(const void *data)
{
    struct host host;
    int failure = open_host(&host, data);

    host_close(&host);

    return failure ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int work(const void *data, const struct workers_post *post)
{
    struct server server;
    int failure = open_host(&server.host, data);

    if (!failure)
        serve(&server, data, post->listener, post);
    host_close(&server.host);

    return failure ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_workers(struct plan *plan, size_t count)
{
    const struct config *config = plan->config;
    int listeners[CONFIG_WORKERS_MAX];
    size_t open_files;
    const struct workers_job job = {
        .count = count,
        .listeners = listeners,
        .work = work,
        .on_ready = announce,
        .data = plan,
    };

    /* all listening sockets are the supervisor's, too */
    if (open_files_limit(SETTING_WORD, &open_files))
        return EXIT_FAILURE;
    /* once, rather than in each worker; and the supervisor stays clean of what it loads */
    if (workers_try(check, plan) != EXIT_SUCCESS ||
        listener_bind_shared(config->address, config->port, listeners, count))
        return EXIT_FAILURE;
    compose_url(plan, listeners[0]);

    return workers_run(&job);
}

static size_t count_workers(const struct config *config)
{
    uint64_t count = config->workers == SETTING_WORD ? uv_available_parallelism() : config->workers;

    return count < CONFIG_WORKERS_MAX ? (size_t)count : CONFIG_WORKERS_MAX;
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

/* Returns 0, or -1 after a report; the caller releases @plan with plan_fini() either way. */
static int plan_init(struct plan *plan, const struct config *config, const char *log_level)
{
    *plan = (struct plan){.config = config, .log_level = log_level};
    open_standard_streams();

    return config->tls == CONFIG_TLS_SELF_SIGNED ? tls_self_sign(&plan->self_signed) : 0;
}

static void plan_fini(struct plan *plan)
{
    tls_pair_fini(&plan->self_signed);
}

int server_run(const struct config *config, const char *log_level)
{
    size_t count = count_workers(config);
    int status = EXIT_FAILURE;
    struct plan plan;

    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    if (!plan_init(&plan, config, log_level))
        status = count > 1 ? run_workers(&plan, count) : run_alone(&plan);
    plan_fini(&plan);

    return status;
}

int server_check(const struct config *config, const char *log_level)
{
    int status = EXIT_FAILURE;
    struct plan plan;

    if (!plan_init(&plan, config, log_level))
        status = check(&plan);
    plan_fini(&plan);

    return status;
}
