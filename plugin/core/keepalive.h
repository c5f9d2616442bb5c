#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Who is idle, and who owes a Pong.
 *
 * Two queues, each in the order in which its members fall due, so that every operation is O(1)
 * however many connections there are, and one timer serves them all: the head is always next.
 * All times are microseconds of one monotonic clock, which the caller reads.
 */

/* One connection's place. Its owner embeds it; all zero means in no queue. */
struct echo_keepalive_entry {
    struct echo_keepalive_entry *next;
    struct echo_keepalive_entry *previous;
    int64_t since_us; /* idle: last received; awaiting: pinged */
    bool awaiting_pong;
};

struct echo_keepalive {
    struct echo_keepalive_entry idle; /* heads of circular lists */
    struct echo_keepalive_entry awaiting;
    int64_t interval_us; /* 0: off */
    int64_t timeout_us;  /* 0: no Pong is awaited */
};

enum echo_keepalive_event {
    ECHO_KEEPALIVE_NOTHING,
    ECHO_KEEPALIVE_PING, /* silent for the interval: send a Ping */
    ECHO_KEEPALIVE_DROP, /* no Pong in time: the entry has been removed */
};

/**
 * Prepares empty queues.
 *
 * @interval_s is the silence after which a Ping is due, 0 for never; @timeout_s the time a Pong
 * may then take, 0 for any. No resources are held.
 */
void echo_keepalive_init(struct echo_keepalive *keepalive, uint64_t interval_s, uint64_t timeout_s);

/** Adds @entry, heard of at @now_us. Does nothing when keep-alive is off. */
void echo_keepalive_add(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                        int64_t now_us);

/** Removes @entry, if it is in a queue. */
void echo_keepalive_remove(struct echo_keepalive_entry *entry);

/**
 * Bytes came: postpones the next Ping. A Pong that is awaited stays awaited. More bytes at the same
 * @now_us change nothing, not even the order.
 */
void echo_keepalive_received(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                             int64_t now_us);

/** A Pong came: nothing is awaited any more, even if @entry is taken out at present. */
void echo_keepalive_pong(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                         int64_t now_us);

/**
 * Takes @entry, which echo_keepalive_remove() has taken out for a while, in again.
 *
 * It waits for what it waited for before, for the whole time from @now_us on.
 */
void echo_keepalive_resume(struct echo_keepalive *keepalive, struct echo_keepalive_entry *entry,
                           int64_t now_us);

/**
 * Takes the next thing that is due at @now_us and sets @entry to whom it concerns.
 *
 * Call until it returns ECHO_KEEPALIVE_NOTHING.
 */
enum echo_keepalive_event echo_keepalive_next(struct echo_keepalive *keepalive, int64_t now_us,
                                              struct echo_keepalive_entry **entry);

/** Returns when echo_keepalive_next() will have something, or INT64_MAX for never. */
int64_t echo_keepalive_due(const struct echo_keepalive *keepalive);
