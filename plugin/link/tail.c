#include "link/tail.h"

#include <stdlib.h>
#include <string.h>

#include "link/pass.h"

/*
 * How long a tail waits at least, and half of how long it waits at most. Not shorter: just before a
 * timer is due, libwebsockets lets libuv's loop spin.
 */
#define TAIL_PATIENCE_US ((lws_usec_t)50000)

struct tail {
    lws_dll2_t place; /* in the thread's list */
    struct connection *connection;
    lws_usec_t since_us;
    size_t bytes;
    uint8_t payload[TAIL_MAX_BYTES];
};

static struct tail *oldest(const struct thread *thread)
{
    lws_dll2_t *place = lws_dll2_get_head((lws_dll2_owner_t *)&thread->tails);

    return place ? lws_container_of(place, struct tail, place) : NULL;
}

static void on_timer(lws_sorted_usec_list_t *timer);

static void run_timer(struct thread *thread)
{
    thread->tail_timer_runs = true;
    lws_sul_schedule(thread->context, thread->tsi, &thread->tail_timer, on_timer, TAIL_PATIENCE_US);
}

static void on_timer(lws_sorted_usec_list_t *timer)
{
    struct thread *thread = lws_container_of(timer, struct thread, tail_timer);
    lws_usec_t now_us = lws_now_usecs();
    struct tail *tail;

    while ((tail = oldest(thread)) && tail->since_us + TAIL_PATIENCE_US <= now_us)
        thread->on_tail_due(tail->connection);
    thread->tail_timer_runs = false;
    if (tail)
        run_timer(thread);
}

const uint8_t *tail_held(const struct connection *connection, size_t *bytes)
{
    const struct tail *tail = connection->tail;

    *bytes = tail ? tail->bytes : 0;

    return tail ? tail->payload : NULL;
}

int tail_prepare(struct connection *connection)
{
    if (connection->tail)
        return 0;

    connection->tail = calloc(1, sizeof(*connection->tail));
    if (!connection->tail)
        return -1;
    connection->tail->connection = connection;

    return 0;
}

void tail_replace(struct connection *connection, const uint8_t *payload, size_t bytes)
{
    struct thread *thread = connection->thread;
    struct tail *tail = connection->tail;

    if (!bytes) {
        tail_drop(connection);
        return;
    }
    memcpy(tail->payload, payload, bytes);
    tail->bytes = bytes;
    tail->since_us = pass_now_us(thread);
    lws_dll2_remove(&tail->place);
    lws_dll2_add_tail(&tail->place, &thread->tails);
    if (!thread->tail_timer_runs)
        run_timer(thread);
}

void tail_drop(struct connection *connection)
{
    if (!connection->tail)
        return;

    lws_dll2_remove(&connection->tail->place);
    free(connection->tail);
    connection->tail = NULL;
}
