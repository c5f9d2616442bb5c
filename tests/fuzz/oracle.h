#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decides what RFC 6455 and RFC 7692 demand of an echo that is sent some bytes, and compares it
 * with what the server has said. Both sides are read here, frame by frame.
 *
 * What the distribution's libwebsockets accepts against the RFC, without telling a plugin, is
 * accepted here, too, if it is the one that runs: frames that are not masked (section 5.1), lengths
 * in a longer form than they need (section 5.2), and RSV1 on Pings and empty Pongs where
 * compression was agreed on. Its Pings may be lost, and it refuses some close codes.
 */

enum {
    ORACLE_MESSAGES_MAX = 512,
    ORACLE_PINGS_MAX = 512,
    ORACLE_CONTROL_MAX = 125,
    ORACLE_PONGS_KEPT = 64, /* for a peer that does not read */
};

/* The most bytes that a message may inflate to. */
#define ORACLE_INFLATED_MAX ((size_t)1 << 20)

struct oracle_message {
    bool binary;
    bool whole;
    bool compressed;
    uint8_t *payload; /* inflated, if it was whole and could be; owned */
    size_t bytes;
};

struct oracle_control {
    uint8_t payload[ORACLE_CONTROL_MAX];
    size_t bytes;
};

/* What one side has sent, as far as it matters. */
struct oracle_side {
    struct oracle_message messages[ORACLE_MESSAGES_MAX]; /* only the last may be cut */
    size_t message_count;
    struct oracle_control pings[ORACLE_PINGS_MAX]; /* of the server: Pongs */
    size_t ping_count;
    size_t pings_sure; /* of the client: so many came before any fault was found */
    bool closed;       /* there is a Close */
    struct oracle_control close;
    unsigned fault;       /* of the client: the code to close with; 0: nothing is wrong */
    unsigned other_fault; /* one that may be found instead of it, or 0 */
    bool half_inflated; /* of the client: its last message may be wrong, or too big, before that */
    bool fault_may_be;  /* all but a byte has come: it may not have been found */
    bool end_unclear;   /* after a fault there may be no Close, or another, or less before it */
    bool reads_late;    /* of the client: Pongs may have been forgotten meanwhile */
    bool unclear;       /* too much, or nothing that can be judged: nothing is compared */
};

struct oracle_rules {
    bool compression;
    bool client_keeps_context;
    bool server_keeps_context;
    uint64_t max_message; /* 0: any */
    size_t window_bytes;  /* of the client; 0: the widest */
};

/* The libwebsockets that runs is a mended one: nothing is forgiven. Set before anything is read. */
extern bool oracle_is_strict;

/** Reads what a client has sent after its handshake. oracle_side_fini() releases what it takes. */
void oracle_read_client(struct oracle_side *side, const struct oracle_rules *rules,
                        const uint8_t *data, size_t bytes);

/**
 * Reads what the server has sent after its handshake, and checks that it may send that. If
 * @end_unclear, as in struct oracle_side, libwebsockets may send Pongs or a second Close after
 * ours.
 */
void oracle_read_server(struct oracle_side *side, const struct oracle_rules *rules,
                        bool end_unclear, const uint8_t *data, size_t bytes);

void oracle_side_fini(struct oracle_side *side);

/** Checks that the server has sent what it had to. */
void oracle_compare(const struct oracle_side *client, const struct oracle_side *server);
