#pragma once

/**
 * Makes libwebsockets write messages up to @level to standard error.
 *
 * Returns 0, or -1 when there is no such level.
 */
int log_set_level(const char *level);

/** Silences libwebsockets. */
void log_set_silent(void);

/** Returns the names of the levels, least first, for messages. */
const char *log_levels(void);

#define LOG_LEVEL_DEFAULT "warn"
