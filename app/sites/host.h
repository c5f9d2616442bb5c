#pragma once

#include <stdbool.h>

#include <libwebsockets.h>
#include <uv.h>

#include "config/config.h"
#include "core/counters.h"

/*
 * What a process keeps across reloads: an event loop and the plugin. libwebsockets has pointers
 * into it.
 */
struct host {
    uv_loop_t loop;
    bool has_loop;
    void *loops[1];
    size_t open_files; /* limit of the process */
    struct lws_plugin *plugins;
    struct counters_board board;        /* for the plugin */
    struct lws_protocols protocol;      /* the plugin's */
    struct lws_extension extensions[3]; /* the plugin's twice, and an end marker */
    bool tls_is_set_up;                 /* libwebsockets has initialised OpenSSL */
};

/**
 * Prepares what @config says about the process as a whole. The plugin will count on @board.
 *
 * Returns 0, or -1 after one line on standard error; host_close() releases it either way.
 */
int host_open(struct host *host, const struct config *config, const struct counters_board *board);

/** Releases everything. All sites must be closed. */
void host_close(struct host *host);
