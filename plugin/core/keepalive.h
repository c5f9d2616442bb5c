#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Which connections are idle, owe a Pong, or do not read.
 *
 * There are three queues, each in the order in which its entries fall due. So every operation is
 * O(1) however many connections there are, and one timer serves them all: the next entry due is
 * always the first of its queue. All times are microseconds of one monotonic clock, which the
 * caller reads.
 */

enum keepalive_queue {
    KEEPALIVE_OUT, /* in no queue */
    KEEPALIVE_IDLE,
    KEEPALIVE_AWAITING,
    KEEPALIVE_STALLED,
    KEEPALIVE_QUEUES,
};

/* The entry of one connection, which embeds it. All zero: in no queue. */
struct keepalive_entry {
    struct keepalive_entry *next;
    struct keepalive_entry *previous;
    int64_t since_us; /* idle: last received; awaiting: pinged; stalled: last checked */
    uint64_t taken;   /* stalled: last argument of keepalive_is_stuck(); else the owner's */
    uint8_t queue;    /* enum keepalive_queue */
    uint8_t checks;   /* how often in a row "taken" was the same */
    bool awaiting_pong;
};

struct keepalive {
    struct keepalive_entry heads[KEEPALIVE_QUEUES]; /* of circular lists */
    int64_t after_us[KEEPALIVE_QUEUES];             /* from "since" to due; 0: never */
};

/* How long to wait, in ms; 0: for ever. */
struct keepalive_times {
    uint64_t interval_ms; /* the silence after which a Ping is due */
    uint64_t pong_ms;     /* how long the Pong may take */
    uint64_t write_ms;    /* how long a peer may read nothing while output waits */
};

enum keepalive_event {
    KEEPALIVE_NOTHING,
    KEEPALIVE_PING,  /* silent for the interval: send a Ping */
    KEEPALIVE_DROP,  /* no Pong in time: the entry has been removed */
    KEEPALIVE_CHECK, /* still stalled: ask keepalive_is_stuck() */
};

/** Prepares empty queues. Nothing is allocated. */
void keepalive_init(struct keepalive *keepalive, struct keepalive_times times);

/** Adds @entry, last heard from at @now_us. Without an interval it stays out of all queues. */
void keepalive_add(struct keepalive *keepalive, struct keepalive_entry *entry, int64_t now_us);

/** Removes @entry, if it is in a queue. */
void keepalive_remove(struct keepalive_entry *entry);

/**
 * Postpones the next Ping, as bytes have arrived. A Pong that is awaited stays awaited. If the
 * frame of these bytes goes on (@inside_frame), the Pong cannot come yet (RFC 6455 section 5.4),
 * and its time starts again at @now_us. More bytes at the same @now_us change nothing, not even the
 * order.
 */
void keepalive_received(struct keepalive *keepalive, struct keepalive_entry *entry,
                        bool inside_frame, int64_t now_us);

/** Notes that the Pong came: none is awaited any more, even if @entry is stalled. */
void keepalive_pong(struct keepalive *keepalive, struct keepalive_entry *entry, int64_t now_us);

/** Notes that output waits from @now_us on. Reading is paused, so no Pong is due meanwhile. */
void keepalive_stall(struct keepalive *keepalive, struct keepalive_entry *entry, int64_t now_us);

/**
 * Says whether a stalled peer has taken nothing for write_ms, or up to a quarter longer.
 *
 * @taken is any number that changes when the peer takes something. Call this once for each
 * KEEPALIVE_CHECK, which comes four times in write_ms.
 */
bool keepalive_is_stuck(struct keepalive_entry *entry, uint64_t taken);

/**
 * Puts @entry back after output has drained, or after keepalive_next() removed it.
 *
 * It waits for the same as before, a Pong or silence, and the whole time starts again at @now_us.
 */
void keepalive_resume(struct keepalive *keepalive, struct keepalive_entry *entry, int64_t now_us);

/**
 * Returns the next event that is due at @now_us, and sets @entry to the connection's entry.
 *
 * Call it until it returns KEEPALIVE_NOTHING, which leaves @entry as it was.
 */
enum keepalive_event keepalive_next(struct keepalive *keepalive, int64_t now_us,
                                    struct keepalive_entry **entry);

/** Returns when the next event is due, in microseconds, or INT64_MAX for never. */
int64_t keepalive_due(const struct keepalive *keepalive);
