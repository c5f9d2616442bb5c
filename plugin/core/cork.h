#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/frame.h"

/*
 * The output buffer that all connections of one service thread share.
 *
 * It holds whole frames of one connection, the owner, so that many small echoes leave in one
 * write. Whoever appends for another connection hands the old owner's bytes on first. A
 * connection that is not the owner therefore holds no buffer.
 */
struct cork {
    uint8_t *buffer;
    size_t capacity_bytes;
    size_t start; /* offset of the first byte held */
    size_t end;   /* offset behind the last byte held */
    void *owner;  /* whose bytes these are; NULL when nobody's */
};

/* From this many bytes on the cork should be handed on: larger writes gain nothing more. */
#define CORK_FULL_BYTES ((size_t)16384)

/**
 * Allocates a cork that takes a frame of up to @payload_max bytes whenever it is not full.
 *
 * Returns 0, or -1 if memory is short. The caller owns the cork and releases it with cork_fini().
 */
int cork_init(struct cork *cork, size_t payload_max);

void cork_fini(struct cork *cork);

/**
 * Appends one frame for the owner.
 *
 * The payload is copied; it may be reused on return.
 *
 * Returns 0, or -1 when the frame does not fit; the cork is unchanged then. That cannot
 * happen for payloads within the limit given to cork_init() while the cork is not full.
 */
int cork_append(struct cork *cork, struct frame frame, const void *payload, size_t payload_bytes);

/**
 * Appends the header of a frame whose payload, of @payload_bytes, follows from elsewhere: it has to
 * leave right behind what cork_take() returns next.
 *
 * Returns 0, or -1 as cork_append() does.
 */
int cork_append_header(struct cork *cork, struct frame frame, size_t payload_bytes);

static inline size_t cork_used(const struct cork *cork)
{
    return cork->end - cork->start;
}

static inline bool cork_is_full(const struct cork *cork)
{
    return cork_used(cork) >= CORK_FULL_BYTES;
}

/**
 * Takes all bytes out: the cork is empty and nobody's afterwards.
 *
 * Returns where the bytes are and sets @bytes to their count. They stay readable until the next
 * cork_append() and belong to the cork.
 */
uint8_t *cork_take(struct cork *cork, size_t *bytes);
