#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/frame.h"

/*
 * The output buffer that all connections of one service thread share.
 *
 * It holds whole frames of one connection, the owner, so that many small echoes leave in one write.
 * Before appending for another connection, the caller hands on the old owner's bytes. So a
 * connection that is not the owner holds no buffer.
 */
struct cork {
    uint8_t *buffer; /* after CORK_HEAD_BYTES more */
    size_t capacity_bytes;
    size_t start; /* offset of the first byte held */
    size_t end;   /* offset after the last byte held */
    void *owner;  /* whose bytes these are; NULL: nobody's */
};

/* What precedes the bytes that cork_take() returns; the transport may put its own header there. */
#define CORK_HEAD_BYTES ((size_t)32)

/* Hand the cork on when it holds this many bytes: larger writes are no faster. */
#define CORK_FULL_BYTES ((size_t)16384)

/**
 * Allocates a cork that takes a frame of up to @payload_max bytes whenever it is not full.
 *
 * Returns 0, or -1 if memory is short. The caller owns the cork and releases it with cork_fini().
 */
int cork_init(struct cork *cork, size_t payload_max);

/** Releases the buffer; bytes still held are lost. @cork may be all zero. */
void cork_fini(struct cork *cork);

/**
 * Appends one frame for the owner.
 *
 * The payload is copied; it may be reused on return.
 *
 * Returns 0, or -1 if the frame does not fit; the cork is unchanged then. A payload within the
 * limit given to cork_init() always fits while the cork is not full.
 */
int cork_append(struct cork *cork, struct frame frame, const void *payload, size_t payload_bytes);

/**
 * The same for a frame whose payload is @head, which is short, and then @payload.
 */
int cork_append_joined(struct cork *cork, struct frame frame, const void *head, size_t head_bytes,
                       const void *payload, size_t payload_bytes);

/**
 * Appends the header of a frame without its payload of @payload_bytes. The caller must send the
 * payload right after the bytes that cork_take() returns next.
 *
 * Returns 0, or -1 as cork_append() does.
 */
int cork_append_header(struct cork *cork, struct frame frame, size_t payload_bytes);

/** Returns how many bytes are held. */
static inline size_t cork_used(const struct cork *cork)
{
    return cork->end - cork->start;
}

/** Says whether the cork should be handed on now. */
static inline bool cork_is_full(const struct cork *cork)
{
    return cork_used(cork) >= CORK_FULL_BYTES;
}

/**
 * Takes all bytes out: the cork is empty and has no owner afterwards.
 *
 * Returns where the bytes are and sets @bytes to their count. They belong to the cork and stay
 * valid until the next cork_append().
 */
uint8_t *cork_take(struct cork *cork, size_t *bytes);
