#include "core/base/utf8.h"

#include <string.h>

/* The top bit of each byte in a word, which is clear in ASCII. */
#define HIGH_BITS ((uint64_t)0x8080808080808080)

#define WORD_BYTES sizeof(uint64_t)

/*
 * What must follow the first byte of a character: the grammar of RFC 3629 section 4, which excludes
 * overlong forms, surrogates and everything above U+10FFFF. All other bytes have no followers.
 */
static const struct utf8 begun_by[256] = {
    [0xC2 ... 0xDF] = {1, 0x80, 0xBF}, /* U+0080..U+07FF */
    [0xE0] = {2, 0xA0, 0xBF},          /* U+0800..U+0FFF */
    [0xE1 ... 0xEC] = {2, 0x80, 0xBF}, /* U+1000..U+CFFF */
    [0xED] = {2, 0x80, 0x9F},          /* U+D000..U+D7FF */
    [0xEE ... 0xEF] = {2, 0x80, 0xBF}, /* U+E000..U+FFFF */
    [0xF0] = {3, 0x90, 0xBF},          /* U+10000..U+3FFFF */
    [0xF1 ... 0xF3] = {3, 0x80, 0xBF}, /* U+40000..U+FFFFF */
    [0xF4] = {3, 0x80, 0x8F},          /* U+100000..U+10FFFF */
};

static inline bool check_byte(struct utf8 *utf8, uint8_t byte)
{
    if (utf8->missing) {
        bool fits = byte >= utf8->low && byte <= utf8->high;

        *utf8 = (struct utf8){(uint8_t)(utf8->missing - 1), 0x80, 0xBF};

        return fits;
    }
    if (byte < 0x80)
        return true;
    *utf8 = begun_by[byte];

    return utf8->missing != 0;
}

static inline bool is_ascii_word(const uint8_t *text)
{
    uint64_t word;

    memcpy(&word, text, sizeof(word));

    return !(word & HIGH_BITS);
}

/* Skips words of ASCII; checks other words byte by byte. */
static bool check_words(struct utf8 *utf8, const uint8_t *text, size_t bytes)
{
    struct utf8 now = *utf8; /* a local copy: for the compiler, @text may alias @utf8 */

    for (size_t i = 0; i < bytes;) {
        size_t stop;

        while (!now.missing && bytes - i >= WORD_BYTES && is_ascii_word(text + i))
            i += WORD_BYTES;
        stop = bytes - i < WORD_BYTES ? bytes : i + WORD_BYTES;
        for (; i < stop; i++)
            if (!check_byte(&now, text[i]))
                return false;
    }
    *utf8 = now;

    return true;
}

#if (defined(__SSE2__) || defined(__ARM_NEON)) && !defined(UTF8_PORTABLE)
#define HAS_VECTORS

/* GCC and clang vector types: one source for SSE2 and NEON. Comparisons yield marks. */
typedef uint8_t vector __attribute__((vector_size(16)));
typedef int8_t marks __attribute__((vector_size(16)));

/* Two vectors for each branch: on ASCII that is twice as fast as one. */
#define BLOCK_BYTES (2 * sizeof(vector))

/* After this many blocks of ASCII in a row the rest is probably ASCII, so take longer steps. */
#define CALM_BLOCKS 4
#define RUN_BYTES (8 * sizeof(vector))

/* A byte depends on at most this many before it: the first three of a four-byte character. */
#define LOOK_BACK 3

static inline vector load(const uint8_t *text)
{
    vector bytes;

    memcpy(&bytes, text, sizeof(bytes));

    return bytes;
}

static inline bool has_high_bits(vector bytes)
{
    uint64_t words[2];

    memcpy(words, &bytes, sizeof(words));

    return ((words[0] | words[1]) & HIGH_BITS) != 0;
}

/*
 * Marks the bytes that RFC 3629 section 4 does not allow at their place. Unlike a loop over
 * characters, this has no branches to mispredict when short and long characters mix.
 */
static inline marks errors(const uint8_t *text)
{
    vector byte = load(text);
    vector before = load(text - 1);
    vector before2 = load(text - 2);
    vector before3 = load(text - 3);
    marks continues = (byte & 0xC0) == 0x80;
    marks must_continue =
        ((before & 0xC0) == 0xC0) | ((before2 & 0xE0) == 0xE0) | ((before3 & 0xF0) == 0xF0);
    marks below_A0 = (byte & 0xE0) == 0x80; /* valid for continuation bytes only, as is below_90 */
    marks below_90 = (byte & 0xF0) == 0x80;
    marks overlong =
        ((byte & 0xFE) == 0xC0) | ((before == 0xE0) & below_A0) | ((before == 0xF0) & below_90);
    marks surrogate = (before == 0xED) & ~below_A0;
    marks too_large = ((before == 0xF4) & ~below_90) | (byte >= 0xF5);

    return (continues ^ must_continue) | overlong | surrogate | too_large;
}

/* Returns how many bytes at the start of @text are ASCII, in steps of RUN_BYTES. */
static size_t ascii_run(const uint8_t *text, size_t bytes)
{
    size_t i = 0;

    for (; bytes - i >= RUN_BYTES; i += RUN_BYTES) {
        vector all = load(text + i);

        for (size_t v = sizeof(vector); v < RUN_BYTES; v += sizeof(vector))
            all |= load(text + i + v);
        if (has_high_bits(all))
            break;
    }

    return i;
}

/* Checks one block or more; LOOK_BACK bytes of the same text must precede @text. */
static bool check_blocks(const uint8_t *text, size_t bytes)
{
    size_t last = bytes - BLOCK_BYTES;
    unsigned calm = 0; /* blocks of ASCII in a row */

    for (size_t i = 0; i < bytes; i += BLOCK_BYTES) {
        const uint8_t *block = text + (i < last ? i : last); /* overlaps rather than leave a rest */
        const uint8_t *second = block + sizeof(vector);

        if (has_high_bits(load(block - LOOK_BACK) | load(block) | load(second))) {
            if (has_high_bits((vector)(errors(block) | errors(second))))
                return false;
            calm = 0;
        } else if (++calm == CALM_BLOCKS && i < last) {
            i += ascii_run(second + sizeof(vector), last - i);
            calm = 0;
        }
    }

    return true;
}

static bool check_vectors(struct utf8 *utf8, const uint8_t *text, size_t bytes)
{
    struct utf8 now = *utf8;

    for (size_t i = 0; i < LOOK_BACK; i++)
        if (!check_byte(&now, text[i]))
            return false;
    if (!check_blocks(text + LOOK_BACK, bytes - LOOK_BACK))
        return false;

    /* The state depends on the last character only; bytes before its start do not matter. */
    now = (struct utf8){0};
    for (size_t i = bytes - LOOK_BACK; i < bytes; i++)
        check_byte(&now, text[i]);
    *utf8 = now;

    return true;
}
#endif

bool utf8_check(struct utf8 *utf8, const void *text, size_t bytes)
{
#ifdef HAS_VECTORS
    if (bytes >= LOOK_BACK + BLOCK_BYTES)
        return check_vectors(utf8, text, bytes);
#endif

    return check_words(utf8, text, bytes);
}
