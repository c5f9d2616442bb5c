#pragma once

#include <stddef.h>

#include "config/config.h"
#include "core/counters.h"
#include "process/listening.h"
#include "process/privileges.h"
#include "sites/tls.h"

/*
 * What all processes of the server have in common. It is made before the workers start, and they
 * inherit it.
 */
struct shared {
    struct config config;               /* in force */
    const struct config_source *source; /* where it was loaded from */
    struct tls_common tls;
    struct counters_board board; /* shared memory */
    struct listening listening;
};

/**
 * Prepares for @config, which was loaded from @source. Opens no sockets.
 *
 * Returns 0, or -1 after one line on standard error; shared_fini() releases it either way.
 */
int shared_init(struct shared *shared, const struct config *config,
                const struct config_source *source);

/** Closes the sockets that are left and releases the rest. */
void shared_fini(struct shared *shared);
