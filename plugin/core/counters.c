#include "counters.h"

#include <stdio.h>

#include "close_code.h"

#define FIRST_CODE 1000

void echo_counters_end(struct echo_counters *counters)
{
    counters->closed[echo_counters_close_kind(ECHO_CLOSE_ABNORMAL)] += counters->open;
    counters->open = 0;
    counters->draining = 0;
}

void echo_counters_begin(struct echo_counters *counters, uint64_t pid, uint64_t now_s)
{
    if (counters->pid == pid)
        return;

    echo_counters_end(counters);
    counters->started_s = now_s;
    counters->pid = pid;
}

size_t echo_counters_close_kind(unsigned code)
{
    if (code >= FIRST_CODE && code < FIRST_CODE + ECHO_CLOSE_KIND_LIBRARIES)
        return code - FIRST_CODE;
    if (code >= 3000 && code < 4000)
        return ECHO_CLOSE_KIND_LIBRARIES;

    return code >= 4000 && code < 5000 ? ECHO_CLOSE_KIND_PRIVATE : ECHO_CLOSE_KIND_OTHER;
}

const char *echo_counters_close_name(size_t kind, char room[8])
{
    switch (kind) {
    case ECHO_CLOSE_KIND_LIBRARIES:
        return "3000-3999";
    case ECHO_CLOSE_KIND_PRIVATE:
        return "4000-4999";
    case ECHO_CLOSE_KIND_OTHER:
        return "other";
    default:
        snprintf(room, 8, "%u", (unsigned)(FIRST_CODE + kind));
        return room;
    }
}

const char *echo_counters_refusal_name(enum echo_refusal refusal)
{
    static const char *const names[ECHO_REFUSALS] = {
        [ECHO_REFUSAL_UPGRADE] = "upgrade",
        [ECHO_REFUSAL_PATH] = "path",
        [ECHO_REFUSAL_METHOD] = "method",
        [ECHO_REFUSAL_HTTP_VERSION] = "http-version",
        [ECHO_REFUSAL_HOST] = "host",
        [ECHO_REFUSAL_CONNECTION] = "connection",
        [ECHO_REFUSAL_VERSION] = "version",
        [ECHO_REFUSAL_KEY] = "key",
        [ECHO_REFUSAL_ORIGIN] = "origin",
        [ECHO_REFUSAL_SUBPROTOCOL] = "subprotocol",
        [ECHO_REFUSAL_EXTENSIONS] = "extensions",
        [ECHO_REFUSAL_MAX_CONNECTIONS] = "max-connections",
        [ECHO_REFUSAL_MAX_CONNECTIONS_PER_ADDRESS] = "max-connections-per-address",
        [ECHO_REFUSAL_FORWARDED] = "forwarded",
        [ECHO_REFUSAL_OPTIONS] = "options",
    };

    return names[refusal];
}

static void add_all(uint64_t *sum, const uint64_t *more, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] += more[i];
}

void echo_counters_sum(const struct echo_board *board, struct echo_counters *sum)
{
    *sum = (struct echo_counters){.started_s = UINT64_MAX};
    for (size_t i = 0; i < board->count; i++) {
        const struct echo_counters *one = &board->all[i];

        if (!one->pid)
            continue;
        if (one->started_s < sum->started_s)
            sum->started_s = one->started_s;
        sum->draining += one->draining != 0;
        sum->open += one->open;
        sum->opened += one->opened;
        add_all(sum->closed, one->closed, ECHO_CLOSE_KINDS);
        add_all(sum->refused, one->refused, ECHO_REFUSALS);
        sum->received_messages += one->received_messages;
        sum->received_bytes += one->received_bytes;
        sum->sent_messages += one->sent_messages;
        sum->sent_bytes += one->sent_bytes;
        sum->pings += one->pings;
        sum->pong_timeouts += one->pong_timeouts;
        sum->write_timeouts += one->write_timeouts;
    }
}
