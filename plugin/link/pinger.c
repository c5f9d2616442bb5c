#include "link/pinger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "link/journal.h"
#include "link/output.h"
#include "link/progress.h"

/*
 * A Ping whose answer is awaited says eight hexadecimal digits. It must say something:
 * libwebsockets does not tell us of empty Pongs. Other Pings are empty: their Pongs touch no memory
 * of an idle connection.
 */
#define PING_BYTES 8

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

/* By how much the timer may be late before what it finds is in doubt. */
#define LATE_US (1 * LWS_US_PER_SEC)

/* A Pong that answers nothing and awaits nothing (RFC 6455 section 5.5.3). */
static int send_unsolicited_pong(struct connection *connection)
{
    const struct frame pong = {.opcode = OPCODE_PONG, .fin = true};

    return output_frame_now(connection, pong, NULL, 0);
}

static void drop(struct connection *connection, const char *why)
{
    keepalive_remove(&connection->keepalive);
    journal_ending(connection, CLOSE_ABNORMAL, why);
    output_kill(connection);
}

static void keep_alive(struct connection *connection)
{
    bool pong = connection->thread->vhost->options.keep_alive_mode == KEEPALIVE_MODE_PONG;

    /* nothing follows our Close */
    if (connection->session.state != SESSION_OPEN)
        return;

    connection->thread->counters->pings++;
    if ((pong ? send_unsolicited_pong(connection) : send_ping(connection)))
        output_kill(connection);
}

/* Says whether a slow reader has yet to come to the Ping, and has come nearer to it. */
static bool is_on_its_way(struct connection *connection)
{
    uint64_t before = connection->keepalive.taken;

    connection->keepalive.taken = progress_of(connection->wsi);

    return connection->keepalive.taken != before && progress_is_pending(connection->wsi);
}

/* While a process is stopped, or its machine sleeps, Pongs come that have yet to be read. */
static void miss_pong(struct connection *connection, lws_usec_t now_us, bool late)
{
    if (late || is_on_its_way(connection)) {
        keepalive_resume(&connection->thread->keepalive, &connection->keepalive, now_us);
        return;
    }

    connection->thread->counters->pong_timeouts++;
    drop(connection, "no Pong in time");
}

/*
 * Nobody may hold memory for ever by not reading. What has been waiting goes with the connection,
 * as nobody takes it.
 */
static void look(struct connection *connection)
{
    if (!keepalive_is_stuck(&connection->keepalive, progress_of(connection->wsi)))
        return;

    connection->thread->counters->write_timeouts++;
    drop(connection, "nothing was read in time");
}

static void on_timer(lws_sorted_usec_list_t *timer);

static void arm(struct thread *thread, lws_usec_t now_us)
{
    lws_usec_t due_us = keepalive_due(&thread->keepalive);

    if (due_us >= thread->keepalive_due_us)
        return; /* it fires early enough */

    thread->keepalive_due_us = due_us;
    lws_sul_schedule(thread->context, thread->tsi, &thread->keepalive_timer, on_timer,
                     due_us > now_us ? due_us - now_us : 0);
}

static void on_timer(lws_sorted_usec_list_t *timer)
{
    struct thread *thread = lws_container_of(timer, struct thread, keepalive_timer);
    struct keepalive_entry *entry;
    enum keepalive_event event;
    lws_usec_t now_us = lws_now_usecs();
    bool late = now_us - thread->keepalive_due_us > LATE_US;

    thread->keepalive_due_us = INT64_MAX;
    while ((event = keepalive_next(&thread->keepalive, now_us, &entry))) {
        struct connection *connection = lws_container_of(entry, struct connection, keepalive);

        switch (event) {
        case KEEPALIVE_DROP:
            miss_pong(connection, now_us, late);
            break;
        case KEEPALIVE_LOOK:
            look(connection);
            break;
        default:
            keep_alive(connection);
            break;
        }
    }
    arm(thread, now_us);
}

void pinger_add(struct connection *connection)
{
    lws_usec_t now_us = lws_now_usecs();

    keepalive_add(&connection->thread->keepalive, &connection->keepalive, now_us);
    arm(connection->thread, now_us);
}

void pinger_received(struct connection *connection)
{
    struct thread *thread = connection->thread;

    keepalive_received(&thread->keepalive, &connection->keepalive, connection->inside_frame,
                       output_now_us(thread));
}

void pinger_pong(struct connection *connection, const void *payload, size_t bytes)
{
    struct thread *thread = connection->thread;
    lws_usec_t now_us = lws_now_usecs();
    char expected[PING_BYTES + 1];

    ping_payload(expected, connection->ping_id);
    if (bytes != PING_BYTES || memcmp(payload, expected, PING_BYTES) != 0) {
        keepalive_received(&thread->keepalive, &connection->keepalive, false, now_us);
        return;
    }

    keepalive_pong(&thread->keepalive, &connection->keepalive, now_us);
    arm(thread, now_us);
}

void pinger_stall(struct connection *connection)
{
    lws_usec_t now_us = lws_now_usecs();

    keepalive_stall(&connection->thread->keepalive, &connection->keepalive, now_us);
    arm(connection->thread, now_us);
}

void pinger_resume(struct connection *connection)
{
    lws_usec_t now_us = lws_now_usecs();

    keepalive_resume(&connection->thread->keepalive, &connection->keepalive, now_us);
    arm(connection->thread, now_us);
}

void pinger_remove(struct connection *connection)
{
    keepalive_remove(&connection->keepalive);
}
