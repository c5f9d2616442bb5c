#pragma once

#include "process/shared.h"
#include "process/workers.h"

/*
 * A process that serves: the only one, or a worker. SIGTERM and SIGINT end it in an orderly way.
 * The only one reads its configuration again at SIGHUP; a worker gets a new one from its
 * supervisor.
 */

/**
 * Serves until the orderly end, with the configuration in force and on the sockets of process
 * @worker->index, which it takes; in the only process @worker is NULL, and its sockets begin to
 * listen now.
 *
 * Returns the exit status; what kept it from serving has been reported in a line on standard error.
 */
int process_run(struct shared *shared, const struct worker_context *worker);

/** Prepares all that process_run() would with @config, short of listening. Returns an exit status.
 */
int process_check(const struct shared *shared, const struct config *config);
