#include "keepalive.h"

#include <string.h>

#define US_PER_S ((int64_t)1000000)

static void list_init(struct echo_keepalive_entry *head)
{
    memset(head, 0, sizeof(*head));
    head->next = head->previous = head;
}

static bool list_is_empty(const struct echo_keepalive_entry *head)
{
    return head->next == head;
}

static void list_append(struct echo_keepalive_entry *head, struct echo_keepalive_entry *entry)
{
    entry->previous = head->previous;
    entry->next = head;
    head->previous->next = entry;
    head->previous = entry;
}

static void list_unlink(struct echo_keepalive_entry *entry)
{
    entry->previous->next = entry->next;
    entry->next->previous = entry->previous;
    entry->next = entry->previous = NULL;
}

static void move(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                 bool awaiting_pong, int64_t now_us)
{
    list_unlink(entry);
    entry->since_us = now_us;
    entry->awaiting_pong = awaiting_pong;
    list_append(awaiting_pong ? &keepalive->awaiting : &keepalive->idle, entry);
}

void echo_keepalive_init(struct echo_keepalive *keepalive, uint64_t interval_s, uint64_t timeout_s)
{
    list_init(&keepalive->idle);
    list_init(&keepalive->awaiting);
    keepalive->interval_us = (int64_t)interval_s * US_PER_S;
    keepalive->timeout_us = (int64_t)timeout_s * US_PER_S;
}

void echo_keepalive_add(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                        int64_t now_us)
{
    entry->awaiting_pong = false;
    echo_keepalive_resume(keepalive, entry, now_us);
}

void echo_keepalive_remove(struct echo_keepalive_entry *entry)
{
    if (entry->next)
        list_unlink(entry);
}

void echo_keepalive_received(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                             int64_t now_us)
{
    /* the messages of one read share their time: the later ones find the entry where it belongs */
    if (entry->since_us != now_us && entry->next && !entry->awaiting_pong)
        move(keepalive, entry, false, now_us);
}

void echo_keepalive_pong(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                         int64_t now_us)
{
    entry->awaiting_pong = false;
    if (entry->next)
        move(keepalive, entry, false, now_us);
}

void echo_keepalive_resume(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                           int64_t now_us)
{
    if (!keepalive->interval_us || entry->next)
        return;

    entry->since_us = now_us;
    list_append(entry->awaiting_pong ? &keepalive->awaiting : &keepalive->idle, entry);
}

enum echo_keepalive_event echo_keepalive_next(struct echo_keepalive *keepalive, int64_t now_us,
                                              struct echo_keepalive_entry **entry)
{
    struct echo_keepalive_entry *first = keepalive->awaiting.next;

    if (!list_is_empty(&keepalive->awaiting) && first->since_us + keepalive->timeout_us <= now_us) {
        list_unlink(first);
        *entry = first;
        return ECHO_KEEPALIVE_DROP;
    }

    first = keepalive->idle.next;
    if (!list_is_empty(&keepalive->idle) && first->since_us + keepalive->interval_us <= now_us) {
        move(keepalive, first, keepalive->timeout_us != 0, now_us);
        *entry = first;
        return ECHO_KEEPALIVE_PING;
    }

    return ECHO_KEEPALIVE_NOTHING;
}

int64_t echo_keepalive_due(const struct echo_keepalive *keepalive)
{
    int64_t due_us = INT64_MAX;

    if (!list_is_empty(&keepalive->idle))
        due_us = keepalive->idle.next->since_us + keepalive->interval_us;

    if (!list_is_empty(&keepalive->awaiting)) {
        int64_t awaited_us = keepalive->awaiting.next->since_us + keepalive->timeout_us;

        if (awaited_us < due_us)
            due_us = awaited_us;
    }

    return due_us;
}
