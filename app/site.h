#pragma once

#include <stdbool.h>

#include "host.h"
#include "tls.h"

/*
 * One configuration at work: a vhost with the plugin, the page and TLS, and perhaps one more for
 * health and metrics. After a reload the next site gets the new connections, and the former one
 * stays until its own have ended.
 */
struct site {
    struct site *next; /* for the owner */
    struct config config;
    struct lws_http_mount page;
    struct lws_protocol_vhost_options any_type;
    struct site_vhost {
        struct site *site;
        struct lws_protocol_vhost_options echo;
        struct lws_protocol_vhost_options *options;
        struct lws_vhost *vhost; /* NULL: it is not there, or not any more */
    } echo, admin;
    bool opening; /* or closing: it must not be released meanwhile */
};

/**
 * Makes a site of a copy of @config. @self_signed is the certificate where the configuration asks
 * for such a one; @has_admin, that health and metrics are served elsewhere than the echo.
 *
 * Returns NULL after one line on standard error. libwebsockets owns the site: it goes when
 * site_close() has been called and its last connection has gone, or with the host.
 */
struct site *site_open(struct host *host, const struct config *config,
                       const struct tls_pair *self_signed, bool has_admin);

/** Sends @message, one of enum echo_host_message, to all connections of the site. */
void site_tell(struct site *site, int message, size_t *count);

/** Ends what connections it has, and releases it; perhaps not at once. */
void site_close(struct site *site);
