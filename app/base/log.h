#pragma once

#include <stddef.h>
#include <stdint.h>

#include <libwebsockets.h>

/*
 * Messages on standard error, one line each, from libwebsockets, the plugin and the app. Before the
 * server serves they are plain text; then a log: text with time and level, or JSON objects.
 */

/* Names, most severe first, ended by NULL. A level is an index. */
extern const char *const log_levels[];
#define LOG_LEVEL_DEFAULT 1 /* "warn" */

/**
 * Sets the lowest severity logged, an index of log_levels, and the format, an enum log_format.
 *
 * libwebsockets' own messages below "warn" are about its internals; only "debug" shows them. If
 * standard error is the system's journal, text has priorities instead of time and level.
 */
void log_set_up(uint64_t level, uint64_t format);

/** Silences libwebsockets. */
void log_set_silent(void);

/** Logs a line of the plugin, which is in the right format already, at level "info". */
void log_plugin(const char *line);

/** The server serves: from now on messages are a log. */
void log_serving(void);

/** Writes a message of the app at @level, such as LLL_WARN. It is cut at 1023 bytes. */
void log_say(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));
