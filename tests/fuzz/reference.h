#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The rules once more, written as the RFCs state them and as simply as possible. The fuzz targets
 * compare the real code with it. Nothing here is shared with what it judges.
 */

/* A text that comes byte by byte. All zero: nothing has come. */
struct reference_utf8 {
    uint8_t bytes[4]; /* of the character that is not complete */
    unsigned count;
    bool invalid;
};

/** Takes one byte (RFC 3629 sections 3 and 4). Returns false from the first byte that cannot be
 * there. */
bool reference_utf8_take(struct reference_utf8 *utf8, uint8_t byte);

/** Says whether the text may end here. */
bool reference_utf8_is_whole(const struct reference_utf8 *utf8);

/** Returns the code of the Close that answers a Close with @payload (RFC 6455 sections 5.5.1, 7.4).
 */
unsigned reference_close_answer(const uint8_t *payload, size_t bytes);
