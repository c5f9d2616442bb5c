#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a text stands between two pieces of it. All zero: between two characters. */
struct utf8 {
    uint8_t
        missing; /* bytes of the character that is cut; 0: none is, and the rest means nothing */
    uint8_t low; /* the range that the next of them must be in */
    uint8_t high;
};

/**
 * Checks the next piece of a text, of @bytes (@text may be NULL for none).
 *
 * Pieces may cut a character anywhere: a fragment need not be valid by itself, only the whole
 * message (RFC 6455 section 5.6).
 *
 * Returns false when the piece has a byte that cannot stand there in UTF-8 (RFC 3629 section 4),
 * whatever may follow: the connection has failed (RFC 6455 section 8.1). @utf8 is of no use then.
 */
bool utf8_check(struct utf8 *utf8, const void *text, size_t bytes);

/** Says whether the text may end here: no character is cut. */
static inline bool utf8_is_whole(const struct utf8 *utf8)
{
    return utf8->missing == 0;
}
