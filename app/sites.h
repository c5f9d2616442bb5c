#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "site.h"

/*
 * The site that new connections get, and former ones whose connections have not ended yet.
 */

/* Each costs some 100 KiB, and as much as its "rx-buffer". */
#define SITES_FORMER_MAX 16

struct sites {
    struct site *current;
    struct site *former; /* a list */
    size_t former_count;
    uv_timer_t sweep; /* runs while there are former ones */
};

/** Begins with the site @first. Returns 0 or a libuv error. */
int sites_init(struct sites *sites, uv_loop_t *loop, struct site *first);

/** Says whether one more can be added; sweeps before. */
bool sites_have_room(struct sites *sites);

/** Makes @site the current one, and the present one a former one. There must be room. */
void sites_change(struct sites *sites, struct site *site);

/** Sends @message, one of enum echo_host_message, to all connections, and returns their count. */
size_t sites_tell(struct sites *sites, int message);

/** Closes the timer; the sites go with the host. */
void sites_close(struct sites *sites);
