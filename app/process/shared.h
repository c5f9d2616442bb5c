#pragma once

#include <stddef.h>

#include "config/config.h"
#include "core/counters.h"
#include "process/listening.h"
#include "process/privileges.h"
#include "sites/tls.h"

/*
 * What all processes of the server have in common: made before there is more than one, and
 * inherited by the workers.
 */
struct shared {
    struct config config;               /* in force */
    const struct config_source *source; /* where that comes from */
    struct tls_pair self_signed;        /* empty: the configuration asks for none */
    struct counters_board board;        /* memory that all of them see */
    struct listening listening;
};

/**
 * Prepares what @config, which comes from @source, asks for; opens no socket.
 *
 * Returns 0, or -1 after one line on standard error; shared_fini() releases it either way.
 */
int shared_init(struct shared *shared, const struct config *config,
                const struct config_source *source);

/** Closes what sockets are left, and releases the rest. */
void shared_fini(struct shared *shared);
