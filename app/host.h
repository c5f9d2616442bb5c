#pragma once

#include <libwebsockets.h>
#include <uv.h>

#include "config.h"
#include "tls.h"

/*
 * What libwebsockets is in this program: an event loop, a context on it, and one vhost with the
 * plugin, the page and TLS. libwebsockets keeps pointers into it, and it into the configuration.
 */
struct host {
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
};

/**
 * Prepares all that @config says, short of listening. @self_signed is the certificate where the
 * configuration asks for such a one.
 *
 * Returns 0, or -1 after one line on standard error; host_close() releases it either way.
 */
int host_open(struct host *host, const struct config *config, const char *log_level,
              const struct tls_pair *self_signed);

/** Ends all connections that are left, and releases everything. */
void host_close(struct host *host);
