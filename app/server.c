#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <libwebsockets.h>
#include <openssl/err.h>
#include <uv.h>

#include "listeners.h"
#include "log.h"
#include "plugins.h"
#include "rx_memory.h"
#include "shutdown.h"
#include "tls.h"
#include "workers.h"

#define PAGE_FILE "index.html"

/*
 * How many descriptors we take unasked. libwebsockets keeps 16 bytes for each that there may be;
 * whoever wants more raises the limit before.
 */
#define DESCRIPTORS_UNASKED 65536

/* What is the same in every process of the server. */
struct plan {
    const struct config *config;
    const char *log_level;
    struct tls_pair self_signed; /* empty: it is not */
    char url[128];
};

/* Everything that lives as long as the server; libwebsockets keeps pointers into it. */
struct server {
    uv_loop_t loop;
    void *loops[1];
    struct lws_plugin *plugins;
    struct lws_protocols protocols[2];  /* the plugin's, and the end */
    struct lws_extension extensions[3]; /* the plugin's twice, and the end */
    struct lws_http_mount page;
    struct lws_protocol_vhost_options any_type;
    struct lws_protocol_vhost_options echo;
    struct lws_protocol_vhost_options *options;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct listener listener;
    struct shutdown shutdown;
};

/* Pings are the plugin's: with all zero libwebsockets sends none and keeps no timer for them. */
static const lws_retry_bo_t no_validity_checks;

static int check_page(const struct config *config)
{
    char file[CONFIG_MOUNT_ORIGIN_MAX + sizeof("/" PAGE_FILE)];

    snprintf(file, sizeof(file), "%s/" PAGE_FILE, config->mount_origin);
    if (!access(file, R_OK))
        return 0;
    fprintf(stderr, "lws-echo: %s: the page cannot be read: %s\n", file, strerror(errno));

    return -1;
}

/* The list that lwsws would make of the same options. */
static int compose_options(struct server *server, const struct config *config)
{
    size_t count = config->echo_count;

    server->options = calloc(count + 1, sizeof(*server->options));
    if (!server->options)
        return -1;

    for (size_t i = 0; i < count; i++) {
        server->options[i].name = config->echo[i].key;
        server->options[i].value = config->echo[i].value;
        server->options[i].next = &server->options[i + 1];
    }
    server->options[count].name = "default"; /* also serves clients that ask for no subprotocol */
    server->options[count].value = "1";
    server->echo.name = server->protocols[0].name;
    server->echo.options = server->options;

    return 0;
}

static void compose_page(struct server *server, const struct config *config)
{
    /* libwebsockets answers 415 for file names that it does not know */
    server->any_type.name = "*";
    server->any_type.value = "application/octet-stream";

    server->page.mountpoint = "/";
    server->page.mountpoint_len = 1;
    server->page.origin = config->mount_origin;
    server->page.origin_protocol = LWSMPRO_FILE;
    server->page.def = PAGE_FILE;
    server->page.extra_mimetypes = &server->any_type;
}

static void compose_tls(const struct plan *plan, struct lws_context_creation_info *info)
{
    const struct config *config = plan->config;

    if (config->tls == CONFIG_TLS_OFF)
        return;

    info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
    info->alpn = "http/1.1"; /* WebSocket over HTTP/2 stalls in libwebsockets 4.1 */
    if (config->tls == CONFIG_TLS_FILES) {
        info->ssl_cert_filepath = config->tls_cert;
        info->ssl_private_key_filepath = config->tls_key;
    } else {
        info->server_ssl_cert_mem = plan->self_signed.cert;
        info->server_ssl_cert_mem_len = (unsigned)plan->self_signed.cert_bytes;
        info->server_ssl_private_key_mem = plan->self_signed.key;
        info->server_ssl_private_key_mem_len = (unsigned)plan->self_signed.key_bytes;
    }
}

static int start_context(struct server *server, const struct plan *plan)
{
    const struct config *config = plan->config;
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBUV |
                   LWS_SERVER_OPTION_HTTP_HEADERS_SECURITY_BEST_PRACTICES_ENFORCE,
        .vhost_name = "lws-echo",
        .protocols = server->protocols,
        .extensions = server->extensions,
        .pvo = &server->echo,
        .mounts = &server->page,
        .foreign_loops = server->loops,
        .pcontext = &server->context,
        .retry_and_idle_policy = &no_validity_checks,
        .pt_serv_buf_size = (unsigned)echo_options_service_buffer_bytes(&config->echo_in_force),
        .gid = -1,
        .uid = -1,
    };

    server->loops[0] = &server->loop;
    compose_tls(plan, &info);
    server->context = lws_create_context(&info);
    if (!server->context)
        return -1;
    server->vhost = lws_create_vhost(server->context, &info);
    ERR_clear_error(); /* libwebsockets tries keys as RSA first */

    return server->vhost ? lws_protocol_init(server->context) : -1;
}

/*
 * Raises the limit of open files, which shells keep low for programs that use select(), as far as
 * the system lets us. Returns it.
 */
static size_t raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return 0;
    if (limit.rlim_cur < DESCRIPTORS_UNASKED) {
        limit.rlim_cur =
            limit.rlim_max < DESCRIPTORS_UNASKED ? limit.rlim_max : DESCRIPTORS_UNASKED;
        setrlimit(RLIMIT_NOFILE, &limit);
    }

    return (size_t)limit.rlim_cur;
}

/* Fills @server. Returns 0, or -1 after a report; server_close() releases it either way. */
static int server_open(struct server *server, const struct plan *plan)
{
    const struct config *config = plan->config;
    const lws_plugin_protocol_t *echo;

    rx_memory_use(raise_descriptor_limit());
    memset(server, 0, sizeof(*server));
    server->listener.fd = -1;
    if (uv_loop_init(&server->loop)) {
        fputs("lws-echo: cannot start an event loop\n", stderr);
        exit(EXIT_FAILURE);
    }
    if (check_page(config))
        return -1;
    echo = plugins_load_echo(config->plugin_dir, &server->plugins);
    if (!echo || (config->tls == CONFIG_TLS_FILES && tls_check_files(config)))
        return -1;

    server->protocols[0] = echo->protocols[0];
    /* the plugin takes the second of them: the first is libwebsockets' own in lwsws */
    server->extensions[0] = server->extensions[1] = echo->extensions[0];
    compose_page(server, config);
    log_set_level(plan->log_level);
    if (compose_options(server, config) || start_context(server, plan)) {
        fputs("lws-echo: libwebsockets cannot start; --log-level info shows why\n", stderr);
        return -1;
    }

    return 0;
}

static void server_close(struct server *server)
{
    /*
     * On a loop that is not its own, libwebsockets needs two calls: one that closes its handles
     * through the loop, one to release the rest. It clears server->context at the end.
     */
    if (server->context)
        lws_context_destroy(server->context);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    if (server->context)
        lws_context_destroy(server->context);
    uv_loop_close(&server->loop);
    lws_plugins_destroy(&server->plugins, NULL, NULL);
    free(server->options);
}

/* Returns 0 or a libuv error. */
static int watch(struct server *server, int fd, const struct workers_post *post)
{
    int failure = listener_start(&server->listener, &server->loop, fd, server->vhost);

    if (!failure)
        failure = shutdown_init(&server->shutdown, &server->loop, &server->listener, server->vhost);
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
    uv_run(&server->loop, UV_RUN_DEFAULT);
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

    if (!server_open(&server, plan))
        fd = listener_bind(config->address, config->port);
    if (fd >= 0) {
        compose_url(plan, fd);
        serve(&server, plan, fd, NULL);
    }
    server_close(&server);

    return fd >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int check(const void *data)
{
    struct server server;
    int failure = server_open(&server, data);

    server_close(&server);

    return failure ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int work(const void *data, const struct workers_post *post)
{
    struct server server;
    int failure = server_open(&server, data);

    if (!failure)
        serve(&server, data, post->listener, post);
    server_close(&server);

    return failure ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_workers(struct plan *plan, size_t count)
{
    const struct config *config = plan->config;
    int listeners[CONFIG_WORKERS_MAX];
    const struct workers_job job = {
        .count = count,
        .listeners = listeners,
        .work = work,
        .on_ready = announce,
        .data = plan,
    };

    raise_descriptor_limit(); /* all listening sockets are the supervisor's, too */
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

/* Returns 0, or -1 after a report; the caller releases @plan with plan_fini() either way. */
static int plan_init(struct plan *plan, const struct config *config, const char *log_level)
{
    *plan = (struct plan){.config = config, .log_level = log_level};

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
