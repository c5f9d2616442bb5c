#include "core/keepalive.h"

#include <string.h>

#define US_PER_MS ((int64_t)1000)

/* How often a stalled peer is checked within times.write_ms. */
#define CHECKS 4

static void unlink_entry(struct keepalive_entry *entry)
{
    if (!entry->queue)
        return;

    entry->previous->next = entry->next;
    entry->next->previous = entry->previous;
    entry->next = entry->previous = NULL;
    entry->queue = KEEPALIVE_OUT;
}

/* Moves @entry to the end of a queue, or out of all if nothing ever falls due there. */
static void move(struct keepalive *keepalive, struct keepalive_entry *entry,
                 enum keepalive_queue queue, int64_t now_us)
{
    struct keepalive_entry *head = &keepalive->heads[queue];

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

void keepalive_init(struct keepalive *keepalive, struct keepalive_times times)
{
    memset(keepalive, 0, sizeof(*keepalive));
    for (size_t i = 0; i < KEEPALIVE_QUEUES; i++)
        keepalive->heads[i].next = keepalive->heads[i].previous = &keepalive->heads[i];

    keepalive->after_us[KEEPALIVE_IDLE] = (int64_t)times.interval_ms * US_PER_MS;
    keepalive->after_us[KEEPALIVE_AWAITING] = (int64_t)times.pong_ms * US_PER_MS;
    keepalive->after_us[KEEPALIVE_STALLED] = (int64_t)times.write_ms * US_PER_MS / CHECKS;
}

void keepalive_add(struct keepalive *keepalive, struct keepalive_entry *entry, int64_t now_us)
{
    entry->awaiting_pong = false;
    move(keepalive, entry, KEEPALIVE_IDLE, now_us);
}

void keepalive_remove(struct keepalive_entry *entry)
{
    unlink_entry(entry);
}

void keepalive_received(struct keepalive *keepalive, struct keepalive_entry *entry,
                        bool inside_frame, int64_t now_us)
{
    /* the messages of one read have the same time: only the first needs to move the entry */
    if (entry->since_us == now_us)
        return;

    if (entry->queue == KEEPALIVE_IDLE || (entry->queue == KEEPALIVE_AWAITING && inside_frame))
        move(keepalive, entry, entry->queue, now_us);
}

void keepalive_pong(struct keepalive *keepalive, struct keepalive_entry *entry, int64_t now_us)
{
    entry->awaiting_pong = false;
    if (entry->queue == KEEPALIVE_IDLE || entry->queue == KEEPALIVE_AWAITING)
        move(keepalive, entry, KEEPALIVE_IDLE, now_us);
}

void keepalive_stall(struct keepalive *keepalive, struct keepalive_entry *entry, int64_t now_us)
{
    entry->checks = 0;
    move(keepalive, entry, KEEPALIVE_STALLED, now_us);
}

bool keepalive_is_stuck(struct keepalive_entry *entry, uint64_t taken)
{
    if (!entry->checks || entry->taken != taken)
        entry->checks = 0;
    entry->taken = taken;

    return entry->checks++ == CHECKS;
}

void keepalive_resume(struct keepalive *keepalive, struct keepalive_entry *entry, int64_t now_us)
{
    move(keepalive, entry, entry->awaiting_pong ? KEEPALIVE_AWAITING : KEEPALIVE_IDLE, now_us);
}

/* Returns when the first entry of a queue is due, or INT64_MAX. */
static int64_t due(const struct keepalive *keepalive, enum keepalive_queue queue)
{
    const struct keepalive_entry *head = &keepalive->heads[queue];

    return head->next == head ? INT64_MAX : head->next->since_us + keepalive->after_us[queue];
}

/* Takes the first entry of a queue if it is due. */
static bool take(struct keepalive *keepalive, enum keepalive_queue queue, int64_t now_us,
                 struct keepalive_entry **entry)
{
    if (due(keepalive, queue) > now_us)
        return false;

    *entry = keepalive->heads[queue].next;
    unlink_entry(*entry);

    return true;
}

enum keepalive_event keepalive_next(struct keepalive *keepalive, int64_t now_us,
                                    struct keepalive_entry **entry)
{
    if (take(keepalive, KEEPALIVE_AWAITING, now_us, entry))
        return KEEPALIVE_DROP;

    if (take(keepalive, KEEPALIVE_IDLE, now_us, entry)) {
        (*entry)->awaiting_pong = keepalive->after_us[KEEPALIVE_AWAITING] != 0;
        keepalive_resume(keepalive, *entry, now_us);
        return KEEPALIVE_PING;
    }

    if (take(keepalive, KEEPALIVE_STALLED, now_us, entry)) {
        move(keepalive, *entry, KEEPALIVE_STALLED, now_us);
        return KEEPALIVE_CHECK;
    }

    return KEEPALIVE_NOTHING;
}

int64_t keepalive_due(const struct keepalive *keepalive)
{
    int64_t due_us = INT64_MAX;

    for (enum keepalive_queue i = KEEPALIVE_IDLE; i < KEEPALIVE_QUEUES; i++)
        if (due(keepalive, i) < due_us)
            due_us = due(keepalive, i);

    return due_us;
}
