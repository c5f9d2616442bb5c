#include "base/log.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/timestamp.h"
#include "core/options.h"

/* Longer lines are cut; the plugin's are shorter. A prefix added, it fits PIPE_BUF. */
#define LINE_MAX_BYTES 3072

#define OURS "lws-echo: "

#define LIBRARY_LINES_A_SECOND 10

const char *const log_levels[] = {"error", "warn", "notice", "info", "debug", NULL};

/* In the order of log_levels. */
static const struct {
    int mask;
    int priority; /* of syslog and the journal */
} levels[] = {
    {LLL_ERR, 3}, {LLL_WARN, 4}, {LLL_NOTICE, 5}, {LLL_INFO, 6}, {LLL_DEBUG, 7},
};

/* libwebsockets passes its emitter no data, so this is global. */
static struct {
    uint64_t level;
    uint64_t format;
    bool to_journal;
    bool serving;
} output = {.level = LOG_LEVEL_DEFAULT};

/* Says whether the service manager has connected standard error to the journal. */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat error;
    char found[64];

    if (!stream || fstat(STDERR_FILENO, &error))
        return false;
    snprintf(found, sizeof(found), "%ju:%ju", (uintmax_t)error.st_dev, (uintmax_t)error.st_ino);

    return !strcmp(stream, found);
}

static uint64_t level_of(int mask)
{
    uint64_t level = 0;

    while (level + 1 < LWS_ARRAY_SIZE(levels) && !(levels[level].mask & mask))
        level++;

    return level;
}

/* These return the length of the line, as snprintf() does. */

static int compose_json(char out[PIPE_BUF], uint64_t level, const char *line)
{
    char time[TIMESTAMP_ROOM];
    json_t *object;
    char *text = NULL;
    int length;

    if (*line == '{') /* the plugin's, which is JSON already */
        return snprintf(out, PIPE_BUF, "%s\n", line);

    timestamp_write(time);
    object = json_pack("{s:s, s:s, s:s}", "time", time, "level", log_levels[level], "message",
                       strncmp(line, OURS, strlen(OURS)) ? line : line + strlen(OURS));
    if (object)
        text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    length = snprintf(out, PIPE_BUF, "%s\n",
                      text ? text : "{\"level\":\"error\",\"message\":\"a message is not UTF-8\"}");
    free(text);
    json_decref(object);

    return length;
}

static int compose_text(char out[PIPE_BUF], uint64_t level, const char *line)
{
    char time[TIMESTAMP_ROOM];

    if (output.to_journal)
        return snprintf(out, PIPE_BUF, "<%d>%s\n", levels[level].priority, line);

    timestamp_write(time);

    return snprintf(out, PIPE_BUF, "%s %s: %s\n", time, log_levels[level], line);
}

/*
 * Writes a line without blocking: a reader of the log that hangs must not stop the server. When
 * poll() says that a pipe takes some bytes, it takes up to PIPE_BUF at once. Returns 0, or -1 if
 * the line was not written.
 */
static int write_line(uint64_t level, const char *line)
{
    struct pollfd error = {.fd = STDERR_FILENO, .events = POLLOUT};
    char out[PIPE_BUF];
    int length = output.format == LOG_FORMAT_JSON ? compose_json(out, level, line)
                                                  : compose_text(out, level, line);

    if (length >= PIPE_BUF) {
        length = PIPE_BUF;
        out[length - 1] = '\n';
    }

    if (output.serving && poll(&error, 1, 0) != 1)
        return -1;

    return write(STDERR_FILENO, out, (size_t)length) == length ? 0 : -1;
}

/* Says whether it comes from the plugin, rather than from libwebsockets. */
static bool is_ours(const char *line)
{
    return *line == '{' || !strncmp(line, OURS, strlen(OURS));
}

static void write_out(uint64_t level, const char *line)
{
    static unsigned long lost;
    char note[80];

    snprintf(note, sizeof(note), OURS "%lu log lines were lost: nobody read standard error", lost);
    if (lost && !write_line(level_of(LLL_WARN), note))
        lost = 0;
    if (write_line(level, line))
        lost++;
}

/*
 * Any client can make libwebsockets complain, as often as it likes. A few of these lines are
 * written each second, and then how many were suppressed. Counts one, and returns whether it is
 * suppressed.
 */
static bool suppress_library_line(void)
{
    static struct {
        time_t second;
        unsigned count;
    } lines;
    struct timespec now;
    char left_out[80];

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec != lines.second) {
        if (lines.count > LIBRARY_LINES_A_SECOND) {
            snprintf(left_out, sizeof(left_out), OURS "%u messages from libwebsockets suppressed",
                     lines.count - LIBRARY_LINES_A_SECOND);
            write_out(level_of(LLL_WARN), left_out);
        }
        lines.second = now.tv_sec;
        lines.count = 0;
    }

    return ++lines.count > LIBRARY_LINES_A_SECOND;
}

/* Returns a line of libwebsockets without the time that it has from 4.2 on, "[...] N: ". */
static const char *without_time(const char *line)
{
    const char *end = *line == '[' ? strstr(line, "] ") : NULL;

    return end && end[2] && end[3] == ':' && end[4] == ' ' ? end + 5 : line;
}

static void emit(int mask, const char *raw)
{
    uint64_t level = level_of(mask);
    char line[LINE_MAX_BYTES];

    /* libwebsockets' own messages below a warning are about its internals */
    if (level > output.level ||
        (level > level_of(LLL_WARN) && !is_ours(raw) && output.level < level_of(LLL_DEBUG)))
        return;

    if (output.serving && output.level < level_of(LLL_DEBUG) && !is_ours(raw) &&
        suppress_library_line())
        return;

    snprintf(line, sizeof(line), "%s", without_time(raw));
    line[strcspn(line, "\n")] = '\0';
    write_out(level, line);
}

void log_set_up(uint64_t level, uint64_t format)
{
    int mask = 0;

    output.level = level;
    output.format = format;
    output.to_journal = is_journal();
    for (uint64_t i = 0; i <= level; i++)
        mask |= levels[i].mask;
    lws_set_log_level(mask, emit);
}

void log_plugin(const char *line)
{
    emit(LLL_INFO, line);
}

void log_set_silent(void)
{
    lws_set_log_level(0, NULL);
}

void log_serving(void)
{
    output.serving = true;
}

void log_say(int level, const char *format, ...)
{
    char line[sizeof(OURS) + 1024] = OURS;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line + strlen(OURS), sizeof(line) - strlen(OURS), format, arguments);
    va_end(arguments);
    if (output.serving)
        emit(level, line);
    else
        fprintf(stderr, "%s\n", line);
}
