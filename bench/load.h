#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arguments.h"
#include "connection.h"
#include "cpu.h"
#include "frames.h"
#include "handshake.h"
#include "histogram.h"

/* The most received at once from a connection. */
#define LOAD_INPUT_BYTES ((size_t)1048576)

/* No limit to the messages that may be sent. */
#define LOAD_UNLIMITED UINT64_MAX

/* What a kind of load does on each event. Each function returns 0, or -1 after saying what is
 * wrong. */
struct load_mode {
    bool spreads_sources; /* each connection comes from the next source address */
    int (*opened)(struct load *load, struct connection *connection);
    int (*came)(struct load *load, struct connection *connection, uint64_t messages);
    int (*ended)(struct load *load, struct connection *connection); /* after both Closes */
};

/* What all connections share. */
struct load {
    const struct arguments *arguments;
    const struct load_mode *mode;
    int epoll;
    SSL_CTX *tls; /* NULL: plain */
    struct handshake handshake;
    struct frames frames;
    struct receiver_rules rules;
    struct cpu cpu;
    uint8_t *input;
    bool heard; /* something came in the current step */
    uint64_t heard_ns;
    uint64_t now_ns; /* when the current step began */

    struct connection *connections;
    size_t room; /* of connections */
    size_t begun;
    size_t opening;
    size_t open;
    uint64_t begun_connections; /* in all, including those that have ended */
    uint64_t *stamps;
    uint64_t stamp_mask; /* of each connection's ring */

    uint64_t budget; /* how many more may begin: messages, or connections with --churn */
    uint64_t done;   /* how many are complete */
    bool measuring;
    struct histogram latency;
    bool command_waits; /* on standard input */
    unsigned farewell;  /* the code that the server may close with; 0: none */
};

/**
 * Prepares for up to @room connections, and does @work with them.
 *
 * Returns what @work does, 0 or -1, or -1 after saying what is wrong.
 */
int load_run(const struct arguments *arguments, const struct load_mode *mode, size_t room,
             int (*work)(struct load *load));

/** Waits for events until @until_ns at most, and handles them. Returns 0, or -1 after saying what
 * is wrong. */
int load_step(struct load *load, uint64_t until_ns);

/** Steps for @seconds. Returns 0, or -1 after saying what is wrong. */
int load_step_for(struct load *load, double seconds);

/** Opens connections until there are @count. Returns 0, or -1 after saying what is wrong. */
int load_open(struct load *load, size_t count);

/** Steps until nothing is on the way. Returns 0, or -1 after saying what is wrong. */
int load_drain(struct load *load);

/** Counts the messages of @connection that have just come, and their latency. */
void load_count(struct load *load, const struct connection *connection, uint64_t messages,
                uint64_t now_ns);

/** Takes up to @count from the budget. Returns how much it took. */
uint64_t load_spend(struct load *load, uint64_t count);
