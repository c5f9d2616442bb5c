#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Follows the blocks of DEFLATE data (RFC 1951) without inflating them, to find a match that begins
 * before the window. zlib cannot: it finds a distance in what it has written in the same call, even
 * where that is farther away than the window is wide.
 *
 * The time is linear in the input, whatever that inflates to.
 */

#define DISTANCES_CODE_BITS_MAX 15
#define DISTANCES_LITERALS_MAX 288
#define DISTANCES_MAX 32

struct distances {
    uint64_t hold;      /* bits that have come but are not used, the first one lowest */
    uint8_t held;       /* how many */
    uint8_t step;       /* enum step */
    uint8_t limit;      /* the first distance symbol that is beyond the window */
    bool is_final;      /* the current block says that it is the last one */
    uint32_t skip_bits; /* to skip before the next step */

    /* the header of a block with codes of its own */
    uint16_t literal_count;
    uint16_t distance_count;
    uint16_t order_count;
    uint16_t at; /* how many of its lengths are known */
    uint8_t lengths[DISTANCES_LITERALS_MAX + DISTANCES_MAX];

    /* codes: how many are of each length, and what they mean, in their order */
    bool are_fixed;
    uint16_t literals_of_length[DISTANCES_CODE_BITS_MAX + 1];
    uint16_t distances_of_length[DISTANCES_CODE_BITS_MAX + 1];
    uint16_t literals[DISTANCES_LITERALS_MAX];
    uint16_t distances[DISTANCES_MAX];
};

/** Prepares for data whose window is 2^@window_bits bytes (8..15). */
void distances_init(struct distances *distances, unsigned window_bits);

/**
 * Follows the next @bytes of the data. A block that is marked as final ends at a byte boundary, and
 * another one may follow (RFC 7692 section 7.2.1).
 *
 * Returns false if there is a match that begins before the window, or if the data is no DEFLATE; it
 * must not be called again then. It does not look for all faults that data may have.
 */
bool distances_follow(struct distances *distances, const uint8_t *input, size_t bytes);
