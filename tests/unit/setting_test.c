#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "check_text.h"
#include "core/base/setting.h"
#include "runner.h"

#define NAME_MAX_BYTES 8
#define NOTE_MAX_BYTES 100
#define TAGS_MAX_BYTES 10

/* A target of settings that are nobody's, with bytes around each text that must stay. */
struct sample {
    uint64_t size_bytes;
    uint64_t count;
    uint64_t threads;
    uint64_t delay_ms;
    uint64_t room_bytes;
    char name[NAME_MAX_BYTES + 1];
    char behind_name;
    char note[NOTE_MAX_BYTES + 1];
    char behind_note;
    uint64_t colour;
    uint64_t form;
    uint64_t loud;
    char tags[TAGS_MAX_BYTES + 1];
    char behind_tags[8]; /* as many as leave no padding: samples are compared as bytes */
    char words[NOTE_MAX_BYTES + 1];
};

#define KEPT '#'

static const char *check_note(const char *value, size_t bytes)
{
    return memchr(value, '!', bytes) ? "a calm note" : NULL;
}

static const char *check_tag(const char *value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (value[i] != ' ' && (value[i] < 'a' || value[i] > 'z'))
            return "a tag, of small letters";

    return NULL;
}

enum colour { RED, GREEN, BLUE };

static const char *const colours[] = {
    [RED] = "red", [GREEN] = "green", [BLUE] = "blue", [BLUE + 1] = NULL};

static const struct setting rows[] = {
    {
        .key = "size",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct sample, size_bytes),
        .min = 2,
        .max = 300,
        .number = 7,
        .unit = "bytes",
        .change = SETTING_GROWTH_RESTARTS,
        .grows_to = 100,
    },
    {
        .key = "count",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct sample, count),
        .max = UINT64_MAX,
        .number = 0,
        .unit = "",
    },
    {
        .key = "threads",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct sample, threads),
        .min = 1,
        .max = 8,
        .number = 2,
        .unit = "cores",
        .word = "all",
        .change = SETTING_CHANGE_RESTARTS,
        .vhost = SETTING_VHOST_ADMIN,
    },
    {
        .key = "delay",
        .type = SETTING_TIME,
        .offset = offsetof(struct sample, delay_ms),
        .min = 10,
        .max = 60000,
        .number = 1500,
    },
    {
        .key = "room",
        .type = SETTING_SIZE,
        .offset = offsetof(struct sample, room_bytes),
        .min = 1024,
        .max = UINT64_MAX,
        .number = 2048,
    },
    {
        .key = "name",
        .type = SETTING_TEXT,
        .offset = offsetof(struct sample, name),
        .min = 2,
        .max = NAME_MAX_BYTES,
        .text = "abc",
        .app_text = "app",
        .vhost = SETTING_VHOST_ADMIN,
    },
    {
        .key = "note",
        .type = SETTING_TEXT,
        .offset = offsetof(struct sample, note),
        .max = NOTE_MAX_BYTES,
        .text = "",
        .vhost = SETTING_VHOST_BOTH,
        .check = check_note,
    },
    {
        .key = "colour",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct sample, colour),
        .number = GREEN,
        .choices = colours,
    },
    {
        .key = "loud",
        .type = SETTING_SWITCH,
        .offset = offsetof(struct sample, loud),
    },
    {
        .key = "tags",
        .type = SETTING_LIST,
        .offset = offsetof(struct sample, tags),
        .max = TAGS_MAX_BYTES,
        .text = "x,y",
        .change = SETTING_CHANGE_RESTARTS,
        .check = check_tag,
    },
    {
        .key = "words",
        .type = SETTING_LIST,
        .offset = offsetof(struct sample, words),
        .max = NOTE_MAX_BYTES,
        .text = "",
    },
    {
        .key = "parts",
        .type = SETTING_SECTION,
        .offset = offsetof(struct sample, form),
        .change = SETTING_CHANGE_RESTARTS,
        .text = "{ PART, ... }",
    },
};

static const struct setting_table table = {rows, sizeof(rows) / sizeof(rows[0])};

static struct sample new_sample(void)
{
    struct sample sample;

    memset(&sample, KEPT, sizeof(sample));
    setting_defaults(table, &sample);

    return sample;
}

/* Sets @key to @value, which must be refused without a trace in the target. */
static void check_refused(const char *key, const char *value, const char *row,
                          struct setting_error *error)
{
    struct sample sample = new_sample();
    struct sample before;

    memcpy(&before, &sample, sizeof(before));
    CHECK_ROW(setting_set(table, &sample, key, value, error) == -1, row);
    CHECK_ROW(!memcmp(&sample, &before, sizeof(sample)), row);
}

static void defaults_are_written_and_nothing_else(void)
{
    struct sample sample = new_sample();

    CU_ASSERT_EQUAL(sample.size_bytes, 7);
    CU_ASSERT_EQUAL(sample.count, 0);
    CU_ASSERT_EQUAL(sample.threads, 2);
    CHECK_TEXT(sample.name, "abc", "name");
    CHECK_TEXT(sample.note, "", "note");
    CU_ASSERT_EQUAL(sample.colour, GREEN);
    CHECK_TEXT(sample.tags, "x,y", "tags");
    CHECK_TEXT(sample.words, "", "words");
    CU_ASSERT_EQUAL(sample.name[4], KEPT);
    CU_ASSERT_EQUAL(sample.behind_name, KEPT);
    CU_ASSERT_EQUAL(sample.behind_note, KEPT);
    CU_ASSERT_EQUAL(sample.tags[4], KEPT);
    CU_ASSERT_EQUAL(sample.behind_tags[0], KEPT);
}

static void the_app_has_defaults_of_its_own(void)
{
    struct sample sample = new_sample();

    setting_app_defaults(table, &sample);
    CHECK_TEXT(sample.name, "app", "name");
    CHECK_TEXT(sample.note, "", "note");
    CU_ASSERT_EQUAL(sample.size_bytes, 7);
}

/* Returns a sample in which every row has another value than its default. */
static struct sample changed_sample(void)
{
    static const char *const pairs[][2] = {
        {"size", "50"},      {"count", "9"},     {"threads", "all"}, {"name", "other"},
        {"note", "another"}, {"colour", "blue"}, {"tags", "z"},      {"words", "w"}};
    struct sample sample = new_sample();
    struct setting_error error;

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        CHECK_ROW(!setting_set(table, &sample, pairs[i][0], pairs[i][1], &error), pairs[i][0]);

    return sample;
}

static void what_a_vhost_serves_is_cleared_and_nothing_else(void)
{
    struct sample sample = changed_sample();
    struct sample changed = changed_sample();

    setting_clear(table, &sample, SETTING_VHOST_ADMIN);
    CHECK_TEXT(sample.name, "", "name");
    CU_ASSERT_EQUAL(sample.threads, 2);
    memcpy(sample.name, changed.name, sizeof(sample.name));
    sample.threads = changed.threads;
    CU_ASSERT_EQUAL(memcmp(&sample, &changed, sizeof(sample)), 0);

    setting_clear(table, &sample, SETTING_VHOST_PUBLIC);
    CU_ASSERT_EQUAL(sample.size_bytes, 7);
    CU_ASSERT_EQUAL(sample.count, 0);
    CU_ASSERT_EQUAL(sample.colour, GREEN);
    CHECK_TEXT(sample.tags, "x,y", "tags");
    CHECK_TEXT(sample.words, "", "words");
    CHECK_TEXT(sample.name, "other", "name");
    CHECK_TEXT(sample.note, "another", "note");
    CU_ASSERT_EQUAL(sample.threads, SETTING_WORD);
}

static void rows_say_which_change_takes_a_restart(void)
{
    static const struct {
        const char *name;
        const char *key;
        const char *before;
        const char *after;
        bool restarts;
    } cases[] = {
        {"live text", "note", "a", "b", false},
        {"live number", "count", "1", "2", false},
        {"number", "threads", "1", "2", true},
        {"number to its word", "threads", "1", "all", true},
        {"the same number", "threads", "8", "8", false},
        {"list", "tags", "a", "a,b", true},
        {"the same list", "tags", "a,b", "a , b", false},
        {"growth", "size", "200", "201", true},
        {"less", "size", "300", "200", false},
        {"growth up to the room there is", "size", "2", "100", false},
        {"growth beyond it", "size", "2", "101", true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sample before = new_sample();
        struct sample after = new_sample();
        struct setting_error error;
        const struct setting *row;

        before.form = after.form = 1;
        CHECK_ROW(!setting_set(table, &before, cases[i].key, cases[i].before, &error),
                  cases[i].name);
        CHECK_ROW(!setting_set(table, &after, cases[i].key, cases[i].after, &error), cases[i].name);
        row = setting_restarts(table, &before, &after);
        CHECK_ROW(cases[i].restarts ? row == setting_find(table, cases[i].key) : !row,
                  cases[i].name);
        after = before;
        after.form = 2;
        CHECK_ROW(setting_restarts(table, &before, &after) == setting_find(table, "parts"),
                  "another form of a section");
    }
}

static void a_number_in_range_is_taken(void)
{
    static const struct {
        const char *key;
        const char *value;
        uint64_t number;
    } cases[] = {
        {"size", "2", 2},     {"size", "3", 3},  {"size", "299", 299},
        {"size", "300", 300}, {"count", "0", 0}, {"count", "18446744073709551615", UINT64_MAX},
        {"threads", "8", 8},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sample sample = new_sample();
        struct setting_error error;

        errno = ERANGE; /* what failed before has no effect */
        CHECK_ROW(!setting_set(table, &sample, cases[i].key, cases[i].value, &error),
                  cases[i].value);
        CHECK_ROW(setting_number(setting_find(table, cases[i].key), &sample) == cases[i].number,
                  cases[i].value);
    }
}

static void a_number_out_of_range_is_refused(void)
{
    static const struct {
        const char *key;
        const char *value;
        const char *says;
    } cases[] = {
        {"size", "1", "1 is out of range (2..300 bytes; default 7)"},
        {"size", "0", "0 is out of range (2..300 bytes; default 7)"},
        {"size", "301", "301 is out of range (2..300 bytes; default 7)"},
        {"size", "-1", "-1 is out of range (2..300 bytes; default 7)"},
        {"size", "-7", "-7 is out of range (2..300 bytes; default 7)"},
        {"size", "4294967298", "4294967298 is out of range (2..300 bytes; default 7)"},
        {"size", "18446744073709551618",
         "18446744073709551618 is out of range (2..300 bytes; default 7)"},
        {"count", "18446744073709551616",
         "18446744073709551616 is out of range (0..18446744073709551615; default 0)"},
        {"count", "-1", "-1 is out of range (0..18446744073709551615; default 0)"},
        {"threads", "9", "9 is out of range (1..8 cores or \"all\"; default 2)"},
        {"threads", "18446744073709551615",
         "18446744073709551615 is out of range (1..8 cores or \"all\"; default 2)"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting_error error;

        check_refused(cases[i].key, cases[i].value, cases[i].value, &error);
        CHECK_TEXT(error.key, cases[i].key, cases[i].value);
        CHECK_TEXT(error.text, cases[i].says, cases[i].value);
    }
}

static void what_is_not_a_whole_number_is_refused(void)
{
    static const char *const values[] = {
        "", " ", "x", "1.5", "7.0", "1e3", "0x10", " 7", "7 ", "7x", "7,5", "--7", "-", "+",
    };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct setting_error error;
        char says[100];

        check_refused("size", values[i], values[i], &error);
        snprintf(says, sizeof(says), "\"%s\" is not a whole number (2..300 bytes; default 7)",
                 values[i]);
        CHECK_TEXT(error.key, "size", values[i]);
        CHECK_TEXT(error.text, says, values[i]);
    }
}

static void a_sign_is_no_part_of_a_number(void)
{
    struct setting_error error;

    check_refused("size", "+7", "+7", &error);
    check_refused("count", "-0", "-0", &error);
}

static void a_word_is_taken_in_the_place_of_a_number(void)
{
    static const char *const wrong[] = {"", "al", "alll", "All", " all", "all ", "\"all\""};
    struct sample sample = new_sample();
    struct setting_error error;

    CU_ASSERT_EQUAL(setting_set(table, &sample, "threads", "all", &error), 0);
    CU_ASSERT_EQUAL(setting_number(setting_find(table, "threads"), &sample), SETTING_WORD);

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char says[100];

        check_refused("threads", wrong[i], wrong[i], &error);
        snprintf(says, sizeof(says),
                 "\"%s\" is not a whole number (1..8 cores or \"all\"; default 2)", wrong[i]);
        CHECK_TEXT(error.text, says, wrong[i]);
    }
    check_refused("size", "all", "the word of another row", &error);
}

static void times_and_sizes_are_taken_with_and_without_units(void)
{
    static const struct {
        const char *key;
        const char *value;
        uint64_t number;
        const char *written; /* what is taken as the same again */
    } cases[] = {
        {"delay", "2", 2000, "2"},
        {"delay", "2s", 2000, "2"},
        {"delay", "2000ms", 2000, "2"},
        {"delay", "250ms", 250, "250ms"},
        {"delay", "10ms", 10, "10ms"},
        {"delay", "60", 60000, "60"},
        {"delay", "60000ms", 60000, "60"},
        {"delay", "1001ms", 1001, "1001ms"},
        {"room", "1024", 1024, "1024"},
        {"room", "1k", 1024, "1024"},
        {"room", "64k", 65536, "65536"},
        {"room", "3m", 3145728, "3145728"},
        {"room", "18446744073709551615", UINT64_MAX, "18446744073709551615"},
        {"room", "18014398509481983k", UINT64_MAX - 1023, "18446744073709550592"},
        {"threads", "all", SETTING_WORD, "all"},
        {"size", "300", 300, "300"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct setting *row = setting_find(table, cases[i].key);
        struct sample sample = new_sample();
        struct setting_error error;
        char written[40];

        CHECK_ROW(setting_is_number(row), cases[i].key);
        CHECK_ROW(!setting_set(table, &sample, cases[i].key, cases[i].value, &error),
                  cases[i].value);
        CHECK_ROW(setting_number(row, &sample) == cases[i].number, cases[i].value);
        setting_write_number(row, &sample, written, sizeof(written));
        CHECK_TEXT(written, cases[i].written, cases[i].value);
        CHECK_ROW(!setting_set(table, &sample, cases[i].key, written, &error), written);
        CHECK_ROW(setting_number(row, &sample) == cases[i].number, written);
    }
    CU_ASSERT_FALSE(setting_is_number(setting_find(table, "colour")));
    CU_ASSERT_FALSE(setting_is_number(setting_find(table, "note")));
}

#define DELAY_TAKES " (10ms..60 s, like 2 or 250ms; default 1500ms)"
#define ROOM_TAKES " (1024..18446744073709551615 bytes, like 65536 or 64k; default 2048)"

static void what_is_no_time_or_size_is_refused(void)
{
    static const struct {
        const char *key;
        const char *value;
        const char *says;
    } cases[] = {
        {"delay", "0", "0 is out of range" DELAY_TAKES},
        {"delay", "9ms", "9ms is out of range" DELAY_TAKES},
        {"delay", "61", "61 is out of range" DELAY_TAKES},
        {"delay", "60001ms", "60001ms is out of range" DELAY_TAKES},
        {"delay", "-2", "-2 is out of range" DELAY_TAKES},
        {"delay", "-2s", "-2s is out of range" DELAY_TAKES},
        /* as many ms as wrap around to a second */
        {"delay", "18446744073709552617", "18446744073709552617 is out of range" DELAY_TAKES},
        {"delay", "18446744073709553", "18446744073709553 is out of range" DELAY_TAKES},
        {"delay", "", "\"\" is not a time" DELAY_TAKES},
        {"delay", "0.5", "\"0.5\" is not a time" DELAY_TAKES},
        {"delay", "ms", "\"ms\" is not a time" DELAY_TAKES},
        {"delay", "2 s", "\"2 s\" is not a time" DELAY_TAKES},
        {"delay", "2S", "\"2S\" is not a time" DELAY_TAKES},
        {"delay", "2m", "\"2m\" is not a time" DELAY_TAKES},
        {"delay", "2k", "\"2k\" is not a time" DELAY_TAKES},
        {"delay", "2msx", "\"2msx\" is not a time" DELAY_TAKES},
        {"delay", "+2s", "\"+2s\" is not a time" DELAY_TAKES},
        {"delay", "-", "\"-\" is not a time" DELAY_TAKES},
        {"delay", "--2", "\"--2\" is not a time" DELAY_TAKES},
        {"room", "1023", "1023 is out of range" ROOM_TAKES},
        {"room", "0k", "0k is out of range" ROOM_TAKES},
        {"room", "18014398509481984k", "18014398509481984k is out of range" ROOM_TAKES},
        {"room", "64K", "\"64K\" is not a size" ROOM_TAKES},
        {"room", "64kb", "\"64kb\" is not a size" ROOM_TAKES},
        {"room", "k", "\"k\" is not a size" ROOM_TAKES},
        {"room", "64s", "\"64s\" is not a size" ROOM_TAKES},
        {"size", "3k", "\"3k\" is not a whole number (2..300 bytes; default 7)"},
        {"size", "3s", "\"3s\" is not a whole number (2..300 bytes; default 7)"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting_error error;

        check_refused(cases[i].key, cases[i].value, cases[i].value, &error);
        CHECK_TEXT(error.text, cases[i].says, cases[i].value);
    }
}

static void a_text_within_its_limits_is_taken(void)
{
    static const struct {
        const char *key;
        const char *value;
    } cases[] = {
        {"name", "ab"}, {"name", "abcdefg"},  {"name", "abcdefgh"},
        {"note", ""},   {"note", "\xC3\xBC"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sample sample = new_sample();
        struct setting_error error;

        CHECK_ROW(!setting_set(table, &sample, cases[i].key, cases[i].value, &error),
                  cases[i].value);
        CHECK_TEXT(setting_text(setting_find(table, cases[i].key), &sample), cases[i].value,
                   cases[i].value);
        CHECK_ROW(sample.behind_name == KEPT && sample.behind_note == KEPT, cases[i].value);
    }
}

static void a_text_of_wrong_length_is_refused(void)
{
    static const struct {
        const char *value;
        const char *says;
    } cases[] = {
        {"", "\"\" has 0 bytes (2..8; default \"abc\")"},
        {"a", "\"a\" has 1 bytes (2..8; default \"abc\")"},
        {"abcdefghi", "\"abcdefghi\" has 9 bytes (2..8; default \"abc\")"},
        /* bytes count, not characters */
        {"\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC.",
         "\"\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC.\" has 9 bytes (2..8; default \"abc\")"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting_error error;

        check_refused("name", cases[i].value, cases[i].value, &error);
        CHECK_TEXT(error.key, "name", cases[i].value);
        CHECK_TEXT(error.text, cases[i].says, cases[i].value);
    }
}

static void a_long_text_is_taken_to_its_limit_and_cut_in_the_message(void)
{
    struct sample sample = new_sample();
    char value[NOTE_MAX_BYTES + 2];
    struct setting_error error;
    char says[200];

    memset(value, 'n', sizeof(value));
    value[NOTE_MAX_BYTES] = '\0';
    CU_ASSERT_EQUAL(setting_set(table, &sample, "note", value, &error), 0);
    CU_ASSERT_STRING_EQUAL(sample.note, value);
    CU_ASSERT_EQUAL(sample.behind_note, KEPT);

    value[NOTE_MAX_BYTES] = 'n';
    value[NOTE_MAX_BYTES + 1] = '\0';
    snprintf(says, sizeof(says), "\"%.64s...\" has 101 bytes (0..100; default \"\")", value);
    check_refused("note", value, "101 bytes", &error);
    CHECK_TEXT(error.text, says, "101 bytes");
}

static void a_text_is_refused_by_its_rows_rule(void)
{
    struct setting_error error;

    check_refused("note", "Quick!", "Quick!", &error);
    CHECK_TEXT(error.key, "note", "Quick!");
    CHECK_TEXT(error.text, "\"Quick!\" is not a calm note (default \"\")", "Quick!");
}

static void a_word_is_taken_as_its_index(void)
{
    for (uint64_t i = RED; i <= BLUE; i++) {
        struct sample sample = new_sample();
        const struct setting *row = setting_find(table, "colour");
        struct setting_error error;

        CHECK_ROW(!setting_set(table, &sample, "colour", colours[i], &error), colours[i]);
        CHECK_ROW(sample.colour == i, colours[i]);
        CHECK_ROW(setting_number(row, &sample) == i, colours[i]);
        CHECK_TEXT(setting_text(row, &sample), colours[i], colours[i]);
    }
}

static void a_word_that_is_no_choice_is_refused(void)
{
    static const char *const values[] = {"", "re", "redd", "Red", " red", "red ", "0", "red,blue"};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct setting_error error;
        char says[200];

        check_refused("colour", values[i], values[i], &error);
        snprintf(says, sizeof(says),
                 "\"%s\" is not one of \"red\", \"green\", \"blue\" (default \"green\")",
                 values[i]);
        CHECK_TEXT(error.key, "colour", values[i]);
        CHECK_TEXT(error.text, says, values[i]);
    }
}

static void a_switch_is_true_or_false(void)
{
    static const char *const wrong[] = {"", "on", "1", "True", "true "};
    struct sample sample = new_sample();
    struct setting_error error;

    CU_ASSERT_EQUAL(sample.loud, 0);
    CU_ASSERT_FALSE(setting_set(table, &sample, "loud", "true", &error));
    CU_ASSERT_EQUAL(sample.loud, 1);
    CHECK_TEXT(setting_text(setting_find(table, "loud"), &sample), "true", "loud");
    CU_ASSERT_FALSE(setting_set(table, &sample, "loud", "false", &error));
    CU_ASSERT_EQUAL(sample.loud, 0);

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char says[100];

        check_refused("loud", wrong[i], wrong[i], &error);
        snprintf(says, sizeof(says), "\"%s\" is neither true nor false (default false)", wrong[i]);
        CHECK_TEXT(error.text, says, wrong[i]);
    }
}

static void a_list_is_taken_without_the_spaces_around_items(void)
{
    static const struct {
        const char *value;
        const char *list;
    } cases[] = {
        {"", ""},
        {" \t ", ""},
        {"a", "a"},
        {"a,b", "a,b"},
        {"abc,defg,h", "abc,defg,h"},
        {" a , b\t,\tc ", "a,b,c"},
        {"a b, c d", "a b,c d"},
        {"a,a", "a,a"},
        /* spaces do not count */
        {"   abcde   ,    fghi   ", "abcde,fghi"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sample sample = new_sample();
        struct setting_error error;

        CHECK_ROW(!setting_set(table, &sample, "tags", cases[i].value, &error), cases[i].value);
        CHECK_TEXT(setting_text(setting_find(table, "tags"), &sample), cases[i].list,
                   cases[i].value);
        CHECK_ROW(sample.behind_tags[0] == KEPT, cases[i].value);
    }
}

#define TAGS_TAKE " (a list of up to 10 bytes, commas included; default x,y)"

static void a_list_with_a_wrong_item_is_refused(void)
{
    static const struct {
        const char *value;
        const char *says;
    } cases[] = {
        {",", "\",\" has an empty item" TAGS_TAKE},
        {"a,", "\"a,\" has an empty item" TAGS_TAKE},
        {",a", "\",a\" has an empty item" TAGS_TAKE},
        {"a,,b", "\"a,,b\" has an empty item" TAGS_TAKE},
        {"a, ,b", "\"a, ,b\" has an empty item" TAGS_TAKE},
        {"A", "\"A\" is not a tag, of small letters (default x,y)"},
        {"a, Bc ,d", "\"Bc\" is not a tag, of small letters (default x,y)"},
        {"a,b, cD", "\"cD\" is not a tag, of small letters (default x,y)"},
        {"a,b\nc", "\"b?c\" is not a tag, of small letters (default x,y)"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting_error error;

        check_refused("tags", cases[i].value, cases[i].value, &error);
        CHECK_TEXT(error.key, "tags", cases[i].value);
        CHECK_TEXT(error.text, cases[i].says, cases[i].value);
    }
}

static void a_list_of_too_many_bytes_is_refused(void)
{
    static const struct {
        const char *value;
        const char *says;
    } cases[] = {
        {"abcdefghijk", "\"abcdefghijk\" has 11 bytes" TAGS_TAKE},
        {"abcde,fghij", "\"abcde,fghij\" has 11 bytes" TAGS_TAKE},
        {"a,b,c,d,e,f", "\"a,b,c,d,e,f\" has 11 bytes" TAGS_TAKE},
        {"abcde , fghij", "\"abcde , fghij\" has 11 bytes" TAGS_TAKE},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting_error error;

        check_refused("tags", cases[i].value, cases[i].value, &error);
        CHECK_TEXT(error.text, cases[i].says, cases[i].value);
    }
}

static void a_long_item_is_cut_in_the_message(void)
{
    char value[300];
    struct setting_error error;
    char says[300];

    memset(value, 'n', sizeof(value));
    value[sizeof(value) - 1] = '\0';
    snprintf(
        says, sizeof(says),
        "\"%.64s...\" has 299 bytes (a list of up to 100 bytes, commas included; default empty)",
        value);
    check_refused("words", value, "299 bytes", &error);
    CHECK_TEXT(error.text, says, "299 bytes");

    value[200] = '!';
    snprintf(says, sizeof(says), "\"%.128s\" is not a tag, of small letters (default x,y)", value);
    check_refused("tags", value, "201 bytes", &error);
    CHECK_TEXT(error.text, says, "201 bytes");
}

static void items_are_taken_off_a_list_in_their_order(void)
{
    static const struct {
        const char *list;
        const char *items[4];
    } cases[] = {
        {"", {NULL}},
        {"a", {"a"}},
        {"a,b", {"a", "b"}},
        {"abc,d e,fgh", {"abc", "d e", "fgh"}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *rest = cases[i].list;
        const char *item = NULL;
        size_t bytes = 7;

        for (size_t n = 0; cases[i].items[n]; n++) {
            CHECK_ROW(setting_list_next(&rest, &item, &bytes), cases[i].list);
            CHECK_ROW(bytes == strlen(cases[i].items[n]), cases[i].list);
            CHECK_ROW(!strncmp(item, cases[i].items[n], bytes), cases[i].list);
        }
        item = NULL;
        bytes = 7;
        CHECK_ROW(!setting_list_next(&rest, &item, &bytes), cases[i].list);
        CHECK_ROW(!setting_list_next(&rest, &item, &bytes), cases[i].list);
        CHECK_ROW(!item && bytes == 7, cases[i].list);
    }
}

static void an_unknown_key_names_the_nearest_one(void)
{
    static const struct {
        const char *key;
        const char *nearest;
    } cases[] = {
        {"siz", "size"},       /* one left out */
        {"sizes", "size"},     /* one too many */
        {"side", "size"},      /* another one */
        {"Size", "size"},      /* case matters */
        {"cuont", "count"},    /* two exchanged */
        {"counter7", "count"}, /* three too many */
        {"cou", "count"},      /* its beginning */
        {"nme", "name"},       {"nota", "note"}, {"part", "parts"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting_error error;
        char says[100];

        check_refused(cases[i].key, "3", cases[i].key, &error);
        snprintf(says, sizeof(says), "unknown key; did you mean \"%s\"?", cases[i].nearest);
        CHECK_TEXT(error.key, cases[i].key, cases[i].key);
        CHECK_TEXT(error.text, says, cases[i].key);
    }
}

static void an_unknown_key_near_none_names_all(void)
{
    static const char *const keys[] = {"", "q", "qqqq", "counter77", "sizeablething"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct setting_error error;

        check_refused(keys[i], "3", keys[i], &error);
        CHECK_TEXT(error.key, keys[i], keys[i]);
        CHECK_TEXT(error.text,
                   "unknown key; known are \"size\", \"count\", \"threads\", \"delay\", \"room\", "
                   "\"name\", \"note\", "
                   "\"colour\", \"loud\", "
                   "\"tags\", \"words\", \"parts\"",
                   keys[i]);
    }
}

static void a_short_key_is_not_near_all_other_short_keys(void)
{
    static const struct setting short_rows[] = {{.key = "tls"}, {.key = "key"}};
    static const struct {
        const char *key;
        const char *says;
    } cases[] = {
        {"tsl", "unknown key; did you mean \"tls\"?"},
        {"keys", "unknown key; did you mean \"key\"?"},
        {"abc", "unknown key; known are \"tls\", \"key\""},
        {"", "unknown key; known are \"tls\", \"key\""},
    };
    const struct setting_table short_table = {short_rows, 2};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting_error error;

        setting_fail_unknown(&error, short_table, cases[i].key);
        CHECK_TEXT(error.text, cases[i].says, cases[i].key);
    }
}

static void the_beginning_of_a_key_goes_before_a_misspelling(void)
{
    static const struct setting long_rows[] = {{.key = "path"}, {.key = "ping-interval"}};
    const struct setting_table long_table = {long_rows, 2};
    struct setting_error error;

    setting_fail_unknown(&error, long_table, "ping");
    CHECK_TEXT(error.text, "unknown key; did you mean \"ping-interval\"?", "ping");
    setting_fail_unknown(&error, long_table, "pi");
    CHECK_TEXT(error.text, "unknown key; did you mean \"path\"?", "pi");
}

static void a_message_stays_in_its_line(void)
{
    struct setting_error error;

    setting_fail(&error, "a\nb\x7f", "\"%s\" is \t\xc3\xbc", "c\r\n");
    CHECK_TEXT(error.key, "a?b?", "key");
    CHECK_TEXT(error.text, "\"c??\" is ?\xc3\xbc", "text");
}

static void a_section_cannot_be_set_from_text(void)
{
    struct setting_error error;

    check_refused("parts", "3", "parts", &error);
}

static void keys_longer_than_any_message_are_refused(void)
{
    struct setting long_row = {0};
    struct setting_table long_table = {&long_row, 1};
    struct setting_error error;
    char row_key[200];
    char key[1000];

    memset(key, 'k', sizeof(key));
    key[sizeof(key) - 1] = '\0';
    check_refused(key, "3", "999 letters", &error);
    CU_ASSERT_EQUAL(strlen(error.key), sizeof(error.key) - 1);
    CU_ASSERT_FALSE(strncmp(error.key, key, sizeof(error.key) - 1));

    memset(row_key, 'r', sizeof(row_key));
    row_key[sizeof(row_key) - 1] = '\0';
    long_row.key = row_key;
    setting_fail_unknown(&error, long_table, key);
    CU_ASSERT_FALSE(strncmp(error.text, "unknown key; known are \"rrr", 26));
}

static void more_known_keys_than_a_message_holds_are_cut(void)
{
    enum { COUNT = 12 };
    static char keys[COUNT][48];
    struct setting many[COUNT] = {0};
    struct setting_table long_table = {many, COUNT};
    struct setting_error error;

    for (size_t i = 0; i < COUNT; i++) {
        snprintf(keys[i], sizeof(keys[i]), "a-key-of-nearly-forty-bytes-number-%04zu", i);
        many[i].key = keys[i];
    }
    memset(&error, 0, sizeof(error));
    setting_fail_unknown(&error, long_table, "other");
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "\"a-key-of-nearly-forty-bytes-number-0000\", "));
    CU_ASSERT_TRUE(strlen(error.text) < sizeof(error.text));
}

static void values_a_row_takes_are_described(void)
{
    static const struct {
        const char *key;
        const char *says;
    } cases[] = {
        {"size", "2..300 bytes; default 7"},
        {"count", "0..18446744073709551615; default 0"},
        {"threads", "1..8 cores or \"all\"; default 2"},
        {"delay", "10ms..60 s, like 2 or 250ms; default 1500ms"},
        {"room", "1024..18446744073709551615 bytes, like 65536 or 64k; default 2048"},
        {"name", "default \"abc\""},
        {"note", "default \"\""},
        {"colour", "one of \"red\", \"green\", \"blue\"; default \"green\""},
        {"loud", "true or false; default false"},
        {"tags", "a list of up to 10 bytes, commas included; default x,y"},
        {"words", "a list of up to 100 bytes, commas included; default empty"},
        {"parts", "{ PART, ... }"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char says[100];

        setting_describe(setting_find(table, cases[i].key), says, sizeof(says));
        CHECK_TEXT(says, cases[i].says, cases[i].key);
        setting_describe(setting_find(table, cases[i].key), says, 5);
        CHECK_ROW(strlen(says) == 4 && !strncmp(says, cases[i].says, 4), cases[i].key);
    }
}

static void only_the_exact_key_is_found(void)
{
    for (size_t i = 0; i < table.count; i++)
        CHECK_ROW(setting_find(table, rows[i].key) == &rows[i], rows[i].key);

    CU_ASSERT_PTR_NULL(setting_find(table, "siz"));
    CU_ASSERT_PTR_NULL(setting_find(table, "sizes"));
    CU_ASSERT_PTR_NULL(setting_find(table, "SIZE"));
    CU_ASSERT_PTR_NULL(setting_find(table, ""));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(defaults_are_written_and_nothing_else),
        TEST(the_app_has_defaults_of_its_own),
        TEST(what_a_vhost_serves_is_cleared_and_nothing_else),
        TEST(rows_say_which_change_takes_a_restart),
        TEST(a_number_in_range_is_taken),
        TEST(a_number_out_of_range_is_refused),
        TEST(what_is_not_a_whole_number_is_refused),
        TEST(a_sign_is_no_part_of_a_number),
        TEST(a_word_is_taken_in_the_place_of_a_number),
        TEST(times_and_sizes_are_taken_with_and_without_units),
        TEST(what_is_no_time_or_size_is_refused),
        TEST(a_text_within_its_limits_is_taken),
        TEST(a_text_of_wrong_length_is_refused),
        TEST(a_long_text_is_taken_to_its_limit_and_cut_in_the_message),
        TEST(a_text_is_refused_by_its_rows_rule),
        TEST(a_word_is_taken_as_its_index),
        TEST(a_word_that_is_no_choice_is_refused),
        TEST(a_switch_is_true_or_false),
        TEST(a_list_is_taken_without_the_spaces_around_items),
        TEST(a_list_with_a_wrong_item_is_refused),
        TEST(a_list_of_too_many_bytes_is_refused),
        TEST(a_long_item_is_cut_in_the_message),
        TEST(items_are_taken_off_a_list_in_their_order),
        TEST(an_unknown_key_names_the_nearest_one),
        TEST(an_unknown_key_near_none_names_all),
        TEST(a_short_key_is_not_near_all_other_short_keys),
        TEST(the_beginning_of_a_key_goes_before_a_misspelling),
        TEST(a_message_stays_in_its_line),
        TEST(a_section_cannot_be_set_from_text),
        TEST(keys_longer_than_any_message_are_refused),
        TEST(more_known_keys_than_a_message_holds_are_cut),
        TEST(values_a_row_takes_are_described),
        TEST(only_the_exact_key_is_found),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"setting", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
