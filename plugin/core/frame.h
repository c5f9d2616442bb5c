#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opcodes of RFC 6455 section 5.2. */
enum opcode {
    OPCODE_CONTINUATION = 0x0,
    OPCODE_TEXT = 0x1,
    OPCODE_BINARY = 0x2,
    OPCODE_CLOSE = 0x8,
    OPCODE_PING = 0x9,
    OPCODE_PONG = 0xa,
};

/* The bit in a frame's first byte that marks a compressed message (RFC 7692 section 6). */
#define FRAME_RSV1_BIT 0x40

/* What a frame's first byte says. */
struct frame {
    enum opcode opcode;
    bool fin;
    bool rsv1;
};

/* The longest header of an unmasked frame, in bytes: 2, and 8 of extended length. */
#define FRAME_HEADER_MAX 10

/* The longest payload of a control frame, in bytes (RFC 6455 section 5.5). */
#define FRAME_CONTROL_PAYLOAD_MAX 125

/** Returns the size in bytes of the header of an unmasked frame: 2, 4 or 10. */
size_t frame_header_size(uint64_t payload_bytes);

/**
 * Writes the header of an unmasked frame to @out.
 *
 * The length is written in the shortest of its three forms (RFC 6455 section 5.2). @out must have
 * room for frame_header_size() bytes. Returns that size.
 */
size_t frame_header_write(uint8_t *out, struct frame frame, uint64_t payload_bytes);
