#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/types.h>

#include "arguments.h"

/* One connection's bytes, over TCP or TLS; never blocks. */
struct transport {
    int fd;
    SSL *ssl;        /* NULL: plain */
    bool short_read; /* the last read of the socket took all it had */
    bool exhausted;  /* nothing is left to receive until the next event */
};

/* What the functions below return instead of a count. */
enum {
    TRANSPORT_BLOCKED = -1, /* wait for the next event */
    TRANSPORT_FAILED = -2,  /* see transport_error() */
};

/** Returns the TLS settings of a run, for transport_secure(), or NULL. */
SSL_CTX *transport_tls(void);

/**
 * Begins to connect to the address in @arguments.
 *
 * @source numbers the source address within 127.0.0.0/8, so that ports do not run out. 0, or a
 * server elsewhere, leaves the choice to the kernel. Returns 0 or TRANSPORT_FAILED.
 */
int transport_connect(struct transport *transport, const struct arguments *arguments,
                      unsigned source);

/** Returns 0 when TCP is connected, as epoll's @events tell, or one of the above. */
int transport_connected(struct transport *transport, uint32_t events);

/** Begins or continues the TLS handshake. Returns 0 when done, or one of the above. */
int transport_secure(struct transport *transport, SSL_CTX *tls);

/** Returns how much was taken. When blocked over TLS, the same bytes must be sent next. */
ssize_t transport_send(struct transport *transport, const void *data, size_t bytes);

/** Returns how much came, 0 at the end. */
ssize_t transport_receive(struct transport *transport, void *buffer, size_t room);

void transport_close(struct transport *transport);

/** Describes the last failure; valid until the next call. */
const char *transport_error(void);
