#pragma once

#include <stdbool.h>

/*
 * SIGHUP has two meanings: a daemon reloads its configuration; a program in a terminal learns that
 * the terminal was closed.
 */

/** Says whether this process has a controlling terminal. */
bool terminal_is_there(void);

/** Says whether a process that had a terminal (@was_there) has lost it. */
bool terminal_is_gone(bool was_there);
