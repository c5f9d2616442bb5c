#include "reference_inflate.h"

#include <string.h>

#define CODE_BITS_MAX 15
#define LITERALS_MAX 288
#define END_OF_BLOCK 256

struct decoder {
    const struct reference_window *window;
    size_t window_bytes;
    const uint8_t *message;
    size_t message_bits;
    size_t at;  /* bits taken */
    bool ended; /* as a message must */
    uint8_t *out;
    size_t room;
    size_t used;
};

/* The result of a step. Anything but GOOD ends the message. */
enum outcome {
    GOOD,
    FULL,
    BAD,
};

/* Symbols by the length of their codes, and then by value: the order of codes (section 3.2.2). */
struct code {
    unsigned of_length[CODE_BITS_MAX + 1];
    uint16_t symbols[LITERALS_MAX];
};

/* Takes a bit; if there is none, the message is BAD. */
static enum outcome take_bit(struct decoder *decoder, unsigned *bit)
{
    if (decoder->at == decoder->message_bits)
        return BAD;

    *bit = decoder->message[decoder->at / 8] >> decoder->at % 8 & 1;
    decoder->at++;

    return GOOD;
}

/* Takes a number of @count bits, the least significant first (section 3.1.1). */
static enum outcome take_bits(struct decoder *decoder, unsigned count, unsigned *number)
{
    enum outcome outcome = GOOD;
    unsigned bit = 0;

    *number = 0;
    for (unsigned i = 0; i < count && outcome == GOOD; i++) {
        outcome = take_bit(decoder, &bit);
        *number |= bit << i;
    }

    return outcome;
}

static enum outcome put(struct decoder *decoder, uint8_t byte)
{
    decoder->out[decoder->used++] = byte;

    return decoder->used == decoder->room ? FULL : GOOD;
}

/*
 * Makes a code of the lengths of its symbols, 0 for those that do not occur. Returns how many codes
 * of the longest kind are left over: negative if there are too many symbols.
 */
static long make_code(struct code *code, const uint8_t *lengths, size_t count)
{
    size_t at = 0;
    long left = 1;

    memset(code, 0, sizeof(*code));
    for (unsigned length = 1; length <= CODE_BITS_MAX; length++) {
        left *= 2;
        for (size_t symbol = 0; symbol < count; symbol++)
            if (lengths[symbol] == length) {
                code->symbols[at++] = (uint16_t)symbol;
                code->of_length[length]++;
                left--;
            }
        if (left < 0)
            return left;
    }

    return left;
}

/* Takes a symbol, whose code has its most significant bit first. */
static enum outcome take_symbol(struct decoder *decoder, const struct code *code, unsigned *symbol)
{
    unsigned first = 0; /* the first code of this length */
    unsigned index = 0; /* and its place */
    unsigned value = 0;

    for (unsigned length = 1; length <= CODE_BITS_MAX; length++) {
        unsigned bit = 0;

        if (take_bit(decoder, &bit) != GOOD)
            return BAD;
        value = value * 2 + bit;
        first *= 2;
        if (value - first < code->of_length[length]) {
            *symbol = code->symbols[index + value - first];
            return GOOD;
        }
        first += code->of_length[length];
        index += code->of_length[length];
    }

    return BAD;
}

/* Completes a length or a distance: @symbol, counted from 0, says how many extra bits follow. */
static enum outcome take_rest(struct decoder *decoder, unsigned symbol, unsigned group,
                              unsigned *number)
{
    /* @group symbols have no extra bits, then each @group / 2 ... one more (section 3.2.5) */
    unsigned extra = symbol < group * 2 ? 0 : symbol / group - 1;
    unsigned base = symbol;
    unsigned more = 0;
    enum outcome outcome = take_bits(decoder, extra, &more);

    if (extra)
        base = (group + symbol % group) << extra;
    *number = base + more;

    return outcome;
}

static enum outcome take_length(struct decoder *decoder, unsigned symbol, unsigned *length)
{
    enum outcome outcome;

    symbol -= END_OF_BLOCK + 1;
    if (symbol > 28)
        return BAD;
    if (symbol == 28) {
        *length = 258;
        return GOOD;
    }
    outcome = take_rest(decoder, symbol, 4, length);
    *length += 3;

    return outcome;
}

static enum outcome take_distance(struct decoder *decoder, const struct code *code,
                                  unsigned *distance)
{
    unsigned symbol = 0;
    enum outcome outcome = take_symbol(decoder, code, &symbol);

    if (outcome != GOOD)
        return outcome;
    if (symbol > 29)
        return BAD;
    outcome = take_rest(decoder, symbol, 2, distance);
    *distance += 1;

    return outcome;
}

/* Repeats what was said @distance bytes before. */
static enum outcome repeat(struct decoder *decoder, unsigned distance, unsigned length)
{
    const struct reference_window *window = decoder->window;
    enum outcome outcome = GOOD;

    if (distance > decoder->window_bytes || distance > decoder->used + window->known)
        return BAD;
    while (length-- && outcome == GOOD)
        outcome =
            put(decoder, distance <= decoder->used
                             ? decoder->out[decoder->used - distance]
                             : window->bytes[REFERENCE_WINDOW_BYTES - (distance - decoder->used)]);

    return outcome;
}

static enum outcome read_compressed(struct decoder *decoder, const struct code *literals,
                                    const struct code *distances)
{
    enum outcome outcome = GOOD;

    while (outcome == GOOD) {
        unsigned symbol = 0;
        unsigned length = 0;
        unsigned distance = 0;

        outcome = take_symbol(decoder, literals, &symbol);
        if (outcome != GOOD || symbol == END_OF_BLOCK)
            break;
        if (symbol < END_OF_BLOCK) {
            outcome = put(decoder, (uint8_t)symbol);
            continue;
        }
        outcome = take_length(decoder, symbol, &length);
        if (outcome == GOOD)
            outcome = take_distance(decoder, distances, &distance);
        if (outcome == GOOD)
            outcome = repeat(decoder, distance, length);
    }

    return outcome;
}

static void align(struct decoder *decoder)
{
    decoder->at = (decoder->at + 7) / 8 * 8;
}

/*
 * Section 3.2.4. The sender removes the length of the empty block that ends a message (RFC 7692
 * section 7.2.1).
 */
static enum outcome read_stored(struct decoder *decoder)
{
    unsigned length = 0;
    unsigned complement = 0;
    unsigned byte = 0;
    enum outcome outcome;

    align(decoder);
    decoder->ended = decoder->at == decoder->message_bits;
    if (decoder->ended)
        return GOOD;
    outcome = take_bits(decoder, 16, &length);
    if (outcome == GOOD)
        outcome = take_bits(decoder, 16, &complement);
    if (outcome == GOOD && length != (complement ^ 0xffff))
        return BAD;
    while (length-- && outcome == GOOD) {
        outcome = take_bits(decoder, 8, &byte);
        if (outcome == GOOD)
            outcome = put(decoder, (uint8_t)byte);
    }

    return outcome;
}

/* Section 3.2.6. */
static enum outcome read_fixed(struct decoder *decoder)
{
    struct code literals;
    struct code distances;
    uint8_t lengths[LITERALS_MAX];

    memset(lengths, 8, 144);
    memset(lengths + 144, 9, 112);
    memset(lengths + 256, 7, 24);
    memset(lengths + 280, 8, 8);
    make_code(&literals, lengths, LITERALS_MAX);
    memset(lengths, 5, 32);
    make_code(&distances, lengths, 32);

    return read_compressed(decoder, &literals, &distances);
}

/* Reads @count lengths of codes, which are themselves compressed (section 3.2.7). */
static enum outcome read_lengths(struct decoder *decoder, const struct code *code, uint8_t *lengths,
                                 size_t count)
{
    size_t at = 0;

    while (at < count) {
        unsigned symbol = 0;
        unsigned times = 0;
        uint8_t length = 0;

        if (take_symbol(decoder, code, &symbol) != GOOD)
            return BAD;
        if (symbol < 16) {
            lengths[at++] = (uint8_t)symbol;
            continue;
        }
        if (symbol == 16 && !at)
            return BAD;
        if (symbol == 16)
            length = lengths[at - 1];
        if (take_bits(decoder, symbol == 16 ? 2 : symbol == 17 ? 3 : 7, &times) != GOOD)
            return BAD;
        times += symbol == 18 ? 11 : 3;
        if (times > count - at)
            return BAD;
        memset(lengths + at, length, times);
        at += times;
    }

    return GOOD;
}

/* Says whether a code may be used: complete, or of distances with one symbol of one bit. */
static bool is_usable(const struct code *code, long left)
{
    unsigned symbols = 0;

    for (unsigned length = 1; length <= CODE_BITS_MAX; length++)
        symbols += code->of_length[length];

    return !left || !symbols || (left > 0 && symbols == 1 && code->of_length[1]);
}

static enum outcome read_dynamic(struct decoder *decoder)
{
    static const uint8_t order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                    11, 4,  12, 3, 13, 2, 14, 1, 15};
    struct code code;
    struct code distances;
    uint8_t lengths[LITERALS_MAX + 32] = {0};
    unsigned literal_count = 0;
    unsigned distance_count = 0;
    unsigned order_count = 0;
    unsigned length = 0;

    if (take_bits(decoder, 5, &literal_count) != GOOD ||
        take_bits(decoder, 5, &distance_count) != GOOD ||
        take_bits(decoder, 4, &order_count) != GOOD)
        return BAD;
    literal_count += 257;
    distance_count += 1;
    if (literal_count > 286 || distance_count > 30)
        return BAD;
    for (unsigned i = 0; i < order_count + 4; i++) {
        if (take_bits(decoder, 3, &length) != GOOD)
            return BAD;
        lengths[order[i]] = (uint8_t)length;
    }
    if (make_code(&code, lengths, sizeof(order)) != 0)
        return BAD;

    memset(lengths, 0, sizeof(lengths));
    if (read_lengths(decoder, &code, lengths, literal_count + distance_count) != GOOD ||
        !lengths[END_OF_BLOCK])
        return BAD;
    if (!is_usable(&code, make_code(&code, lengths, literal_count)) ||
        !is_usable(&distances, make_code(&distances, lengths + literal_count, distance_count)))
        return BAD;

    return read_compressed(decoder, &code, &distances);
}

/* Reads a block. Sets @final to whether it says that it is the last. */
static enum outcome read_block(struct decoder *decoder, unsigned *final)
{
    unsigned type = 0;

    if (take_bits(decoder, 1, final) != GOOD || take_bits(decoder, 2, &type) != GOOD)
        return BAD;

    switch (type) {
    case 0:
        return read_stored(decoder);
    case 1:
        return read_fixed(decoder);
    case 2:
        return read_dynamic(decoder);
    default:
        return BAD;
    }
}

static void keep(struct reference_window *window, const uint8_t *out, size_t bytes)
{
    size_t more = bytes < REFERENCE_WINDOW_BYTES ? bytes : REFERENCE_WINDOW_BYTES;

    memmove(window->bytes, window->bytes + more, REFERENCE_WINDOW_BYTES - more);
    memcpy(window->bytes + REFERENCE_WINDOW_BYTES - more, out + bytes - more, more);
    window->known += more;
    if (window->known > REFERENCE_WINDOW_BYTES)
        window->known = REFERENCE_WINDOW_BYTES;
}

size_t reference_inflate(struct reference_window *window, size_t window_bytes,
                         const uint8_t *message, size_t bytes, uint8_t *out, size_t room)
{
    struct decoder decoder = {
        .window = window,
        .window_bytes = window_bytes,
        .message = message,
        .message_bits = 8 * bytes,
        .out = out,
        .room = room,
    };
    enum outcome outcome = GOOD;
    unsigned final = 0;

    /* the last block is never the last: more may follow it (RFC 7692 section 7.2.3.4) */
    while (outcome == GOOD && !decoder.ended) {
        outcome = read_block(&decoder, &final);
        if (final)
            align(&decoder);
    }
    if (outcome != GOOD)
        return outcome == FULL ? room : REFERENCE_INVALID;
    keep(window, out, decoder.used);

    return decoder.used;
}
