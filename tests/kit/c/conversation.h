#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"

/*
 * What a client sends and what it must hear, as rows of a table. Each row is delivered in several
 * ways: all in one write, a frame at a time, a byte at a time.
 */

struct said {
    unsigned first; /* a frame's first byte; in what is heard, only the opcode */
    const char *payload;
    size_t bytes;
    bool present;
    bool raw; /* no frame is made of the payload: it is sent as it is */
};

/* A frame whose payload is the string @text. */
#define SAY(first, text)                                                                           \
    {                                                                                              \
        (first), (text), sizeof(text) - 1, true, false                                             \
    }

/* The bytes of the string @text, to be sent as they are. */
#define RAW(text)                                                                                  \
    {                                                                                              \
        0, (text), sizeof(text) - 1, true, true                                                    \
    }

struct conversation {
    const char *name; /* the behaviour, and the section that requires it */
    struct said sent[12];
    struct said heard[8]; /* whole messages, and Pongs, each kind in its order */
    unsigned close;       /* code of the Close that ends it; 0: the connection stays open */
};

/** Plays each of @rows, over connections to @port, in every delivery, and checks what is heard. */
void check_conversations(uint16_t port, const struct conversation *rows, size_t count);

/** The same over connections whose handshakes have the further header lines @headers. */
void check_conversations_with(uint16_t port, const char *headers, const struct conversation *rows,
                              size_t count);

/** As check_conversations(), but messages and Pongs must come in the row's order. */
void check_ordered_conversations(uint16_t port, const struct conversation *rows, size_t count);
