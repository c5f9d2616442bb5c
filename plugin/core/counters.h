#pragma once

#include <stddef.h>
#include <stdint.h>

/* Close codes from 1000 to 1015 are counted one by one, others by range. */
enum {
    COUNTERS_CLOSE_LIBRARIES = 16, /* 3000..3999 */
    COUNTERS_CLOSE_PRIVATE,        /* 4000..4999 */
    COUNTERS_CLOSE_OTHER,
    COUNTERS_CLOSE_KINDS,
};

/* Why a handshake is refused. counters_refusal_name() names each. */
enum refusal {
    REFUSAL_UPGRADE,
    REFUSAL_PATH,
    REFUSAL_METHOD,
    REFUSAL_HTTP_VERSION,
    REFUSAL_BODY,
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
 * What one service thread counts. Each member has a row in counters_rows(); a new member needs
 * nothing else. All but "open" only grow, even when another process takes over the slot.
 */
struct counters {
    uint64_t open; /* WebSocket connections */
    uint64_t opened;
    uint64_t received_messages;
    uint64_t received_bytes; /* payload of data frames, as on the wire */
    uint64_t sent_messages;
    uint64_t sent_bytes;
    uint64_t pings;
    uint64_t pong_timeouts;
    uint64_t write_timeouts;
    uint64_t closed[COUNTERS_CLOSE_KINDS];
    uint64_t refused[REFUSALS];
};

/* How a member of struct counters is reported to Prometheus. */
struct counters_row {
    const char *name; /* without a prefix */
    const char *type;
    const char *help;
    size_t offset;     /* of the first of @count numbers */
    size_t count;      /* if more than one, each has its own label value */
    const char *label; /* NULL: none */
    const char *(*label_value)(size_t index, char room[8]);
};

/** Returns the rows, which are static, and sets @count to their number. */
const struct counters_row *counters_rows(size_t *count);

/** Returns the number at @index (0..count - 1) of @row. */
uint64_t counters_value(const struct counters *counters, const struct counters_row *row,
                        size_t index);

/*
 * Where one service thread counts. Slots may be in memory that several processes share: each
 * process writes to its own slot and reads all of them, so that any process can report the sum.
 * There are no locks: every number is an aligned word, which is read whole.
 */
struct counters_slot {
    uint64_t pid;       /* 0: no process has begun to count here */
    uint64_t started_s; /* when it began, in seconds since the epoch */
    uint64_t draining;  /* not 0 while the process prepares to stop */
    struct counters counters;
};

/* The slots of all processes, and the index of this process's slot. The host owns the memory. */
struct counters_board {
    struct counters_slot *slots;
    size_t count;
    size_t own;
};

/* The sum of all slots of a board. */
struct counters_sum {
    uint64_t started_s; /* the earliest */
    uint64_t draining;  /* how many are draining */
    struct counters counters;
};

/** Ends @slot after its process is gone: open connections count as closed with 1006. */
void counters_end(struct counters_slot *slot);

/**
 * Begins to count in @slot for process @pid at @now_s, seconds since the epoch; does nothing if
 * @pid has begun already. The counters of a previous process go on; connections that it left open
 * count as closed with 1006.
 */
void counters_begin(struct counters_slot *slot, uint64_t pid, uint64_t now_s);

/** Returns the index in "closed" for a connection that ended with @code. */
size_t counters_close_kind(unsigned code);

/** Returns the name of a kind: a code, which is written to @room, or static text. */
const char *counters_close_name(size_t kind, char room[8]);

/** Returns the static name of a refusal: letters and hyphens. */
const char *counters_refusal_name(enum refusal refusal);

/** Sets @sum to the sum of all slots of @board in which a process counts or has counted. */
void counters_add_up(const struct counters_board *board, struct counters_sum *sum);
