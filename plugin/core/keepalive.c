#include "keepalive.h"

#include <string.h>

#define US_PER_S ((int64_t)1000000)

/* How often a stalled peer is looked at in the time it may take nothing. */
#define LOOKS 4

static void unlink_entry(struct echo_keepalive_entry *entry)
{
    if (!entry->queue)
        return;

    entry->previous->next = entry->next;
    entry->next->previous = entry->previous;
    entry->next = entry->previous = NULL;
    entry->queue = ECHO_KEEPALIVE_OUT;
}

/* Puts @entry, wherever it is, at the end of a queue; in none if nothing ever falls due there. */
static void move(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                 enum echo_keepalive_queue queue, int64_t now_us)
{
    struct echo_keepalive_entry *head = &keepalive->heads[queue];

    unlink_entry(entry);
    if (!keepalive->after_us[queue])
        return;

    entry->since_us = now_us;
    entry->queue = (uint8_t)queue;
    entry->previous = head->previous;
    entry->next = head;
    head->previous->next = entry;
    head->previous = entry;
}

void echo_keepalive_init(struct echo_keepalive *keepalive, struct echo_keepalive_times times)
{
    memset(keepalive, 0, sizeof(*keepalive));
    for (size_t i = 0; i < ECHO_KEEPALIVE_QUEUES; i++)
        keepalive->heads[i].next = keepalive->heads[i].previous = &keepalive->heads[i];

    keepalive->after_us[ECHO_KEEPALIVE_IDLE] = (int64_t)times.interval_s * US_PER_S;
    keepalive->after_us[ECHO_KEEPALIVE_AWAITING] = (int64_t)times.pong_s * US_PER_S;
    keepalive->after_us[ECHO_KEEPALIVE_STALLED] = (int64_t)times.write_s * US_PER_S / LOOKS;
}

void echo_keepalive_add(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                        int64_t now_us)
{
    entry->awaiting_pong = false;
    move(keepalive, entry, ECHO_KEEPALIVE_IDLE, now_us);
}

void echo_keepalive_remove(struct echo_keepalive_entry *entry)
{
    unlink_entry(entry);
}

void echo_keepalive_received(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                             bool inside_frame, int64_t now_us)
{
    /* the messages of one read share their time: the later ones find the entry where it belongs */
    if (entry->since_us == now_us)
        return;

    if (entry->queue == ECHO_KEEPALIVE_IDLE ||
        (entry->queue == ECHO_KEEPALIVE_AWAITING && inside_frame))
        move(keepalive, entry, entry->queue, now_us);
}

void echo_keepalive_pong(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                         int64_t now_us)
{
    entry->awaiting_pong = false;
    if (entry->queue == ECHO_KEEPALIVE_IDLE || entry->queue == ECHO_KEEPALIVE_AWAITING)
        move(keepalive, entry, ECHO_KEEPALIVE_IDLE, now_us);
}

void echo_keepalive_stall(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                          int64_t now_us)
{
    entry->looks = 0;
    move(keepalive, entry, ECHO_KEEPALIVE_STALLED, now_us);
}

bool echo_keepalive_is_stuck(struct echo_keepalive_entry *entry, uint64_t taken)
{
    if (!entry->looks || entry->taken != taken)
        entry->looks = 0;
    entry->taken = taken;

    return entry->looks++ == LOOKS;
}

void echo_keepalive_resume(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                           int64_t now_us)
{
    move(keepalive, entry, entry->awaiting_pong ? ECHO_KEEPALIVE_AWAITING : ECHO_KEEPALIVE_IDLE,
         now_us);
}

/* Returns when the first of a queue is due, or INT64_MAX. */
static int64_t due(const struct echo_keepalive *keepalive, enum echo_keepalive_queue queue)
{
    const struct echo_keepalive_entry *head = &keepalive->heads[queue];

    return head->next == head ? INT64_MAX : head->next->since_us + keepalive->after_us[queue];
}

/* Takes the first of a queue if it is due. */
static bool take(struct echo_keepalive *keepalive, enum echo_keepalive_queue queue, int64_t now_us,
                 struct echo_keepalive_entry **entry)
{
    if (due(keepalive, queue) > now_us)
        return false;

    *entry = keepalive->heads[queue].next;
    unlink_entry(*entry);

    return true;
}

enum echo_keepalive_event echo_keepalive_next(struct echo_keepalive *keepalive, int64_t now_us,
                                              struct echo_keepalive_entry **entry)
{
    if (take(keepalive, ECHO_KEEPALIVE_AWAITING, now_us, entry))
        return ECHO_KEEPALIVE_DROP;

    if (take(keepalive, ECHO_KEEPALIVE_IDLE, now_us, entry)) {
        (*entry)->awaiting_pong = keepalive->after_us[ECHO_KEEPALIVE_AWAITING] != 0;
        echo_keepalive_resume(keepalive, *entry, now_us);
        return ECHO_KEEPALIVE_PING;
    }

    if (take(keepalive, ECHO_KEEPALIVE_STALLED, now_us, entry)) {
        move(keepalive, *entry, ECHO_KEEPALIVE_STALLED, now_us);
        return ECHO_KEEPALIVE_LOOK;
    }

    return ECHO_KEEPALIVE_NOTHING;
}

int64_t echo_keepalive_due(const struct echo_keepalive *keepalive)
{
    int64_t due_us = INT64_MAX;

    for (enum echo_keepalive_queue i = ECHO_KEEPALIVE_IDLE; i < ECHO_KEEPALIVE_QUEUES; i++)
        if (due(keepalive, i) < due_us)
            due_us = due(keepalive, i);

    return due_us;
}
