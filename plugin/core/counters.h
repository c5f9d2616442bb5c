#pragma once

#include <stddef.h>
#include <stdint.h>

/* Close codes are counted one by one from 1000 to 1015, others by their kind. */
enum {
    COUNTERS_CLOSE_LIBRARIES = 16, /* 3000..3999 */
    COUNTERS_CLOSE_PRIVATE,        /* 4000..4999 */
    COUNTERS_CLOSE_OTHER,
    COUNTERS_CLOSE_KINDS,
};

/* Why a handshake is refused. */
enum refusal {
    REFUSAL_UPGRADE,
    REFUSAL_PATH,
    REFUSAL_METHOD,
    REFUSAL_HTTP_VERSION,
    REFUSAL_HOST,
    REFUSAL_CONNECTION,
    REFUSAL_VERSION,
    REFUSAL_KEY,
    REFUSAL_ORIGIN,
    REFUSAL_SUBPROTOCOL,
    REFUSAL_EXTENSIONS,
    REFUSAL_MAX_CONNECTIONS,
    REFUSAL_MAX_CONNECTIONS_PER_ADDRESS,
    REFUSAL_FORWARDED,
    REFUSAL_OPTIONS,
    REFUSALS,
};

/*
 * What one service thread counts; a process has one that serves. It may lie in memory that several
 * processes share: each writes to its own and reads those of all, so that any of them can tell the
 * sum. There are no locks: every number is an aligned word, which is read whole.
 */
struct counters {
    uint64_t pid;       /* 0: no process has begun to count here */
    uint64_t started_s; /* when it began, since the epoch */
    uint64_t draining;  /* set by the host: not 0 while the process takes its leave */
    uint64_t open;      /* WebSocket connections */
    uint64_t opened;    /* this and all that follow only grow, also past the end of a process */
    uint64_t closed[COUNTERS_CLOSE_KINDS];
    uint64_t refused[REFUSALS];
    uint64_t received_messages;
    uint64_t received_bytes; /* payload of data frames, as it was on the wire */
    uint64_t sent_messages;
    uint64_t sent_bytes;
    uint64_t pings;
    uint64_t pong_timeouts;
    uint64_t write_timeouts;
};

/* The counters of all processes, and which of them are this one's. The host owns the memory. */
struct counters_board {
    struct counters *all;
    size_t count;
    size_t own;
};

/** The process that counts in @counters has gone: what was open is closed without a code. */
void counters_end(struct counters *counters);

/**
 * Begins to count in @counters for process @pid, unless it does already. What only grows goes on
 * from where a predecessor has left it; what was open with that has been closed without a code.
 */
void counters_begin(struct counters *counters, uint64_t pid, uint64_t now_s);

/** Returns the kind, an index of "closed", of a connection that ended with @code. */
size_t counters_close_kind(unsigned code);

/** Returns the name of a kind: a code, or "3000-3999" and the like. */
const char *counters_close_name(size_t kind, char room[8]);

/** Returns the name of a refusal, a word of letters and hyphens. */
const char *counters_refusal_name(enum refusal refusal);

/**
 * Adds up all of @board in @sum: the earliest start, and the number of those that are draining.
 * Its pid means nothing.
 */
void counters_sum(const struct counters_board *board, struct counters *sum);
