#pragma once

#include "config/config.h"

/**
 * Serves what @config says until a signal ends it. SIGHUP has it read @source once more.
 *
 * Prints a line with the URL when it is ready, or one line on standard error when it cannot start;
 * then it has not listened. Returns the exit status of the program.
 */
int server_run(const struct config *config, const struct config_source *source);

/** Prepares everything that server_run() would, short of sockets. Returns the exit status. */
int server_check(const struct config *config);
