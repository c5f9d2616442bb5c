#include "link/pinger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "link/closing.h"
#include "link/liveness.h"
#include "link/output.h"
#include "link/progress.h"

/*
 * The payload of a Ping whose answer is awaited: eight hexadecimal digits. It must not be empty, as
 * libwebsockets does not tell us about empty Pongs. Other Pings are empty, so that their Pongs
 * touch no memory of an idle connection.
 */
#define PING_BYTES 8

/* If the timer is later than this, a missing Pong does not count. */
#define LATE_US (1 * LWS_US_PER_SEC)

static void ping_payload(char out[PING_BYTES + 1], uint32_t id)
{
    snprintf(out, PING_BYTES + 1, "%08" PRIx32, id);
}

static int send_ping(struct connection *connection)
{
    const struct frame ping = {.opcode = OPCODE_PING, .fin = true};
    char payload[PING_BYTES + 1];

    if (!connection->keepalive.awaiting_pong)
        return output_frame_now(connection, ping, NULL, 0);

    connection->ping_id = ++connection->thread->last_ping_id;
    ping_payload(payload, connection->ping_id);
    connection->keepalive.taken = progress_of(connection->wsi);

    return output_frame_now(connection, ping, payload, PING_BYTES);
}

/* A Pong that answers nothing and awaits nothing (RFC 6455 section 5.5.3). */
static int send_unsolicited_pong(struct connection *connection)
{
    const struct frame pong = {.opcode = OPCODE_PONG, .fin = true};

    return output_frame_now(connection, pong, NULL, 0);
}

static void keep_alive(struct connection *connection)
{
    bool pong = connection->thread->vhost->options.keep_alive_mode == KEEPALIVE_MODE_PONG;

    /* nothing follows our Close */
    if (connection->session.state != SESSION_OPEN)
        return;

    connection->thread->counters->pings++;
    if ((pong ? send_unsolicited_pong(connection) : send_ping(connection)))
        closing_unusable(connection);
}

/* Says whether a slow reader may not have reached the Ping yet, but is making progress. */
static bool is_on_its_way(struct connection *connection)
{
    uint64_t before = connection->keepalive.taken;

    connection->keepalive.taken = progress_of(connection->wsi);

    return connection->keepalive.taken != before && progress_is_pending(connection->wsi);
}

/* If late, the process was stopped or its machine slept: Pongs may have arrived unread. */
static void miss_pong(struct connection *connection, lws_usec_t now_us, bool late)
{
    if (late || is_on_its_way(connection)) {
        keepalive_resume(&connection->thread->keepalive, &connection->keepalive, now_us);
        return;
    }

    connection->thread->counters->pong_timeouts++;
    closing_drop(connection, "no Pong in time");
}

/* Keeps peers from holding memory for ever by not reading. Output that waits is lost. */
static void check_progress(struct connection *connection)
{
    if (!keepalive_is_stuck(&connection->keepalive, progress_of(connection->wsi)))
        return;

    connection->thread->counters->write_timeouts++;
    closing_drop(connection, "nothing was read in time");
}

void pinger_due(struct thread *thread)
{
    struct keepalive_entry *entry;
    enum keepalive_event event;
    lws_usec_t now_us = lws_now_usecs();
    bool late = now_us - thread->liveness_due_us > LATE_US;

    thread->liveness_due_us = INT64_MAX;
    while ((event = keepalive_next(&thread->keepalive, now_us, &entry))) {
        struct connection *connection = lws_container_of(entry, struct connection, keepalive);

        switch (event) {
        case KEEPALIVE_DROP:
            miss_pong(connection, now_us, late);
            break;
        case KEEPALIVE_CHECK:
            check_progress(connection);
            break;
        default:
            keep_alive(connection);
            break;
        }
    }
    liveness_arm(thread);
}

void pinger_pong(struct connection *connection, const void *payload, size_t bytes)
{
    struct thread *thread = connection->thread;
    char expected[PING_BYTES + 1];

    ping_payload(expected, connection->ping_id);
    if (bytes == PING_BYTES && !memcmp(payload, expected, PING_BYTES))
        liveness_pong(connection);
    else
        keepalive_received(&thread->keepalive, &connection->keepalive, false, lws_now_usecs());
}
