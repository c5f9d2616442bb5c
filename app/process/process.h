#pragma once

#include "process/plan.h"
#include "process/workers.h"

/*
 * A process that serves: the only one, or a worker. SIGTERM and SIGINT end it in an orderly way,
 * and SIGHUP has it read its configuration again.
 */

/**
 * Serves what @plan says until the orderly end, on the sockets of process @post->index, which it
 * takes over; in the only process @post is NULL, and its sockets begin to listen now.
 *
 * Returns the exit status; what kept it from serving has been reported in a line on standard error.
 */
int process_run(struct plan *plan, const struct workers_post *post);

/** Prepares all that process_run() would, short of listening. Returns an exit status. */
int process_check(const struct plan *plan);
