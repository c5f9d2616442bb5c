#pragma once

#include "config/config.h"

/*
 * Reading the configuration once more while the server serves. It is put in force whole or not at
 * all: what is wrong, or takes a restart, is logged, and all stays as it was.
 */

/**
 * Reads @source, where @in_force came from, into @config.
 *
 * Returns 0, or -1 after one error in the log: it is wrong, or differs from @in_force in what only
 * a restart can change.
 */
int reload_read(struct config *config, const struct config_source *source,
                const struct config *in_force);

/** Logs what all failures of a reload have in common. */
void reload_say_unchanged(void);
