#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "sites/site.h"

/*
 * The site that new connections get, and former ones: those whose connections have not ended yet,
 * and those that are being taken down.
 */

/* Each costs some hundred KiB, of tables and buffers of libwebsockets. */
#define SITES_FORMER_MAX 16

struct sites {
    struct host *host;
    const struct tls_pair *self_signed;
    bool has_admin;
    struct site *current; /* NULL: none yet */
    struct site *former;  /* a list */
    size_t former_count;
    uv_timer_t sweep; /* runs while there are former ones */

    struct site *doomed;  /* a list: to be closed at the end of this turn of the loop */
    struct site *closing; /* a list: begun to be, in the turn before */
    struct site *closed;  /* a list: they are by the end of this turn */
    uv_check_t turn_end;  /* these two run while there are any of these */
    uv_idle_t no_wait;
};

/**
 * Begins without a site. See site_open() for @self_signed and @has_admin. The caller releases it
 * with sites_close().
 */
void sites_init(struct sites *sites, struct host *host, const struct tls_pair *self_signed,
                bool has_admin);

/**
 * Opens a site of @config and makes it the current one.
 *
 * Returns 0, or -1 after one line on standard error or in the log; then nothing has changed.
 */
int sites_change(struct sites *sites, const struct config *config);

/** Sends @message, one of enum echo_host_message, to all connections, and returns their count. */
size_t sites_tell(struct sites *sites, int message);

/** Ends all connections, and releases all sites; runs the loop for that. */
void sites_close(struct sites *sites);
