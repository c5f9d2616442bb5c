#pragma once

#include <stdbool.h>

/*
 * SIGHUP has two meanings: daemons read their configuration again, and what runs in a terminal is
 * told that it has been closed.
 */

/** Says whether this process has a controlling terminal. */
bool terminal_is_there(void);

/** Says whether there is none any more, of a process that had one. */
bool terminal_is_gone(bool was_there);
