#include "pinger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "journal.h"
#include "output.h"
#include "progress.h"

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

static int send_ping(struct echo_connection *connection)
{
    const struct echo_frame ping = {.opcode = ECHO_OPCODE_PING, .fin = true};
    char payload[PING_BYTES + 1];

    if (!connection->keepalive.awaiting_pong)
        return echo_output_frame_now(connection, ping, NULL, 0);

    connection->ping_id = ++connection->thread->last_ping_id;
    ping_payload(payload, connection->ping_id);
    connection->keepalive.taken = echo_progress_of(connection->wsi);

    return echo_output_frame_now(connection, ping, payload, PING_BYTES);
}

/* By how much the timer may be late before what it finds is in doubt. */
#define LATE_US (1 * LWS_US_PER_SEC)

/* A Pong that answers nothing and awaits nothing (RFC 6455 section 5.5.3). */
static int send_unsolicited_pong(struct echo_connection *connection)
{
    const struct echo_frame pong = {.opcode = ECHO_OPCODE_PONG, .fin = true};

    return echo_output_frame_now(connection, pong, NULL, 0);
}

static void drop(struct echo_connection *connection, const char *why)
{
    echo_keepalive_remove(&connection->keepalive);
    echo_journal_ending(connection, ECHO_CLOSE_ABNORMAL, why);
    echo_output_kill(connection);
}

static void keep_alive(struct echo_connection *connection)
{
    bool pong = connection->thread->vhost->options.keep_alive_mode == ECHO_KEEPALIVE_MODE_PONG;

    /* nothing follows our Close */
    if (connection->session.state != ECHO_SESSION_OPEN)
        return;

    connection->thread->counters->pings++;
    if ((pong ? send_unsolicited_pong(connection) : send_ping(connection)))
        echo_output_kill(connection);
}

/* Says whether a slow reader has yet to come to the Ping, and has come nearer to it. */
static bool is_on_its_way(struct echo_connection *connection)
{
    uint64_t before = connection->keepalive.taken;

    connection->keepalive.taken = echo_progress_of(connection->wsi);

    return connection->keepalive.taken != before && echo_progress_is_pending(connection->wsi);
}

/* While a process is stopped, or its machine sleeps, Pongs come that have yet to be read. */
static void miss_pong(struct echo_connection *connection, lws_usec_t now_us, bool late)
{
    if (late || is_on_its_way(connection)) {
        echo_keepalive_resume(&connection->thread->keepalive, &connection->keepalive, now_us);
        return;
    }

    connection->thread->counters->pong_timeouts++;
    drop(connection, "no Pong in time");
}

/*
 * Nobody may hold memory for ever by not reading. What has been waiting goes with the connection,
 * as nobody takes it.
 */
static void look(struct echo_connection *connection)
{
    if (!echo_keepalive_is_stuck(&connection->keepalive, echo_progress_of(connection->wsi)))
        return;

    connection->thread->counters->write_timeouts++;
    drop(connection, "nothing was read in time");
}

static void on_timer(lws_sorted_usec_list_t *timer);

static void arm(struct echo_thread *thread, lws_usec_t now_us)
{
    lws_usec_t due_us = echo_keepalive_due(&thread->keepalive);

    if (due_us >= thread->keepalive_due_us)
        return; /* it fires early enough */

    thread->keepalive_due_us = due_us;
    lws_sul_schedule(thread->context, thread->tsi, &thread->keepalive_timer, on_timer,
                     due_us > now_us ? due_us - now_us : 0);
}

static void on_timer(lws_sorted_usec_list_t *timer)
{
    struct echo_thread *thread = lws_container_of(timer, struct echo_thread, keepalive_timer);
    struct echo_keepalive_entry *entry;
    enum echo_keepalive_event event;
    lws_usec_t now_us = lws_now_usecs();
    bool late = now_us - thread->keepalive_due_us > LATE_US;

    thread->keepalive_due_us = INT64_MAX;
    while ((event = echo_keepalive_next(&thread->keepalive, now_us, &entry))) {
        struct echo_connection *connection =
            lws_container_of(entry, struct echo_connection, keepalive);

        switch (event) {
        case ECHO_KEEPALIVE_DROP:
            miss_pong(connection, now_us, late);
            break;
        case ECHO_KEEPALIVE_LOOK:
            look(connection);
            break;
        default:
            keep_alive(connection);
            break;
        }
    }
    arm(thread, now_us);
}

void echo_pinger_add(struct echo_connection *connection)
{
    lws_usec_t now_us = lws_now_usecs();

    echo_keepalive_add(&connection->thread->keepalive, &connection->keepalive, now_us);
    arm(connection->thread, now_us);
}

void echo_pinger_received(struct echo_connection *connection)
{
    struct echo_thread *thread = connection->thread;

    echo_keepalive_received(&thread->keepalive, &connection->keepalive, connection->inside_frame,
                            echo_output_now_us(thread));
}

void echo_pinger_pong(struct echo_connection *connection, const void *payload, size_t bytes)
{
    struct echo_thread *thread = connection->thread;
    lws_usec_t now_us = lws_now_usecs();
    char expected[PING_BYTES + 1];

    ping_payload(expected, connection->ping_id);
    if (bytes != PING_BYTES || memcmp(payload, expected, PING_BYTES) != 0) {
        echo_keepalive_received(&thread->keepalive, &connection->keepalive, false, now_us);
        return;
    }

    echo_keepalive_pong(&thread->keepalive, &connection->keepalive, now_us);
    arm(thread, now_us);
}

void echo_pinger_stall(struct echo_connection *connection)
{
    lws_usec_t now_us = lws_now_usecs();

    echo_keepalive_stall(&connection->thread->keepalive, &connection->keepalive, now_us);
    arm(connection->thread, now_us);
}

void echo_pinger_resume(struct echo_connection *connection)
{
    lws_usec_t now_us = lws_now_usecs();

    echo_keepalive_resume(&connection->thread->keepalive, &connection->keepalive, now_us);
    arm(connection->thread, now_us);
}

void echo_pinger_remove(struct echo_connection *connection)
{
    echo_keepalive_remove(&connection->keepalive);
}
