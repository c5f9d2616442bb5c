#include "sites/site.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/log.h"
#include "sites/page.h"

/* For requests and documents; at least what the smallest "rx-buffer" needs. */
#define ADMIN_BUFFER_BYTES 16384

/* The plugin sends the Pings: with zeros libwebsockets sends none, and keeps no timer. */
static const lws_retry_bo_t no_validity_checks;

/* The protocol also serves clients that ask for no subprotocol. */
static const struct lws_protocol_vhost_options is_default = {NULL, NULL, "default", "1"};

static void compose_protocol(struct site_vhost *vhost, const struct host *host)
{
    vhost->host = (struct echo_host){
        .version = ECHO_VERSION,
        .board = host->board,
        .options = &vhost->options,
        .log = log_plugin,
    };
    vhost->protocols[0] = host->protocol;
    vhost->protocols[0].user = &vhost->host;
    vhost->protocols[0].callback = tls_callback; /* until the vhost is there: see hand_over() */
    vhost->enabled.name = host->protocol.name;
    vhost->enabled.options = &is_default;
}

static void compose_options(struct site *site, bool has_admin)
{
    site->echo.options = site->admin.options = site->config.options;
    if (has_admin) {
        setting_clear(options_table(), &site->echo.options, SETTING_VHOST_ADMIN);
        setting_clear(options_table(), &site->admin.options, SETTING_VHOST_PUBLIC);
    }
}

static void compose_page(struct site *site)
{
    /* libwebsockets answers 415 for unknown file types */
    site->any_type.name = "*";
    site->any_type.value = "application/octet-stream";

    site->page.mountpoint = "/";
    site->page.mountpoint_len = 1;
    site->page.origin = site->config.mount_origin;
    site->page.origin_protocol = LWSMPRO_FILE;
    site->page.def = PAGE_FILE;
    site->page.extra_mimetypes = &site->any_type;
}

/* What clients of HTTP/2 may do (RFC 9113 section 6.5.2), by the numbers of the settings. */
static const uint32_t http2_settings[] = {
    1,     /* the others are set */
    4096,  /* SETTINGS_HEADER_TABLE_SIZE: the default, as more costs memory */
    0,     /* SETTINGS_ENABLE_PUSH */
    100,   /* SETTINGS_MAX_CONCURRENT_STREAMS */
    0,     /* SETTINGS_INITIAL_WINDOW_SIZE: libwebsockets gives credit with each stream */
    16384, /* SETTINGS_MAX_FRAME_SIZE */
};

static void compose_tls(const struct config *config, const struct tls_common *tls,
                        struct lws_context_creation_info *info)
{
    if (config->tls == CONFIG_TLS_OFF)
        return;

    info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
    info->user = (void *)tls; /* for tls_callback() */
    info->alpn = config->http2 ? "h2,http/1.1" : "http/1.1";
    memcpy(info->http2_settings, http2_settings, sizeof(http2_settings));
    if (config->tls == CONFIG_TLS_FILES) {
        info->ssl_cert_filepath = config->tls_cert;
        info->ssl_private_key_filepath = config->tls_key;
    } else {
        info->server_ssl_cert_mem = tls->self_signed.cert;
        info->server_ssl_cert_mem_len = (unsigned)tls->self_signed.cert_bytes;
        info->server_ssl_private_key_mem = tls->self_signed.key;
        info->server_ssl_private_key_mem_len = (unsigned)tls->self_signed.key_bytes;
    }
}

/* Gives the protocol of a new vhost, which has a copy of its own, the plugin's callback. */
static void hand_over(const struct site_vhost *vhost, const struct host *host)
{
    struct lws_protocols *protocol =
        (struct lws_protocols *)lws_vhost_name_to_protocol(vhost->lws, vhost->enabled.name);

    protocol->callback = host->protocol.callback;
}

/* Creates context and vhost; @info describes the vhost. Returns 0 or -1. */
static int open_vhost(struct site_vhost *vhost, struct host *host,
                      struct lws_context_creation_info *info)
{
    const uint64_t options = info->options | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                             LWS_SERVER_OPTION_LIBUV |
                             LWS_SERVER_OPTION_HTTP_HEADERS_SECURITY_BEST_PRACTICES_ENFORCE;

    compose_protocol(vhost, host);
    info->port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info->options = options;
    info->foreign_loops = host->loops;
    info->pcontext = &vhost->context;
    info->retry_and_idle_policy = &no_validity_checks;
    info->protocols = vhost->protocols;
    info->extensions = host->extensions;
    info->pvo = &vhost->enabled;

    /* once: another time would lose what earlier contexts have attached to OpenSSL's objects */
    if (host->tls_is_set_up)
        info->options &= ~(uint64_t)LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    vhost->context = lws_create_context(info);
    if (!vhost->context)
        return -1;
    info->options = options;
    host->tls_is_set_up |= (options & LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT) != 0;
    vhost->lws = lws_create_vhost(vhost->context, info);
    ERR_clear_error(); /* libwebsockets tries keys as RSA first */
    if (!vhost->lws)
        return -1;
    hand_over(vhost, host);

    /* the result of libwebsockets 4.3 does not say whether the protocol could start */
    return !lws_protocol_init(vhost->context) &&
                   lws_protocol_vh_priv_get(
                       vhost->lws, lws_vhost_name_to_protocol(vhost->lws, vhost->enabled.name))
               ? 0
               : -1;
}

static int open_echo(struct site *site, struct host *host, const struct tls_common *tls)
{
    const struct config *config = &site->config;
    struct lws_context_creation_info info = {
        .vhost_name = "lws-echo",
        .mounts = &site->page,
        .pt_serv_buf_size = (unsigned)options_service_buffer_bytes(&config->options),
        .max_http_header_data = (unsigned short)config->max_header_bytes,
    };

    compose_page(site);
    compose_tls(config, tls, &info);

    return open_vhost(&site->echo, host, &info);
}

static int open_admin(struct site *site, struct host *host)
{
    struct lws_context_creation_info info = {
        .vhost_name = "admin",
        .pt_serv_buf_size = ADMIN_BUFFER_BYTES,
        .max_http_header_data = (unsigned short)site->config.max_header_bytes,
    };

    return open_vhost(&site->admin, host, &info);
}

int site_open(struct site **site, struct host *host, const struct config *config,
              const struct tls_common *tls, bool has_admin)
{
    *site = NULL;
    if (page_check(config->mount_origin) ||
        (config->tls == CONFIG_TLS_FILES && tls_check_files(config)))
        return -1;

    *site = calloc(1, sizeof(**site));
    if (!*site) {
        log_say(LLL_ERR, "out of memory");
        return -1;
    }
    (*site)->config = *config;
    compose_options(*site, has_admin);
    if (open_echo(*site, host, tls) || (has_admin && open_admin(*site, host))) {
        log_say(LLL_ERR, "libwebsockets cannot start; --log-level debug shows why");
        return -1;
    }

    return 0;
}

size_t site_tell(struct site *site, int message)
{
    size_t count = 0;

    lws_callback_all_protocol_vhost_args(site->echo.lws, NULL, message, &count, sizeof(count));

    return count;
}

void site_close(struct site *site)
{
    lws_context_destroy(site->echo.context);
    lws_context_destroy(site->admin.context);
}

void site_free(struct site *site)
{
    /*
     * On a foreign loop libwebsockets needs two calls: one closes its handles through the loop, one
     * releases the rest, unless it has done so already.
     */
    site_close(site);
    free(site);
}
