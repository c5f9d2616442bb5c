#pragma once

#include <stdbool.h>

#include <libwebsockets.h>
#include <uv.h>

#include "config/config.h"
#include "core/counters.h"

/*
 * What a process serves with, whatever its configuration becomes later: an event loop and the
 * plugin. libwebsockets keeps pointers into it.
 */
struct host {
    uv_loop_t loop;
    bool has_loop;
    void *loops[1];
    size_t open_files; /* how many the process may have */
    struct lws_plugin *plugins;
    struct counters_board board;        /* what the plugin counts on */
    struct lws_protocols protocol;      /* the plugin's */
    struct lws_extension extensions[3]; /* the plugin's twice, and the end */
    bool tls_is_set_up;                 /* libwebsockets has set OpenSSL up */
};

/**
 * Prepares all that @config says of the process as a whole. The plugin will count on @board.
 *
 * Returns 0, or -1 after one line on standard error; host_close() releases it either way.
 */
int host_open(struct host *host, const struct config *config, const struct counters_board *board);

/** Releases everything, when all sites are closed. */
void host_close(struct host *host);
