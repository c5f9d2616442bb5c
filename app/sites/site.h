#pragma once

#include <stdbool.h>

#include "echo_host.h"
#include "sites/host.h"
#include "sites/tls.h"

/*
 * One configuration in use. After a reload new connections go to a new site, and the former one
 * stays until its connections have ended.
 *
 * Each vhost has a libwebsockets context of its own: within one context, the Host header of a
 * request moves a connection to a vhost that did not accept it.
 */
struct site {
    struct site *next; /* for the owner of the site */
    struct config config;
    struct lws_http_mount page;
    struct lws_protocol_vhost_options any_type;
    struct site_vhost {
        struct lws_context *context; /* NULL: there is none, or none any more */
        struct lws_vhost *lws;
        struct options options;
        struct echo_host host; /* passed to the plugin, with these options */
        struct lws_protocols protocols[2];
        struct lws_protocol_vhost_options enabled; /* enables the protocol */
    } echo, admin;
};

/**
 * Opens a site for a copy of @config. @tls is what the sites of all processes share;
 * it must stay. @has_admin moves health and metrics to a vhost of their own.
 *
 * Returns 0, or -1 after one line on standard error. In both cases the caller closes @site unless
 * it is NULL.
 */
int site_open(struct site **site, struct host *host, const struct config *config,
              const struct tls_common *tls, bool has_admin);

/** Sends @message, an enum echo_host_message, to all connections. Returns their number. */
size_t site_tell(struct site *site, int message);

/** Starts closing the site and its connections. The loop must run to finish it. */
void site_close(struct site *site);

/** Releases the site, when the loop has finished what site_close() started. */
void site_free(struct site *site);
