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

/* Why a handshake is refused: counters_refusal_name() has a name for each. */
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
 * What one service thread counts. Each member has a row in counters_rows(), which is all that a new
 * one needs. "open" aside, all only grow, also past the end of a process.
 */
struct counters {
    uint64_t open; /* WebSocket connections */
    uint64_t opened;
    uint64_t received_messages;
    uint64_t received_bytes; /* payload of data frames, as it was on the wire */
    uint64_t sent_messages;
    uint64_t sent_bytes;
    uint64_t pings;
    uint64_t pong_timeouts;
    uint64_t write_timeouts;
    uint64_t closed[COUNTERS_CLOSE_KINDS];
    uint64_t refused[REFUSALS];
};

/* A member of struct counters, as Prometheus is told of it. */
struct counters_row {
    const char *name; /* without a prefix */
    const char *type;
    const char *help;
    size_t offset;     /* of the first of @count numbers */
    size_t count;      /* more than one: each has a value of the label */
    const char *label; /* NULL: none */
    const char *(*label_value)(size_t index, char room[8]);
};

/** Returns the rows, and sets @count. */
const struct counters_row *counters_rows(size_t *count);

/** Returns number @index of a row. */
uint64_t counters_value(const struct counters *counters, const struct counters_row *row,
                        size_t index);

/*
 * Where one service thread counts; a process has one that serves. It may lie in memory that several
 * processes share: each writes to its own and reads those of all, so that any of them can tell the
 * sum. There are no locks: every number is an aligned word, which is read whole.
 */
struct counters_slot {
    uint64_t pid;       /* 0: no process has begun to count here */
    uint64_t started_s; /* when it began, since the epoch */
    uint64_t draining;  /* not 0 while the process prepares to stop */
    struct counters counters;
};

/* The slots of all processes, and which of them is this one's. The host owns the memory. */
struct counters_board {
    struct counters_slot *slots;
    size_t count;
    size_t own;
};

/* What all slots of a board come to. */
struct counters_sum {
    uint64_t started_s; /* the earliest */
    uint64_t draining;  /* how many are */
    struct counters counters;
};

/** The process that counts in @slot is gone: what was open is closed without a code. */
void counters_end(struct counters_slot *slot);

/**
 * Begins to count in @slot for process @pid, unless it does already. What only grows goes on from
 * where a predecessor has left it; what was open with that has been closed without a code.
 */
void counters_begin(struct counters_slot *slot, uint64_t pid, uint64_t now_s);

/** Returns the kind, an index of "closed", of a connection that ended with @code. */
size_t counters_close_kind(unsigned code);

/** Returns the name of a kind: a code, or "3000-3999" and the like. */
const char *counters_close_name(size_t kind, char room[8]);

/** Returns the name of a refusal, a word of letters and hyphens. */
const char *counters_refusal_name(enum refusal refusal);

/** Adds up the slots of @board in which a process has begun to count. */
void counters_add_up(const struct counters_board *board, struct counters_sum *sum);
