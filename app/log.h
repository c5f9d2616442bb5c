#pragma once

#include <stddef.h>

/**
 * Makes libwebsockets write messages up to @level to standard error.
 *
 * Returns 0, or -1 when there is no such level.
 */
int log_set_level(const char *level);

/** Silences libwebsockets. */
void log_set_silent(void);

/** Writes the names of the levels, least first, to @out, as "error, warn, ...". */
void log_levels(char *out, size_t size);

#define LOG_LEVEL_DEFAULT "warn"
