#pragma once

#include <stdbool.h>

#include "echo_host.h"
#include "sites/host.h"
#include "sites/tls.h"

/*
 * One configuration at work. After a reload the next site gets the new connections, and the former
 * one stays until its own have ended.
 *
 * Its vhosts have a context of libwebsockets each: within one, a connection would be moved to
 * another vhost than it was accepted for, by the request's Host header.
 */
struct site {
    struct site *next; /* for the owner */
    struct config config;
    struct lws_http_mount page;
    struct lws_protocol_vhost_options any_type;
    struct site_vhost {
        struct lws_context *context; /* NULL: it is not there, or not any more */
        struct lws_vhost *lws;
        struct options options;
        struct echo_host host; /* what the plugin is handed: these options */
        struct lws_protocols protocols[2];
        struct lws_protocol_vhost_options enabled; /* enables the protocol on the vhost */
    } echo, admin;
};

/**
 * Makes a site of a copy of @config. @self_signed is the certificate where the configuration asks
 * for such a one; @has_admin, that health and metrics are served elsewhere than the echo.
 *
 * Returns 0, or -1 after one line on standard error. Either way @site is to be closed if it is not
 * NULL then.
 */
int site_open(struct site **site, struct host *host, const struct config *config,
              const struct tls_pair *self_signed, bool has_admin);

/** Sends @message, one of enum echo_host_message, to all connections, and returns their count. */
size_t site_tell(struct site *site, int message);

/** Begins to take the site down, with what connections it has. The loop has to run then. */
void site_close(struct site *site);

/** Releases the site, when the loop has dealt with all that site_close() began. */
void site_free(struct site *site);
