#include "log.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lws_version.h"
#include "options.h"
#include "timestamp.h"

/* Longer lines are cut; the plugin's are shorter. */
#define LINE_MAX_BYTES 4096

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

/* How messages are written; libwebsockets' emitter has no data of its own. */
static struct {
    uint64_t level;
    uint64_t format;
    bool to_journal;
    bool serving;
} output = {.level = LOG_LEVEL_DEFAULT};

/* Says whether standard error is the stream that the service manager has connected to it. */
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

static void emit_json(uint64_t level, const char *line)
{
    char time[ECHO_TIMESTAMP_ROOM];
    json_t *object;
    char *text = NULL;

    if (*line == '{') { /* the plugin has written it so */
        fprintf(stderr, "%s\n", line);
        return;
    }

    echo_timestamp_write(time);
    object = json_pack("{s:s, s:s, s:s}", "time", time, "level", log_levels[level], "message",
                       strncmp(line, OURS, strlen(OURS)) ? line : line + strlen(OURS));
    if (object)
        text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    fprintf(stderr, "%s\n",
            text ? text : "{\"level\":\"error\",\"message\":\"a message is not UTF-8\"}");
    free(text);
    json_decref(object);
}

static void emit_text(uint64_t level, const char *line)
{
    char time[ECHO_TIMESTAMP_ROOM];

    if (output.to_journal) {
        fprintf(stderr, "<%d>%s\n", levels[level].priority, line);
        return;
    }
    echo_timestamp_write(time);
    fprintf(stderr, "%s %s: %s\n", time, log_levels[level], line);
}

/* Says whether it comes from the plugin, rather than from libwebsockets. */
static bool is_ours(const char *line)
{
    return *line == '{' || !strncmp(line, OURS, strlen(OURS));
}

static void write_out(uint64_t level, const char *line)
{
    if (output.format == ECHO_LOG_FORMAT_JSON)
        emit_json(level, line);
    else
        emit_text(level, line);
}

/*
 * Any client can have libwebsockets complain, as often as it likes: of those lines a few a second
 * are written, and then how many were left out. Says whether one more is.
 */
static bool is_one_too_many(void)
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
            snprintf(left_out, sizeof(left_out), OURS "%u lines of libwebsockets left out",
                     lines.count - LIBRARY_LINES_A_SECOND);
            write_out(level_of(LLL_WARN), left_out);
        }
        lines.second = now.tv_sec;
        lines.count = 0;
    }

    return ++lines.count > LIBRARY_LINES_A_SECOND;
}

static void emit(int mask, const char *raw)
{
    uint64_t level = level_of(mask);
    char line[LINE_MAX_BYTES];

    /* libwebsockets' own words below a warning are about its insides */
    if (level > output.level ||
        (level > level_of(LLL_WARN) && !is_ours(raw) && output.level < level_of(LLL_DEBUG)))
        return;

    if (output.serving && output.level < level_of(LLL_DEBUG) && !is_ours(raw) && is_one_too_many())
        return;

    snprintf(line, sizeof(line), "%s", echo_lws_log_text(raw));
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
