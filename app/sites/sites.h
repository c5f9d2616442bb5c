#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "sites/site.h"

/*
 * The current site, which gets new connections, and former ones: those that still have connections,
 * and those that are being closed.
 */

/* Each costs some 100 KiB for tables and buffers of libwebsockets. */
#define SITES_FORMER_MAX 16

struct sites {
    struct host *host;
    const struct tls_common *tls;
    bool has_admin;
    struct site *current; /* NULL: none yet */
    struct site *former;  /* a list */
    size_t former_count;
    uv_timer_t sweep; /* runs while there are former sites */

    struct site *doomed;  /* a list: close them at the end of this loop iteration */
    struct site *closing; /* a list: closing was started in the previous iteration */
    struct site *closed;  /* a list: closed by the end of this iteration */
    uv_check_t turn_end;  /* these two run while any of these lists has sites */
    uv_idle_t no_wait;
};

/**
 * Starts without a site. See site_open() for @tls and @has_admin. The caller releases
 * @sites with sites_close().
 */
void sites_init(struct sites *sites, struct host *host, const struct tls_common *tls,
                bool has_admin);

/**
 * Opens a site for @config and makes it the current one.
 *
 * Returns 0, or -1 after one line in the log; nothing has changed then.
 */
int sites_change(struct sites *sites, const struct config *config);

/** Sends @message, an enum echo_host_message, to all connections. Returns their number. */
size_t sites_tell(struct sites *sites, int message);

/** Closes all connections and releases all sites. Runs the loop to do so. */
void sites_close(struct sites *sites);
