#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "runner.h"

#define NOWHERE SIZE_MAX

#define TEXT(literal) (literal), sizeof(literal) - 1

/* What there is to get wrong: alone, and in the middle and at the end of longer texts. */
static const struct {
    const char *name;
    const char *text;
    size_t bytes;
    size_t refused_at; /* index of the byte after which no text can go on */
    bool whole;        /* no character is cut; says nothing about what is refused */
} samples[] = {
    {"nothing", TEXT(""), NOWHERE, true},
    {"ASCII", TEXT("Hello"), NOWHERE, true},
    {"all lengths", TEXT("z\xC3\x9F\xE6\xB0\xB4\xF0\x9F\x8D\x8Cz"), NOWHERE, true},

    {"U+0000, first of 1 byte", TEXT("\x00"), NOWHERE, true},
    {"U+007F, last of 1 byte", TEXT("\x7F"), NOWHERE, true},
    {"U+0080, first of 2 bytes", TEXT("\xC2\x80"), NOWHERE, true},
    {"U+07FF, last of 2 bytes", TEXT("\xDF\xBF"), NOWHERE, true},
    {"U+0800, first of 3 bytes", TEXT("\xE0\xA0\x80"), NOWHERE, true},
    {"U+0FFF, last after E0", TEXT("\xE0\xBF\xBF"), NOWHERE, true},
    {"U+1000, first after E1", TEXT("\xE1\x80\x80"), NOWHERE, true},
    {"U+CFFF, last after EC", TEXT("\xEC\xBF\xBF"), NOWHERE, true},
    {"U+D7FF, last below the surrogates", TEXT("\xED\x9F\xBF"), NOWHERE, true},
    {"U+E000, first above the surrogates", TEXT("\xEE\x80\x80"), NOWHERE, true},
    {"U+FEFF, byte order mark", TEXT("\xEF\xBB\xBF"), NOWHERE, true},
    {"U+FFFD, replacement character", TEXT("\xEF\xBF\xBD"), NOWHERE, true},
    {"U+10000, first of 4 bytes", TEXT("\xF0\x90\x80\x80"), NOWHERE, true},
    {"U+3FFFF, last after F0", TEXT("\xF0\xBF\xBF\xBF"), NOWHERE, true},
    {"U+40000, first after F1", TEXT("\xF1\x80\x80\x80"), NOWHERE, true},
    {"U+FFFFF, last after F3", TEXT("\xF3\xBF\xBF\xBF"), NOWHERE, true},
    {"U+100000, first after F4", TEXT("\xF4\x80\x80\x80"), NOWHERE, true},
    {"U+10FFFF, last of 4 bytes", TEXT("\xF4\x8F\xBF\xBF"), NOWHERE, true},

    {"U+FDD0, noncharacter", TEXT("\xEF\xB7\x90"), NOWHERE, true},
    {"U+FDEF, noncharacter", TEXT("\xEF\xB7\xAF"), NOWHERE, true},
    {"U+FFFE, noncharacter", TEXT("\xEF\xBF\xBE"), NOWHERE, true},
    {"U+FFFF, noncharacter", TEXT("\xEF\xBF\xBF"), NOWHERE, true},
    {"U+1FFFE, noncharacter", TEXT("\xF0\x9F\xBF\xBE"), NOWHERE, true},
    {"U+10FFFE, noncharacter", TEXT("\xF4\x8F\xBF\xBE"), NOWHERE, true},

    {"cut, 1 of 2", TEXT("\xC3"), NOWHERE, false},
    {"cut, 1 of 3", TEXT("\xE6"), NOWHERE, false},
    {"cut, 2 of 3", TEXT("\xE6\xB0"), NOWHERE, false},
    {"cut, 1 of 4", TEXT("\xF0"), NOWHERE, false},
    {"cut, 2 of 4", TEXT("\xF0\x9F"), NOWHERE, false},
    {"cut, 3 of 4", TEXT("\xF0\x9F\x8D"), NOWHERE, false},
    {"cut after others", TEXT("z\xC3\x9F\xE6\xB0\xB4\xF0\x9F\x8D"), NOWHERE, false},

    {"first continuation byte alone", TEXT("\x80"), 0, true},
    {"last continuation byte alone", TEXT("\xBF"), 0, true},
    {"continuation after ASCII", TEXT("z\x80"), 1, true},
    {"continuation after 2 of 2", TEXT("\xC3\x9F\x9F"), 2, true},
    {"continuation after 3 of 3", TEXT("\xE6\xB0\xB4\xB4"), 3, true},
    {"continuation after 4 of 4", TEXT("\xF0\x9F\x8D\x8C\x8C"), 4, true},

    {"ASCII after 1 of 2", TEXT("\xC3z"), 1, true},
    {"ASCII after 1 of 3", TEXT("\xE6z\xB0"), 1, true},
    {"ASCII after 2 of 3", TEXT("\xE6\xB0z"), 2, true},
    {"ASCII after 1 of 4", TEXT("\xF0z\x9F\x8D"), 1, true},
    {"ASCII after 2 of 4", TEXT("\xF0\x9Fz\x8D"), 2, true},
    {"ASCII after 3 of 4", TEXT("\xF0\x9F\x8Dz"), 3, true},
    {"2 bytes begin after 1 of 2", TEXT("\xC3\xC3\x9F"), 1, true},
    {"3 bytes begin after 2 of 3", TEXT("\xE6\xB0\xE6\xB0\xB4"), 2, true},
    {"4 bytes begin after 3 of 4", TEXT("\xF0\x9F\x8D\xF0\x9F\x8D\x8C"), 3, true},

    {"overlong, U+0000 in 2 bytes", TEXT("\xC0\x80"), 0, true},
    {"overlong, U+007F in 2 bytes", TEXT("\xC1\xBF"), 0, true},
    {"overlong, U+0000 in 3 bytes", TEXT("\xE0\x80\x80"), 1, true},
    {"overlong, U+07FF in 3 bytes", TEXT("\xE0\x9F\xBF"), 1, true},
    {"overlong, U+0000 in 4 bytes", TEXT("\xF0\x80\x80\x80"), 1, true},
    {"overlong, U+FFFF in 4 bytes", TEXT("\xF0\x8F\xBF\xBF"), 1, true},
    {"overlong, \"/\" in 2 bytes", TEXT("\xC0\xAF"), 0, true},

    {"U+D800, first surrogate", TEXT("\xED\xA0\x80"), 1, true},
    {"U+DBFF, last high surrogate", TEXT("\xED\xAF\xBF"), 1, true},
    {"U+DC00, first low surrogate", TEXT("\xED\xB0\x80"), 1, true},
    {"U+DFFF, last surrogate", TEXT("\xED\xBF\xBF"), 1, true},
    {"pair of surrogates", TEXT("\xED\xA0\xBC\xED\xBD\x8C"), 1, true},

    {"U+110000, first above all", TEXT("\xF4\x90\x80\x80"), 1, true},
    {"U+13FFFF, last after F4", TEXT("\xF4\xBF\xBF\xBF"), 1, true},
    {"U+140000, first after F5", TEXT("\xF5\x80\x80\x80"), 0, true},
    {"U+1FFFFF, last of 4 bytes once", TEXT("\xF7\xBF\xBF\xBF"), 0, true},
    {"first of 5 bytes once", TEXT("\xF8\x88\x80\x80\x80"), 0, true},
    {"last of 5 bytes once", TEXT("\xFB\xBF\xBF\xBF\xBF"), 0, true},
    {"first of 6 bytes once", TEXT("\xFC\x84\x80\x80\x80\x80"), 0, true},
    {"last of 6 bytes once", TEXT("\xFD\xBF\xBF\xBF\xBF\xBF"), 0, true},
    {"byte FE", TEXT("\xFE"), 0, true},
    {"byte FF", TEXT("\xFF"), 0, true},
};

#define SAMPLE_COUNT (sizeof(samples) / sizeof(samples[0]))

/* All the bytes at which some rule begins or ends. */
static const uint8_t edges[] = {
    0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
    0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFE, 0xFF,
};

/* Returns how many bytes a character has by the bits of its first one, 0 if it cannot be one. */
static size_t length_by(uint8_t first)
{
    if (first < 0x80)
        return 1;

    return first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
}

/*
 * Says whether some character begins with @bytes: decodes by the bits of RFC 3629 section 3, with
 * what is missing once as low and once as high as can be, and judges the range of these numbers.
 */
static bool can_begin_character(const uint8_t *character, size_t bytes)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = length_by(character[0]);
    uint32_t low = length == 1 ? character[0] : character[0] & (0x7FU >> length);
    uint32_t high = low;

    for (size_t i = 1; i < length; i++) {
        if (i < bytes && character[i] >> 6 != 2)
            return false;
        low = low << 6 | (i < bytes ? character[i] & 0x3F : 0);
        high = high << 6 | (i < bytes ? character[i] & 0x3F : 0x3F);
    }

    return length && high >= smallest[length] && low <= 0x10FFFF &&
           !(low >= 0xD800 && high <= 0xDFFF);
}

/* What a slow and simple decoder says about a text. */
struct judgement {
    size_t refused_at;
    bool whole;
};

static struct judgement judge(const uint8_t *text, size_t bytes)
{
    size_t begin = 0; /* of the character that i is in */

    for (size_t i = 0; i < bytes; i++) {
        size_t part = i - begin + 1;

        if (!can_begin_character(text + begin, part))
            return (struct judgement){i, false};
        if (part == length_by(text[begin]))
            begin = i + 1;
    }

    return (struct judgement){NOWHERE, begin == bytes};
}

static uint8_t *allocate(size_t bytes)
{
    uint8_t *memory = malloc(bytes);

    if (!memory)
        abort();

    return memory;
}

/* Checks a copy that ends where its memory does, so that AddressSanitizer sees reads beyond. */
static bool check_exact(struct utf8 *utf8, const uint8_t *text, size_t bytes)
{
    uint8_t *copy = allocate(bytes + !bytes);
    bool possible;

    memcpy(copy, text, bytes);
    possible = utf8_check(utf8, copy, bytes);
    free(copy);

    return possible;
}

/* Says whether the text, in pieces that end at @first and at @bytes, is judged as it should be. */
static bool agrees_in_two(const uint8_t *text, size_t first, size_t bytes)
{
    struct judgement of_first = judge(text, first);
    struct judgement of_both = judge(text, bytes);
    struct utf8 utf8 = {0};

    if (check_exact(&utf8, text, first) != (of_first.refused_at == NOWHERE))
        return false;
    if (of_first.refused_at != NOWHERE)
        return true;
    if (utf8_is_whole(&utf8) != of_first.whole)
        return false;
    if (check_exact(&utf8, text + first, bytes - first) != (of_both.refused_at == NOWHERE))
        return false;

    return of_both.refused_at != NOWHERE || utf8_is_whole(&utf8) == of_both.whole;
}

static uint32_t next_random(uint32_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;

    return *random;
}

/* Writes a character of 1 to 4 bytes, any of them valid. Returns its length. */
static size_t write_character(uint8_t *out, uint32_t *random)
{
    static const uint8_t firsts[] = {0x00, 0x00, 0xC0, 0xE0, 0xF0};
    size_t length = 1 + next_random(random) % 4;

    do {
        uint32_t bits = next_random(random);

        out[0] = (uint8_t)(firsts[length] | (bits & (length == 1 ? 0x7F : 0x7FU >> length)));
        for (size_t i = 1; i < length; i++)
            out[i] = (uint8_t)(0x80 | (bits >> (6 * i) & 0x3F));
    } while (!can_begin_character(out, length));

    return length;
}

static void all_zero_is_between_two_characters(void)
{
    struct utf8 utf8 = {0};

    CU_ASSERT_EQUAL(sizeof(utf8), 3);
    CU_ASSERT_TRUE(utf8_is_whole(&utf8));
}

static void nothing_changes_nothing(void)
{
    struct utf8 utf8 = {0};

    CU_ASSERT_TRUE(utf8_check(&utf8, NULL, 0));
    CU_ASSERT_TRUE(utf8_is_whole(&utf8));

    CU_ASSERT_TRUE(utf8_check(&utf8, "\xED", 1));
    CU_ASSERT_TRUE(utf8_check(&utf8, NULL, 0));
    CU_ASSERT_FALSE(utf8_is_whole(&utf8));
    CU_ASSERT_FALSE(utf8_check(&utf8, "\xA0", 1));
}

static void the_first_impossible_byte_is_refused(void)
{
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct utf8 utf8 = {0};
        size_t at = 0;

        while (at < samples[i].bytes && utf8_check(&utf8, samples[i].text + at, 1))
            at++;
        CHECK_ROW((at < samples[i].bytes ? at : NOWHERE) == samples[i].refused_at, samples[i].name);
        if (samples[i].refused_at == NOWHERE)
            CHECK_ROW(utf8_is_whole(&utf8) == samples[i].whole, samples[i].name);
    }
}

/* The decoder that other tests compare with is held to the same table. */
static void a_naive_decoder_refuses_the_same_bytes(void)
{
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct judgement judgement = judge((const uint8_t *)samples[i].text, samples[i].bytes);

        CHECK_ROW(judgement.refused_at == samples[i].refused_at, samples[i].name);
        if (samples[i].refused_at == NOWHERE)
            CHECK_ROW(judgement.whole == samples[i].whole, samples[i].name);
    }
}

static void a_text_in_two_pieces_is_judged_as_one(void)
{
    /* short, so that it goes by bytes, and with either piece long */
    static const struct {
        size_t before;
        size_t behind;
    } paddings[] = {{0, 0}, {0, 50}, {32, 50}, {33, 50}, {34, 50}, {70, 0}};

    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        size_t wrong = 0;

        for (size_t j = 0; j < sizeof(paddings) / sizeof(paddings[0]); j++) {
            size_t bytes = paddings[j].before + samples[i].bytes + paddings[j].behind;
            uint8_t text[200];

            memset(text, '.', sizeof(text));
            memcpy(text + paddings[j].before, samples[i].text, samples[i].bytes);
            for (size_t first = 0; first <= bytes; first++)
                wrong += !agrees_in_two(text, first, bytes);
        }
        CHECK_ROW(wrong == 0, samples[i].name);
    }
}

static void an_impossible_byte_is_found_wherever_it_stands(void)
{
    /* long enough for steps of all sizes; those from other places of memory need not be as long */
    enum { OFFSETS = 64, BYTES_MAX = 600, SHORT_MAX = 200, LONG_OFFSET = 21 };
    static const uint8_t impossible[] = {0x80, 0xC0, 0xF5, 0xFF};
    size_t refused = 0;
    size_t missed = 0;

    for (size_t offset = 0; offset < OFFSETS; offset++) {
        size_t bytes_max = offset % LONG_OFFSET ? SHORT_MAX : BYTES_MAX;

        for (size_t bytes = 0; bytes <= bytes_max; bytes++) {
            uint8_t *memory = allocate(offset + bytes + !bytes);
            uint8_t *text = memory + offset;

            memset(memory, 0xFF, offset); /* would be refused if it were looked at */
            memset(text, '.', bytes);
            refused += !utf8_check(&(struct utf8){0}, text, bytes);
            for (size_t i = 0; i < bytes; i++) {
                text[i] = impossible[(offset + i) % sizeof(impossible)];
                missed += utf8_check(&(struct utf8){0}, text, bytes);
                text[i] = '.';
            }
            free(memory);
        }
    }
    CU_ASSERT_EQUAL(refused, 0);
    CU_ASSERT_EQUAL(missed, 0);
}

static void a_changed_byte_is_judged_by_those_around_it(void)
{
    uint32_t random = 1;
    uint8_t text[110];
    size_t bytes = 0;
    size_t wrong = 0;

    while (bytes + 4 <= sizeof(text))
        bytes += write_character(text + bytes, &random);
    for (size_t i = 0; i < bytes; i++) {
        uint8_t was = text[i];

        for (size_t j = 0; j < sizeof(edges); j++) {
            text[i] = edges[j];
            for (size_t first = 0; first <= bytes; first += 13)
                wrong += !agrees_in_two(text, first, bytes);
        }
        text[i] = was;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* Checks @sequence in the middle of ASCII, and at its end, as one long piece. */
static bool agrees_in_long_text(const uint8_t *sequence, size_t bytes, size_t at)
{
    enum { LONG_BYTES = 48 };
    struct judgement judgement = judge(sequence, bytes);
    bool possible = judgement.refused_at == NOWHERE;
    uint8_t text[LONG_BYTES];
    struct utf8 utf8 = {0};
    bool middle;

    memset(text, '.', sizeof(text));
    memcpy(text + at % (LONG_BYTES - bytes), sequence, bytes);
    middle = utf8_check(&utf8, text, sizeof(text)) == (possible && judgement.whole);

    memset(text, '.', sizeof(text));
    memcpy(text + sizeof(text) - bytes, sequence, bytes);
    utf8 = (struct utf8){0};

    return middle && utf8_check(&utf8, text, sizeof(text)) == possible &&
           (!possible || utf8_is_whole(&utf8) == judgement.whole);
}

/*
 * Goes on from each sequence that some text begins with, to each next byte: all characters, all
 * ways to fail in them, and what may stand after those of 1 and 2 bytes. Of the last bytes of 4,
 * only those at which rules begin and end.
 */
static void every_sequence_is_judged_as_by_a_naive_decoder(void)
{
    struct utf8 states[5] = {{0}}; /* after so many bytes */
    uint8_t sequence[4] = {0};
    size_t wrong_alone = 0;
    size_t wrong_in_text = 0;
    size_t tried = 0;
    size_t bytes = 1;

    while (bytes) {
        uint8_t *last = &sequence[bytes - 1];
        struct judgement judgement = judge(sequence, bytes);
        bool possible = judgement.refused_at == NOWHERE;
        size_t length = length_by(sequence[0]);

        states[bytes] = states[bytes - 1];
        wrong_alone += utf8_check(&states[bytes], last, 1) != possible ||
                       (possible && utf8_is_whole(&states[bytes]) != judgement.whole);
        wrong_in_text += !agrees_in_long_text(sequence, bytes, tried++);

        if (possible && bytes < length + (length < 3)) {
            sequence[bytes++] = 0;
            continue;
        }
        if (bytes == sizeof(sequence) && *last % 16 == 0)
            *last += 14;
        while (bytes && sequence[bytes - 1]++ == 0xFF)
            bytes--;
    }
    CU_ASSERT_EQUAL(wrong_alone, 0);
    CU_ASSERT_EQUAL(wrong_in_text, 0);
    CU_ASSERT_TRUE(tried > 1000000);
}

/* Feeds @text in pieces of random sizes. Says whether each is judged as it should be. */
static bool agrees_in_many(const uint8_t *text, size_t bytes, uint32_t *random)
{
    size_t refused_at = judge(text, bytes).refused_at;
    struct utf8 utf8 = {0};
    size_t end = 0;

    for (size_t begin = 0; begin < bytes; begin = end) {
        end += next_random(random) % 90;
        if (end > bytes)
            end = bytes;
        if (!check_exact(&utf8, text + begin, end - begin))
            return refused_at >= begin && refused_at < end;
        if (refused_at < end || utf8_is_whole(&utf8) != judge(text, end).whole)
            return false;
    }

    return true;
}

static void mixed_text_in_any_pieces_is_judged_as_by_a_naive_decoder(void)
{
    enum { TEXTS = 4000 };
    uint32_t random = 2;
    size_t refused = 0;
    size_t wrong = 0;

    for (size_t i = 0; i < TEXTS; i++) {
        uint8_t text[300];
        size_t bytes = 0;

        while (bytes + 4 <= sizeof(text))
            bytes += write_character(text + bytes, &random);
        if (i % 2)
            text[next_random(&random) % bytes] = edges[next_random(&random) % sizeof(edges)];
        refused += judge(text, bytes).refused_at != NOWHERE;
        wrong += !agrees_in_many(text, bytes, &random);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(refused > TEXTS / 3 && refused < TEXTS / 2);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(all_zero_is_between_two_characters),
        TEST(nothing_changes_nothing),
        TEST(the_first_impossible_byte_is_refused),
        TEST(a_naive_decoder_refuses_the_same_bytes),
        TEST(a_text_in_two_pieces_is_judged_as_one),
        TEST(an_impossible_byte_is_found_wherever_it_stands),
        TEST(a_changed_byte_is_judged_by_those_around_it),
        TEST(every_sequence_is_judged_as_by_a_naive_decoder),
        TEST(mixed_text_in_any_pieces_is_judged_as_by_a_naive_decoder),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"utf8", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
