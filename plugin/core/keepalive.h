#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Who is idle, who owes a Pong, and who does not read.
 *
 * Three queues, each in the order in which its members fall due, so that every operation is O(1)
 * however many connections there are, and one timer serves them all: a head is always next.
 * All times are microseconds of one monotonic clock, which the caller reads.
 */

enum keepalive_queue {
    KEEPALIVE_OUT, /* in none */
    KEEPALIVE_IDLE,
    KEEPALIVE_AWAITING,
    KEEPALIVE_STALLED,
    KEEPALIVE_QUEUES,
};

/* One connection's place. Its owner embeds it; all zero means in no queue. */
struct keepalive_entry {
    struct keepalive_entry *next;
    struct keepalive_entry *previous;
    int64_t since_us; /* idle: last received; awaiting: pinged; stalled: last checked */
    uint64_t taken;   /* stalled: what keepalive_is_stuck() was told last; else the owner's */
    uint8_t queue;    /* enum keepalive_queue */
    uint8_t checks;   /* how often in a row that was the same */
    bool awaiting_pong;
};

struct keepalive {
    struct keepalive_entry heads[KEEPALIVE_QUEUES]; /* of circular lists */
    int64_t after_us[KEEPALIVE_QUEUES];             /* from "since" to due; 0: never */
};

/* How long, in ms, is waited for what; 0 for ever. */
struct keepalive_times {
    uint64_t interval_ms; /* the silence after which a Ping is due */
    uint64_t pong_ms;     /* what a Pong may then take */
    uint64_t write_ms;    /* without anything of what waits for the peer being taken */
};

enum keepalive_event {
    KEEPALIVE_NOTHING,
    KEEPALIVE_PING,  /* silent for the interval: send a Ping */
    KEEPALIVE_DROP,  /* no Pong in time: the entry has been removed */
    KEEPALIVE_CHECK, /* still stalled: ask keepalive_is_stuck() */
};

/** Prepares empty queues. No resources are held. */
void keepalive_init(struct keepalive *keepalive, struct keepalive_times times);

/** Adds @entry, heard of at @now_us. Without an interval it stays in no queue. */
void keepalive_add(struct keepalive *keepalive, struct keepalive_entry *entry, int64_t now_us);

/** Removes @entry, if it is in a queue. */
void keepalive_remove(struct keepalive_entry *entry);

/**
 * Bytes came: postpones the next Ping. A Pong that is awaited stays awaited; if the bytes were of a
 * frame that goes on (@inside_frame), it cannot come as yet, and has the whole time from @now_us on
 * (RFC 6455 section 5.4). More bytes at the same @now_us change nothing, not even the order.
 */
void keepalive_received(struct keepalive *keepalive, struct keepalive_entry *entry,
                        bool inside_frame, int64_t now_us);

/** A Pong came: nothing is awaited any more, even if @entry is stalled at present. */
void keepalive_pong(struct keepalive *keepalive, struct keepalive_entry *entry, int64_t now_us);

/** Output waits from @now_us on: nothing is read of the peer, so no Pong is awaited meanwhile. */
void keepalive_stall(struct keepalive *keepalive, struct keepalive_entry *entry, int64_t now_us);

/**
 * Says whether a stalled peer has taken nothing for the time it may, up to a quarter more.
 *
 * @taken is any figure that changes when it takes something. Call it once for each
 * KEEPALIVE_CHECK, of which there are four in that time.
 */
bool keepalive_is_stuck(struct keepalive_entry *entry, uint64_t taken);

/**
 * Output waits no longer, or @entry is out for another reason and shall be in again.
 *
 * It waits for what it waited for before, for the whole time from @now_us on.
 */
void keepalive_resume(struct keepalive *keepalive, struct keepalive_entry *entry, int64_t now_us);

/**
 * Takes the next thing that is due at @now_us and sets @entry to whom it concerns.
 *
 * Call until it returns KEEPALIVE_NOTHING.
 */
enum keepalive_event keepalive_next(struct keepalive *keepalive, int64_t now_us,
                                    struct keepalive_entry **entry);

/** Returns when keepalive_next() will have something, or INT64_MAX for never. */
int64_t keepalive_due(const struct keepalive *keepalive);
