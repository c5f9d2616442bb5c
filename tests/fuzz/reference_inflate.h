#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * DEFLATE once more (RFC 1951), bit by bit, from a whole message at a time. The fuzz targets
 * compare zlib, as the core uses it, with this.
 */

#define REFERENCE_WINDOW_BYTES ((size_t)1 << 15)

/* What a decompressor knows of the messages before. All zero: nothing. */
struct reference_window {
    uint8_t bytes[REFERENCE_WINDOW_BYTES]; /* the last of it at the end */
    size_t known;
};

/* The message is not valid. */
#define REFERENCE_INVALID SIZE_MAX

/**
 * Inflates a compressed message into @out, of @room bytes (RFC 7692 section 7.2.2), and adds it to
 * @window. No distance may be greater than @window_bytes.
 *
 * Returns how many bytes come out, @room if there may be more, or REFERENCE_INVALID; @window is
 * unusable then.
 */
size_t reference_inflate(struct reference_window *window, size_t window_bytes,
                         const uint8_t *message, size_t bytes, uint8_t *out, size_t room);
