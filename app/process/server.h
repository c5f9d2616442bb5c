#pragma once

#include "config/config.h"

/**
 * Serves @config until a signal ends it. SIGHUP reloads @source.
 *
 * Prints a line with the URL when it is ready, or one line on standard error if it cannot start; it
 * has not listened then. Returns the exit status of the program.
 */
int server_run(const struct config *config, const struct config_source *source);

/** Does what server_run() does before it opens sockets. Returns the exit status. */
int server_check(const struct config *config);
