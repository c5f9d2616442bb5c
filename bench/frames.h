#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "payload.h"

/* RFC 6455 section 5.2. */
#define FRAME_FIN 0x80
#define FRAME_RSV1 0x40
#define FRAME_RSV 0x70
#define FRAME_MASKED 0x80
#define FRAME_HEADER_MAX 14
#define FRAME_CONTROL_MAX 125

enum frame_opcode {
    FRAME_CONTINUATION = 0x0,
    FRAME_TEXT = 0x1,
    FRAME_BINARY = 0x2,
    FRAME_CLOSE = 0x8,
    FRAME_PING = 0x9,
    FRAME_PONG = 0xa,
};

/* The most bytes of a message that hold its sequence number. */
#define IMAGE_DIGITS_MAX 8

/*
 * Bytes that are the same for every message except its sequence number: up to eight hexadecimal
 * digits, so that text stays text.
 */
struct image {
    const uint8_t *bytes;
    size_t size;
    size_t digits_at;
    size_t digits;
    uint64_t mask; /* over the digits, in memory's order */
};

/** Returns the digits of @sequence as they are in memory, lowest address first. */
static inline uint64_t image_digits(const struct image *image, uint64_t sequence)
{
    const uint64_t low_nibbles = 0x0f0f0f0f0f0f0f0f;
    uint64_t spread = sequence & UINT32_MAX;
    uint64_t letters;

    spread = (spread | spread << 16) & 0x0000ffff0000ffff;
    spread = (spread | spread << 8) & 0x00ff00ff00ff00ff;
    spread = (spread | spread << 4) & low_nibbles;
    letters = (spread + 0x0606060606060606) >> 4 & 0x0101010101010101;
    spread += 0x3030303030303030 + letters * ('a' - '9' - 1);
    if (image->digits < IMAGE_DIGITS_MAX)
        spread = image->digits ? spread << 8 * (IMAGE_DIGITS_MAX - image->digits) : 0;

    return htobe64(spread) ^ image->mask;
}

/*
 * What a run sends: one message, prepared once, in a masked frame. Copies of the frame stand one
 * after the other, so that many leave in one write and nothing but their digits is written.
 */
struct frames {
    struct image payload;    /* unmasked: what comes back in a message */
    struct image frame;      /* masked: what is sent */
    struct image compressed; /* the payload of a compressed frame; no digits */
    enum frame_opcode opcode;
    uint8_t key[4];
    uint8_t *train;
    size_t train_frames;
    uint8_t *payload_bytes;    /* owned; payload points into it */
    uint8_t *compressed_bytes; /* owned; compressed points into it */
};

/**
 * Prepares messages of @bytes; @compress deflates them, for permessage-deflate. Up to @together are
 * sent at once.
 *
 * Returns 0, or -1 if memory is short. Release with frames_fini() in either case.
 */
int frames_init(struct frames *frames, enum payload_type type, size_t bytes, size_t together,
                bool compress);

void frames_fini(struct frames *frames);

/**
 * Returns the bytes of @count frames, numbered from @sequence on. They are valid until the next
 * call; @count is at most train_frames.
 */
const uint8_t *frames_train(struct frames *frames, uint64_t sequence, size_t count);

/** Writes a whole masked control frame, of at most FRAME_CONTROL_MAX bytes of payload, to @out.
 * Returns its size. */
size_t frames_control(const struct frames *frames, enum frame_opcode opcode, const void *payload,
                      size_t bytes, uint8_t *out);

/** Writes the header of an unmasked final frame. Returns its size. */
size_t frames_header(uint8_t *out, unsigned first, uint64_t bytes);
