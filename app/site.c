#include "site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "config_options.h"
#include "log.h"

#define PAGE_FILE "index.html"

/* Options of a vhost beside those of the configuration. */
#define EXTRA_OPTIONS 3

/* Pings are the plugin's: with all zero libwebsockets sends none and keeps no timer for them. */
static const lws_retry_bo_t no_validity_checks;

static int check_page(const struct config *config)
{
    char file[CONFIG_MOUNT_ORIGIN_MAX + sizeof("/" PAGE_FILE)];

    snprintf(file, sizeof(file), "%s/" PAGE_FILE, config->mount_origin);
    if (!access(file, R_OK))
        return 0;
    log_say(LLL_ERR, "%s: the page cannot be read: %s", file, strerror(errno));

    return -1;
}

/* The list that lwsws would make of the same options. */
static int options_new(struct site_vhost *vhost, const struct host *host)
{
    vhost->options =
        calloc(vhost->site->config.echo_count + EXTRA_OPTIONS, sizeof(*vhost->options));
    vhost->echo.name = host->protocols[0].name;
    vhost->echo.options = vhost->options;

    return vhost->options ? 0 : -1;
}

static void options_add(struct site_vhost *vhost, const char *key, const char *value)
{
    struct lws_protocol_vhost_options *option = vhost->options;

    while (option->name)
        option++;
    option->name = key;
    option->value = value;
    if (option != vhost->options)
        option[-1].next = option;
}

/* Adds those options of the configuration for which @wanted says @answer. */
static void options_add_configured(struct site_vhost *vhost, bool (*wanted)(const char *key),
                                   bool answer)
{
    const struct config *config = &vhost->site->config;

    for (size_t i = 0; i < config->echo_count; i++)
        if (wanted(config->echo[i].key) == answer)
            options_add(vhost, config->echo[i].key, config->echo[i].value);
}

static bool always(const char *key)
{
    (void)key;

    return true;
}

/* Composes the options of both vhosts. Returns 0 or -1. */
static int compose_options(struct site *site, const struct host *host, bool has_admin)
{
    struct site_vhost *admin = &site->admin;

    if (options_new(&site->echo, host) || options_new(admin, host))
        return -1;

    options_add(&site->echo, "default", "1"); /* also serves clients that ask for no subprotocol */
    if (!has_admin) {
        options_add_configured(&site->echo, always, true);
        return 0;
    }
    options_add_configured(&site->echo, config_options_is_admin, false);

    options_add(admin, "default", "1");
    options_add(admin, "path", "");
    options_add(admin, "info-path", "");
    options_add_configured(admin, config_options_is_admin, true);

    return 0;
}

static void compose_page(struct site *site)
{
    /* libwebsockets answers 415 for file names that it does not know */
    site->any_type.name = "*";
    site->any_type.value = "application/octet-stream";

    site->page.mountpoint = "/";
    site->page.mountpoint_len = 1;
    site->page.origin = site->config.mount_origin;
    site->page.origin_protocol = LWSMPRO_FILE;
    site->page.def = PAGE_FILE;
    site->page.extra_mimetypes = &site->any_type;
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

/* Releases the site when neither of its vhosts is there any more. */
static void release(struct site *site)
{
    if (site->opening || site->echo.vhost || site->admin.vhost)
        return;

    config_fini(&site->config);
    free(site->echo.options);
    free(site->admin.options);
    free(site);
}

static void on_vhost_end(struct lws_vhost *vhost, void *data)
{
    struct site_vhost *ended = data;

    (void)vhost;
    ended->vhost = NULL;
    release(ended->site);
}

/* Makes the vhost that @info describes so far. Returns 0 or -1. */
static int open_vhost(struct site_vhost *vhost, struct host *host,
                      struct lws_context_creation_info *info)
{
    info->port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info->options |= LWS_SERVER_OPTION_HTTP_HEADERS_SECURITY_BEST_PRACTICES_ENFORCE;
    info->protocols = host->protocols;
    info->extensions = host->extensions;
    info->pvo = &vhost->echo;
    info->retry_and_idle_policy = &no_validity_checks;
    info->finalize = on_vhost_end;
    info->finalize_arg = vhost;

    vhost->vhost = lws_create_vhost(host->context, info);
    ERR_clear_error(); /* libwebsockets tries keys as RSA first */

    return vhost->vhost ? 0 : -1;
}

static int open_echo(struct site *site, struct host *host, const struct tls_pair *self_signed)
{
    struct lws_context_creation_info info = {.vhost_name = "lws-echo", .mounts = &site->page};

    compose_page(site);
    compose_tls(&site->config, self_signed, &info);

    return open_vhost(&site->echo, host, &info);
}

static int open_admin(struct site *site, struct host *host)
{
    struct lws_context_creation_info info = {.vhost_name = "admin"};

    return open_vhost(&site->admin, host, &info);
}

/* Fills in what site_close() releases. Returns 0, or -1 after a report. */
static int fill(struct site *site, struct host *host, const struct tls_pair *self_signed,
                bool has_admin)
{
    if (compose_options(site, host, has_admin) || open_echo(site, host, self_signed) ||
        (has_admin && open_admin(site, host))) {
        /* its protocols cannot be initialised any more, for no vhost: see lws_protocol_init() */
        host->spent = true;
        log_say(LLL_ERR, "libwebsockets cannot serve this; --log-level debug shows why");
        return -1;
    }

    return 0;
}

struct site *site_open(struct host *host, const struct config *config,
                       const struct tls_pair *self_signed, bool has_admin)
{
    struct site *site;

    if (check_page(config) || (config->tls == CONFIG_TLS_FILES && tls_check_files(config)))
        return NULL;
    if (host->spent) {
        log_say(LLL_ERR, "after an earlier failure only a restart helps");
        return NULL;
    }

    site = calloc(1, sizeof(*site));
    if (!site || config_copy(&site->config, config)) {
        log_say(LLL_ERR, "out of memory");
        free(site);
        return NULL;
    }
    site->echo.site = site->admin.site = site;
    site->opening = true;
    if (fill(site, host, self_signed, has_admin)) {
        site_close(site);
        return NULL;
    }
    site->opening = false;

    return site;
}

void site_tell(struct site *site, int message, size_t *count)
{
    lws_callback_all_protocol_vhost_args(site->echo.vhost, NULL, message, count, sizeof(*count));
}

void site_close(struct site *site)
{
    struct lws_vhost *const vhosts[] = {site->echo.vhost, site->admin.vhost};

    site->opening = true; /* the first must not release it under the second */
    for (size_t i = 0; i < LWS_ARRAY_SIZE(vhosts); i++)
        if (vhosts[i])
            lws_vhost_destroy(vhosts[i]);
    site->opening = false;
    release(site);
}
