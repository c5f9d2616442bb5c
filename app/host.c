#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "log.h"
#include "open_files.h"
#include "plugins.h"
#include "rx_memory.h"

#define PAGE_FILE "index.html"

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
static int compose_options(struct host *host, const struct config *config)
{
    size_t count = config->echo_count;

    host->options = calloc(count + 1, sizeof(*host->options));
    if (!host->options)
        return -1;

    for (size_t i = 0; i < count; i++) {
        host->options[i].name = config->echo[i].key;
        host->options[i].value = config->echo[i].value;
        host->options[i].next = &host->options[i + 1];
    }
    host->options[count].name = "default"; /* also serves clients that ask for no subprotocol */
    host->options[count].value = "1";
    host->echo.name = host->protocols[0].name;
    host->echo.options = host->options;

    return 0;
}

static void compose_page(struct host *host, const struct config *config)
{
    /* libwebsockets answers 415 for file names that it does not know */
    host->any_type.name = "*";
    host->any_type.value = "application/octet-stream";

    host->page.mountpoint = "/";
    host->page.mountpoint_len = 1;
    host->page.origin = config->mount_origin;
    host->page.origin_protocol = LWSMPRO_FILE;
    host->page.def = PAGE_FILE;
    host->page.extra_mimetypes = &host->any_type;
}

static void compose_tls(const struct config *config, const struct tls_pair *self_signed,
                        struct lws_context_creation_info *info)
{
    if (config->tls == CONFIG_TLS_OFF)
        return;

    info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
    info->alpn = "http/1.1"; /* WebSocket over HTTP/2 stalls in libwebsockets 4.1 */
    if (config->tls == CONFIG_TLS_FILES) {
        info->ssl_cert_filepath = config->tls_cert;
        info->ssl_private_key_filepath = config->tls_key;
    } else {
        info->server_ssl_cert_mem = self_signed->cert;
        info->server_ssl_cert_mem_len = (unsigned)self_signed->cert_bytes;
        info->server_ssl_private_key_mem = self_signed->key;
        info->server_ssl_private_key_mem_len = (unsigned)self_signed->key_bytes;
    }
}

static int start_context(struct host *host, const struct config *config,
                         const struct tls_pair *self_signed)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBUV |
                   LWS_SERVER_OPTION_HTTP_HEADERS_SECURITY_BEST_PRACTICES_ENFORCE,
        .vhost_name = "lws-echo",
        .protocols = host->protocols,
        .extensions = host->extensions,
        .pvo = &host->echo,
        .mounts = &host->page,
        .foreign_loops = host->loops,
        .pcontext = &host->context,
        .retry_and_idle_policy = &no_validity_checks,
        .pt_serv_buf_size = (unsigned)echo_options_service_buffer_bytes(&config->echo_in_force),
        .gid = -1,
        .uid = -1,
    };

    host->loops[0] = &host->loop;
    compose_tls(config, self_signed, &info);
    host->context = lws_create_context(&info);
    if (!host->context)
        return -1;
    host->vhost = lws_create_vhost(host->context, &info);
    ERR_clear_error(); /* libwebsockets tries keys as RSA first */

    return host->vhost ? lws_protocol_init(host->context) : -1;
}

int host_open(struct host *host, const struct config *config, const char *log_level,
              const struct tls_pair *self_signed)
{
    const lws_plugin_protocol_t *echo;
    size_t open_files;

    memset(host, 0, sizeof(*host));
    if (uv_loop_init(&host->loop)) {
        fputs("lws-echo: cannot start an event loop\n", stderr);
        exit(EXIT_FAILURE);
    }
    if (open_files_limit(config->max_open_files, &open_files) || check_page(config))
        return -1;
    rx_memory_use(open_files);
    echo = plugins_load_echo(config->plugin_dir, &host->plugins);
    if (!echo || (config->tls == CONFIG_TLS_FILES && tls_check_files(config)))
        return -1;

    host->protocols[0] = echo->protocols[0];
    /* the plugin takes the second of them: the first is libwebsockets' own in lwsws */
    host->extensions[0] = host->extensions[1] = echo->extensions[0];
    compose_page(host, config);
    log_set_level(log_level);
    if (compose_options(host, config) || start_context(host, config, self_signed)) {
        fputs("lws-echo: libwebsockets cannot start; --log-level info shows why\n", stderr);
        return -1;
    }

    return 0;
}

void host_close(struct host *host)
{
    /*
     * On a loop that is not its own, libwebsockets needs two calls: one that closes its handles
     * through the loop, one to release the rest. It clears host->context at the end.
     */
    if (host->context)
        lws_context_destroy(host->context);
    uv_run(&host->loop, UV_RUN_DEFAULT);
    if (host->context)
        lws_context_destroy(host->context);
    uv_loop_close(&host->loop);
    lws_plugins_destroy(&host->plugins, NULL, NULL);
    free(host->options);
}
