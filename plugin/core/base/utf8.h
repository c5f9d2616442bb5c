#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The state between two pieces of a text. All zero: between two characters. */
struct utf8 {
    uint8_t missing; /* bytes still to come of a cut character; 0: low and high mean nothing */
    uint8_t low;     /* the range of the next byte */
    uint8_t high;
};

/**
 * Checks the next piece of a text, of @bytes (@text may be NULL if there are none).
 *
 * Pieces may cut a character anywhere: a fragment need not be valid by itself, only the whole
 * message (RFC 6455 section 5.6).
 *
 * Returns false at a byte that UTF-8 cannot have there (RFC 3629 section 4), whatever may follow:
 * the connection fails (RFC 6455 section 8.1). @utf8 is unusable then.
 */
bool utf8_check(struct utf8 *utf8, const void *text, size_t bytes);

/** Says whether the text may end here: no character is cut. */
static inline bool utf8_is_whole(const struct utf8 *utf8)
{
    return utf8->missing == 0;
}
