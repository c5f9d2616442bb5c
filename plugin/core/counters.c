#include "core/counters.h"

#include <stdio.h>

#include "core/close_code.h"

#define FIRST_CODE 1000

void counters_end(struct counters *counters)
{
    counters->closed[counters_close_kind(CLOSE_ABNORMAL)] += counters->open;
    counters->open = 0;
    counters->draining = 0;
}

void counters_begin(struct counters *counters, uint64_t pid, uint64_t now_s)
{
    if (counters->pid == pid)
        return;

    counters_end(counters);
    counters->started_s = now_s;
    counters->pid = pid;
}

size_t counters_close_kind(unsigned code)
{
    if (code >= FIRST_CODE && code < FIRST_CODE + COUNTERS_CLOSE_LIBRARIES)
        return code - FIRST_CODE;
    if (code >= 3000 && code < 4000)
        return COUNTERS_CLOSE_LIBRARIES;

    return code >= 4000 && code < 5000 ? COUNTERS_CLOSE_PRIVATE : COUNTERS_CLOSE_OTHER;
}

const char *counters_close_name(size_t kind, char room[8])
{
    switch (kind) {
    case COUNTERS_CLOSE_LIBRARIES:
        return "3000-3999";
    case COUNTERS_CLOSE_PRIVATE:
        return "4000-4999";
    case COUNTERS_CLOSE_OTHER:
        return "other";
    default:
        snprintf(room, 8, "%u", (unsigned)(FIRST_CODE + kind));
        return room;
    }
}

const char *counters_refusal_name(enum refusal refusal)
{
    static const char *const names[REFUSALS] = {
        [REFUSAL_UPGRADE] = "upgrade",
        [REFUSAL_PATH] = "path",
        [REFUSAL_METHOD] = "method",
        [REFUSAL_HTTP_VERSION] = "http-version",
        [REFUSAL_HOST] = "host",
        [REFUSAL_CONNECTION] = "connection",
        [REFUSAL_VERSION] = "version",
        [REFUSAL_KEY] = "key",
        [REFUSAL_ORIGIN] = "origin",
        [REFUSAL_SUBPROTOCOL] = "subprotocol",
        [REFUSAL_EXTENSIONS] = "extensions",
        [REFUSAL_MAX_CONNECTIONS] = "max-connections",
        [REFUSAL_MAX_CONNECTIONS_PER_ADDRESS] = "max-connections-per-address",
        [REFUSAL_FORWARDED] = "forwarded",
        [REFUSAL_OPTIONS] = "options",
    };

    return names[refusal];
}

static void add_all(uint64_t *sum, const uint64_t *more, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] += more[i];
}

void counters_sum(const struct counters_board *board, struct counters *sum)
{
    *sum = (struct counters){.started_s = UINT64_MAX};
    for (size_t i = 0; i < board->count; i++) {
        const struct counters *one = &board->all[i];

        if (!one->pid)
            continue;
        if (one->started_s < sum->started_s)
            sum->started_s = one->started_s;
        sum->draining += one->draining != 0;
        sum->open += one->open;
        sum->opened += one->opened;
        add_all(sum->closed, one->closed, COUNTERS_CLOSE_KINDS);
        add_all(sum->refused, one->refused, REFUSALS);
        sum->received_messages += one->received_messages;
        sum->received_bytes += one->received_bytes;
        sum->sent_messages += one->sent_messages;
        sum->sent_bytes += one->sent_bytes;
        sum->pings += one->pings;
        sum->pong_timeouts += one->pong_timeouts;
        sum->write_timeouts += one->write_timeouts;
    }
}
