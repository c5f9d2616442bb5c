#include "core/distances.h"

#include <string.h>

#define END_OF_BLOCK 256
#define LENGTH_LAST 285

/* What comes next. */
enum step {
    BLOCK,    /* the three bits that each block begins with */
    STORED,   /* the length of a stored block */
    COUNTS,   /* of a block with codes of its own: how many lengths it defines */
    ORDER,    /* the lengths of the codes that the lengths are written in */
    LENGTHS,  /* the lengths of the block's codes */
    SYMBOL,   /* a literal, a length, or the end of the block */
    DISTANCE, /* of the length before it */
};

enum outcome {
    GOOD,
    MISSING, /* more input is needed */
    WRONG,
};

void distances_init(struct distances *distances, unsigned window_bits)
{
    memset(distances, 0, sizeof(*distances));
    /* there are two symbols for each power of two (RFC 1951 section 3.2.5) */
    distances->limit = (uint8_t)(2 * window_bits);
}

static unsigned take(struct distances *distances, unsigned bits)
{
    unsigned number = (unsigned)(distances->hold & ((1ULL << bits) - 1));

    distances->hold >>= bits;
    distances->held = (uint8_t)(distances->held - bits);

    return number;
}

/* Skips the rest of the current byte; input comes by whole bytes. */
static void align(struct distances *distances)
{
    take(distances, distances->held % 8);
}

/* Makes a code of the lengths of its symbols, 0 for those that do not occur (section 3.2.2). */
static void make_code(uint16_t *of_length, uint16_t *symbols, const uint8_t *lengths, size_t count)
{
    uint16_t next[DISTANCES_CODE_BITS_MAX + 1] = {0};

    memset(of_length, 0, (DISTANCES_CODE_BITS_MAX + 1) * sizeof(*of_length));
    for (size_t symbol = 0; symbol < count; symbol++)
        if (lengths[symbol])
            of_length[lengths[symbol]]++;
    for (size_t length = 1; length < DISTANCES_CODE_BITS_MAX; length++)
        next[length + 1] = (uint16_t)(next[length] + of_length[length]);
    for (size_t symbol = 0; symbol < count; symbol++)
        if (lengths[symbol])
            symbols[next[lengths[symbol]]++] = (uint16_t)symbol;
}

/* Finds the symbol whose code comes next, and takes nothing. A code has its highest bit first. */
static enum outcome find_symbol(const struct distances *distances, const uint16_t *of_length,
                                const uint16_t *symbols, unsigned *symbol, unsigned *bits)
{
    uint64_t hold = distances->hold;
    unsigned code = 0;
    unsigned first = 0; /* the first code of this length */
    unsigned index = 0; /* and its place */

    for (unsigned length = 1; length <= DISTANCES_CODE_BITS_MAX; length++) {
        if (length > distances->held)
            return MISSING;
        code = (code << 1) | (hold & 1);
        hold >>= 1;
        first *= 2;
        if (code - first < of_length[length]) {
            *symbol = symbols[index + code - first];
            *bits = length;
            return GOOD;
        }
        first += of_length[length];
        index += of_length[length];
    }

    return WRONG;
}

/* Section 3.2.6. */
static void use_fixed_codes(struct distances *distances)
{
    uint8_t *lengths = distances->lengths;

    if (distances->are_fixed) /* so that many small blocks cost little */
        return;
    distances->are_fixed = true;
    memset(lengths, 8, 144);
    memset(lengths + 144, 9, 112);
    memset(lengths + 256, 7, 24);
    memset(lengths + 280, 8, 8);
    make_code(distances->literals_of_length, distances->literals, lengths, DISTANCES_LITERALS_MAX);
    memset(lengths, 5, DISTANCES_MAX);
    make_code(distances->distances_of_length, distances->distances, lengths, DISTANCES_MAX);
}

static enum outcome read_block(struct distances *distances)
{
    unsigned type;

    if (distances->held < 3)
        return MISSING;

    distances->is_final = take(distances, 1);
    type = take(distances, 2);
    if (type == 3)
        return WRONG;
    if (type == 0)
        align(distances);
    if (type == 1)
        use_fixed_codes(distances);
    distances->step = type == 0 ? STORED : type == 1 ? SYMBOL : COUNTS;

    return GOOD;
}

/* Section 3.2.4. */
static enum outcome read_stored(struct distances *distances)
{
    if (distances->held < 32)
        return MISSING;

    distances->skip_bits = 8 * take(distances, 16);
    take(distances, 16);
    distances->step = BLOCK;

    return GOOD;
}

/* Section 3.2.7. */
static enum outcome read_counts(struct distances *distances)
{
    if (distances->held < 14)
        return MISSING;

    distances->literal_count = (uint16_t)(257 + take(distances, 5));
    distances->distance_count = (uint16_t)(1 + take(distances, 5));
    distances->order_count = (uint16_t)(4 + take(distances, 4));
    distances->at = 0;
    distances->are_fixed = false;
    memset(distances->lengths, 0, sizeof(distances->lengths));
    distances->step = ORDER;

    return GOOD;
}

static enum outcome read_order(struct distances *distances)
{
    static const uint8_t order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                    11, 4,  12, 3, 13, 2, 14, 1, 15};

    if (distances->held < 3)
        return MISSING;

    distances->lengths[order[distances->at++]] = (uint8_t)take(distances, 3);
    if (distances->at < distances->order_count)
        return GOOD;

    make_code(distances->literals_of_length, distances->literals, distances->lengths,
              sizeof(order));
    distances->at = 0;
    distances->step = LENGTHS;

    return GOOD;
}

/* Takes a symbol of the lengths, with what follows it: a length, or how often to repeat one. */
static enum outcome read_length(struct distances *distances)
{
    static const uint8_t extra_bits[] = {2, 3, 7};
    static const uint8_t least[] = {3, 3, 11};
    unsigned symbol = 0;
    unsigned bits = 0;
    unsigned extra;
    unsigned times = 1;
    uint8_t length;
    enum outcome outcome =
        find_symbol(distances, distances->literals_of_length, distances->literals, &symbol, &bits);

    if (outcome != GOOD)
        return outcome;
    extra = symbol < 16 ? 0 : extra_bits[symbol - 16];
    if (bits + extra > distances->held)
        return MISSING;
    if (symbol == 16 && !distances->at)
        return WRONG;

    take(distances, bits);
    if (symbol >= 16)
        times = least[symbol - 16] + take(distances, extra);
    if (times > (unsigned)(distances->literal_count + distances->distance_count - distances->at))
        return WRONG;
    length = symbol < 16    ? (uint8_t)symbol
             : symbol == 16 ? distances->lengths[distances->at - 1]
                            : 0;
    memset(distances->lengths + distances->at, length, times);
    distances->at = (uint16_t)(distances->at + times);

    return GOOD;
}

static enum outcome read_lengths(struct distances *distances)
{
    enum outcome outcome = read_length(distances);

    if (outcome != GOOD || distances->at < distances->literal_count + distances->distance_count)
        return outcome;

    make_code(distances->literals_of_length, distances->literals, distances->lengths,
              distances->literal_count);
    make_code(distances->distances_of_length, distances->distances,
              distances->lengths + distances->literal_count, distances->distance_count);
    distances->step = SYMBOL;

    return GOOD;
}

/* Section 3.2.5. */
static enum outcome read_symbol(struct distances *distances)
{
    unsigned symbol = 0;
    unsigned bits = 0;
    enum outcome outcome =
        find_symbol(distances, distances->literals_of_length, distances->literals, &symbol, &bits);

    if (outcome != GOOD)
        return outcome;
    if (symbol > LENGTH_LAST)
        return WRONG;

    take(distances, bits);
    if (symbol < END_OF_BLOCK)
        return GOOD;
    if (symbol == END_OF_BLOCK) {
        if (distances->is_final)
            align(distances);
        distances->step = BLOCK;
        return GOOD;
    }
    if (symbol > 264 && symbol < LENGTH_LAST)
        distances->skip_bits = (symbol - 261) / 4;
    distances->step = DISTANCE;

    return GOOD;
}

static enum outcome read_distance(struct distances *distances)
{
    unsigned symbol = 0;
    unsigned bits = 0;
    enum outcome outcome = find_symbol(distances, distances->distances_of_length,
                                       distances->distances, &symbol, &bits);

    if (outcome != GOOD)
        return outcome;
    if (symbol >= distances->limit)
        return WRONG;

    take(distances, bits);
    distances->skip_bits = symbol < 4 ? 0 : symbol / 2 - 1;
    distances->step = SYMBOL;

    return GOOD;
}

static enum outcome skip(struct distances *distances)
{
    unsigned bits = distances->skip_bits < distances->held ? distances->skip_bits : distances->held;

    take(distances, bits);
    distances->skip_bits -= bits;

    return bits ? GOOD : MISSING;
}

static enum outcome take_step(struct distances *distances)
{
    if (distances->skip_bits)
        return skip(distances);

    switch ((enum step)distances->step) {
    case BLOCK:
        return read_block(distances);
    case STORED:
        return read_stored(distances);
    case COUNTS:
        return read_counts(distances);
    case ORDER:
        return read_order(distances);
    case LENGTHS:
        return read_lengths(distances);
    case SYMBOL:
        return read_symbol(distances);
    case DISTANCE:
        return read_distance(distances);
    }

    return WRONG;
}

bool distances_follow(struct distances *distances, const uint8_t *input, size_t bytes)
{
    const uint8_t *end = input + bytes;
    enum outcome outcome;

    /* no step needs more bits than are held unless the input is used up */
    do {
        for (; input < end && distances->held < 56; distances->held += 8)
            distances->hold |= (uint64_t)*input++ << distances->held;
        outcome = take_step(distances);
    } while (outcome == GOOD);

    return outcome == MISSING;
}
