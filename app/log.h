#pragma once

#include <stddef.h>
#include <stdint.h>

#include <libwebsockets.h>

/*
 * What is said on standard error, a line each. While the server serves, it is a log: text with time
 * and level, or JSON objects. It comes from libwebsockets, from the plugin and from the app. What
 * keeps the program from starting is plain text instead.
 */

/* Names, least first, ended by NULL: an index is a level. */
extern const char *const log_levels[];
#define LOG_LEVEL_DEFAULT 1 /* "warn" */

/**
 * Has messages up to @level, an index of log_levels, written in @format, an enum log_format.
 *
 * What libwebsockets itself says below "warn" concerns its insides and is left to "debug". Where
 * standard error is the system's journal, text has its priorities instead of time and level.
 */
void log_set_up(uint64_t level, uint64_t format);

/** Silences libwebsockets. */
void log_set_silent(void);

/** Logs a line of the plugin at level "info", which is already in the form that is set. */
void log_plugin(const char *line);

/** The server serves now: what the app says is part of the log from here on. */
void log_serving(void);

/** Says something of the app's own at @level, such as LLL_WARN. Beyond 1023 bytes it is cut. */
void log_say(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));
