#pragma once

#include <stddef.h>
#include <stdint.h>

enum payload_type {
    PAYLOAD_BINARY,
    PAYLOAD_ASCII,     /* text of one-byte characters */
    PAYLOAD_MULTIBYTE, /* text of characters of two, three and four bytes, mixed */
};

/**
 * Fills @out with @bytes that look irregular and are the same in every run. Text is valid UTF-8:
 * where no further character fits, it is padded with ASCII.
 */
void payload_fill(enum payload_type type, uint8_t *out, size_t bytes);
