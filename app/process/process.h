#pragma once

#include "process/shared.h"
#include "process/workers.h"

/*
 * A process that serves: the only one, or a worker. SIGTERM and SIGINT shut it down gracefully. The
 * only one reloads its configuration on SIGHUP; a worker gets a new one from its supervisor.
 */

/**
 * Serves the configuration in force until it is told to stop. It takes the sockets of process
 * @worker->index. In the only process @worker is NULL, and the sockets start to listen here.
 *
 * Returns the exit status; if it could not serve, one line on standard error says why.
 */
int process_run(struct shared *shared, const struct worker_context *worker);

/** Does what process_run() does before it listens, with @config. Returns an exit status. */
int process_check(const struct shared *shared, const struct config *config);
