#include "core/counters.h"

#include <stdio.h>
#include <string.h>

#include "core/close_code.h"

#define FIRST_CODE 1000

#define WORDS (sizeof(struct counters) / sizeof(uint64_t))
_Static_assert(WORDS * sizeof(uint64_t) == sizeof(struct counters), "all are of one type");

void counters_end(struct counters_slot *slot)
{
    struct counters *counters = &slot->counters;

    counters->closed[counters_close_kind(CLOSE_ABNORMAL)] += counters->open;
    counters->open = 0;
    slot->draining = 0;
}

void counters_begin(struct counters_slot *slot, uint64_t pid, uint64_t now_s)
{
    if (slot->pid == pid)
        return;

    counters_end(slot);
    slot->started_s = now_s;
    slot->pid = pid;
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
        [REFUSAL_BODY] = "body",
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

static const char *refusal_label(size_t index, char room[8])
{
    (void)room;

    return counters_refusal_name((enum refusal)index);
}

#define ONE(member) offsetof(struct counters, member), 1, NULL, NULL

static const struct counters_row rows[] = {
    {"connections", "gauge", "WebSocket connections that are open.", ONE(open)},
    {"connections_total", "counter", "WebSocket connections opened.", ONE(opened)},
    {"received_messages_total", "counter", "Messages received.", ONE(received_messages)},
    {"received_bytes_total", "counter", "Payload received in data frames, as it was on the wire.",
     ONE(received_bytes)},
    {"sent_messages_total", "counter", "Messages sent.", ONE(sent_messages)},
    {"sent_bytes_total", "counter", "Payload sent in data frames, as it was on the wire.",
     ONE(sent_bytes)},
    {"pings_sent_total", "counter", "Pings sent, and Pongs sent in their place.", ONE(pings)},
    {"pong_timeouts_total", "counter", "Connections dropped because no Pong came in time.",
     ONE(pong_timeouts)},
    {"write_timeouts_total", "counter",
     "Connections dropped because the peer took nothing of what waited for it.",
     ONE(write_timeouts)},
    {"closed_connections_total", "counter",
     "Connections closed, by close code; 1006 is none, 1005 a Close without one.",
     offsetof(struct counters, closed), COUNTERS_CLOSE_KINDS, "code", counters_close_name},
    {"refused_handshakes_total", "counter", "Opening handshakes refused, by what was wrong.",
     offsetof(struct counters, refused), REFUSALS, "reason", refusal_label},
};

const struct counters_row *counters_rows(size_t *count)
{
    *count = sizeof(rows) / sizeof(rows[0]);

    return rows;
}

uint64_t counters_value(const struct counters *counters, const struct counters_row *row,
                        size_t index)
{
    uint64_t value;

    memcpy(&value, (const char *)counters + row->offset + index * sizeof(value), sizeof(value));

    return value;
}

static void add(struct counters *sum, const struct counters *more)
{
    uint64_t *words = (uint64_t *)sum;
    const uint64_t *more_words = (const uint64_t *)more;

    for (size_t i = 0; i < WORDS; i++)
        words[i] += more_words[i];
}

void counters_add_up(const struct counters_board *board, struct counters_sum *sum)
{
    *sum = (struct counters_sum){.started_s = UINT64_MAX};
    for (size_t i = 0; i < board->count; i++) {
        const struct counters_slot *slot = &board->slots[i];

        if (!slot->pid)
            continue;
        if (slot->started_s < sum->started_s)
            sum->started_s = slot->started_s;
        sum->draining += slot->draining != 0;
        add(&sum->counters, &slot->counters);
    }
}
