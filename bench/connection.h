#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frames.h"
#include "receiver.h"
#include "transport.h"

struct load;

enum connection_state {
    CONNECTION_NONE,
    CONNECTION_CONNECTING,
    CONNECTION_SECURING,  /* TLS handshake */
    CONNECTION_UPGRADING, /* WebSocket handshake */
    CONNECTION_OPEN,
    CONNECTION_CLOSING, /* a Close has been sent, or is about to be */
};

/* One client of the server. */
struct connection {
    unsigned index;
    enum connection_state state;
    struct transport transport;
    struct receiver receiver;
    uint64_t begun_ns; /* when connecting began */

    uint64_t released; /* messages that may be sent */
    uint64_t sent;     /* those of them that have been sent whole */
    size_t frame_sent; /* bytes sent of the next one */
    size_t retried;    /* frames that TLS has begun to send: it must get the same ones again */
    uint64_t quota;    /* with --hold: messages to send in all */
    uint64_t pings;    /* that have come */
    uint64_t *stamps;  /* when each message on the way was released, in load's ring */

    uint8_t control[FRAME_HEADER_MAX + FRAME_CONTROL_MAX]; /* a Pong or Close to send */
    size_t control_bytes;
    size_t control_sent;
    bool control_begun; /* cannot be replaced any more */
    bool closed;        /* the server's Close has come */

    char *head; /* the answer to the handshake while it is incomplete; usually NULL */
    size_t head_bytes;
};

/** Begins to connect. Returns 0, or -1 after saying what is wrong. */
int connection_begin(struct load *load, struct connection *connection);

/** Handles @events from epoll. Returns 0, or -1 after saying what is wrong. */
int connection_event(struct load *load, struct connection *connection, uint32_t events);

/**
 * Releases @count more messages at @now_ns and sends what the socket takes; the rest follows as the
 * socket becomes writable. Returns 0, or -1 after saying what is wrong.
 */
int connection_release(struct load *load, struct connection *connection, uint64_t count,
                       uint64_t now_ns);

/** Begins the closing handshake with 1000. Returns 0, or -1 after saying what is wrong. */
int connection_close(struct load *load, struct connection *connection);

/** Drops it without a Close. */
void connection_drop(struct connection *connection);

/** Returns how many messages are on the way. */
static inline uint64_t connection_outstanding(const struct connection *connection)
{
    return connection->released - connection->receiver.received;
}
