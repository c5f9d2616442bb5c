#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arguments.h"

#define HANDSHAKE_REQUEST_MAX 4096

/* A longer answer is refused. */
#define HANDSHAKE_ANSWER_MAX 8192

/* The opening handshake of a run's connections (RFC 6455 section 4.1). */
struct handshake {
    char request[HANDSHAKE_REQUEST_MAX];
    size_t request_bytes;
    char accept[32]; /* what Sec-WebSocket-Accept must be */
    const char *subprotocol;
    bool compress;
};

/* What the server agreed to. */
struct handshake_answer {
    bool keeps_context; /* its compressor may refer to earlier messages */
    int window_bits;    /* of its compressor */
    char fault[160];    /* what is wrong, for the user */
};

/** Composes the request. Returns 0, or -1 when the path or the subprotocol is too long. */
int handshake_init(struct handshake *handshake, const struct arguments *arguments);

/**
 * Checks the answer's head, including the empty line that ends it. Returns 0, or -1 with @answer's
 * fault set.
 */
int handshake_check(const struct handshake *handshake, const char *head, size_t bytes,
                    struct handshake_answer *answer);
