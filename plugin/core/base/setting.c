#include "core/base/setting.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keys that are more edits apart than this are not taken for each other's misspelling. */
#define NEAR_EDITS 3

/* From this many bytes on the beginning of a key stands for it. */
#define COMPLETED_MIN 3

#define KEY_MAX 63

/* What may stand around the items of a list. */
#define SPACES " \t"

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein's distance; keys are cut at KEY_MAX bytes. */
static unsigned edits_between(const char *a, const char *b)
{
    unsigned row[KEY_MAX + 1];
    size_t a_length = strnlen(a, KEY_MAX);
    size_t b_length = strnlen(b, KEY_MAX);

    for (size_t j = 0; j <= b_length; j++)
        row[j] = (unsigned)j;

    for (size_t i = 1; i <= a_length; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned above = row[j];

            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }

    return row[b_length];
}

/* Returns the row whose key goes on where @key ends, or NULL. */
static const struct setting *completion(struct setting_table table, const char *key)
{
    size_t length = strlen(key);

    for (size_t i = 0; length >= COMPLETED_MIN && i < table.count; i++)
        if (!strncmp(table.rows[i].key, key, length))
            return &table.rows[i];

    return NULL;
}

static const struct setting *nearest(struct setting_table table, const char *key)
{
    const struct setting *best = completion(table, key);
    unsigned best_edits = best ? 0 : NEAR_EDITS + 1;

    for (size_t i = 0; i < table.count; i++) {
        unsigned edits = edits_between(key, table.rows[i].key);

        /* a short key is not "near" everything of its own length */
        if (edits < best_edits && edits < strlen(table.rows[i].key)) {
            best = &table.rows[i];
            best_edits = edits;
        }
    }

    return best;
}

static int parse_number(const char *value, uint64_t *number)
{
    char *end;

    if (value[0] < '0' || value[0] > '9')
        return -EINVAL;
    errno = 0;
    *number = strtoull(value, &end, 10);
    if (*end)
        return -EINVAL;

    return errno ? -ERANGE : 0;
}

static bool is_integer(const char *value)
{
    if (*value == '-')
        value++;

    return *value && value[strspn(value, "0123456789")] == '\0';
}

const struct setting *setting_find(struct setting_table table, const char *key)
{
    for (size_t i = 0; i < table.count; i++)
        if (!strcmp(table.rows[i].key, key))
            return &table.rows[i];

    return NULL;
}

static void *field(const struct setting *row, void *target)
{
    return (char *)target + row->offset;
}

uint64_t setting_number(const struct setting *row, const void *target)
{
    uint64_t number;

    memcpy(&number, (const char *)target + row->offset, sizeof(number));

    return number;
}

const char *setting_text(const struct setting *row, const void *target)
{
    if (row->type == SETTING_CHOICE)
        return row->choices[setting_number(row, target)];

    return (const char *)target + row->offset;
}

static void store_number(const struct setting *row, void *target, uint64_t number)
{
    memcpy(field(row, target), &number, sizeof(number));
}

static void store_text(const struct setting *row, void *target, const char *value)
{
    memcpy(field(row, target), value, strlen(value) + 1);
}

void setting_hide_control_characters(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == '\x7f')
            *text = '?';
}

void setting_fail(struct setting_error *error, const char *key, const char *format, ...)
{
    va_list arguments;

    snprintf(error->key, sizeof(error->key), "%s", key);
    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    setting_hide_control_characters(error->key);
    setting_hide_control_characters(error->text);
}

/* Appends @word, in quotes and behind a comma if it is not the first, to the list in @out. */
static void append_word(char *out, size_t size, const char *word)
{
    size_t used = strlen(out);

    snprintf(out + used, size - used, "%s\"%s\"", used ? ", " : "", word);
}

void setting_fail_unknown(struct setting_error *error, struct setting_table table, const char *key)
{
    const struct setting *near = nearest(table, key);
    char known[448] = "";

    if (near) {
        setting_fail(error, key, "unknown key; did you mean \"%s\"?", near->key);
        return;
    }

    for (size_t i = 0; i < table.count; i++)
        append_word(known, sizeof(known), table.rows[i].key);
    setting_fail(error, key, "unknown key; known are %s", known);
}

static void default_number(const struct setting *row, void *target)
{
    store_number(row, target, row->number);
}

static void describe_number(const struct setting *row, char *out, size_t size)
{
    const char *unit = row->unit ? row->unit : "";
    char standard[40];
    char word[40] = "";

    if (row->word)
        snprintf(word, sizeof(word), " or \"%s\"", row->word);
    if (row->word && row->number == SETTING_WORD)
        snprintf(standard, sizeof(standard), "\"%s\"", row->word);
    else
        snprintf(standard, sizeof(standard), "%" PRIu64, row->number);
    snprintf(out, size, "%" PRIu64 "..%" PRIu64 "%s%s%s; default %s", row->min, row->max,
             unit[0] ? " " : "", unit, word, standard);
}

static int set_number(const struct setting *row, void *target, const char *value,
                      struct setting_error *error)
{
    char takes[160];
    uint64_t number;
    int failure;

    if (row->word && !strcmp(value, row->word)) {
        store_number(row, target, SETTING_WORD);
        return 0;
    }

    failure = parse_number(value, &number);
    if (!failure && number >= row->min && number <= row->max) {
        store_number(row, target, number);
        return 0;
    }

    describe_number(row, takes, sizeof(takes));
    if (is_integer(value))
        setting_fail(error, row->key, "%.64s is out of range (%s)", value, takes);
    else
        setting_fail(error, row->key, "\"%.64s\" is not a whole number (%s)", value, takes);

    return -EINVAL;
}

static void default_text(const struct setting *row, void *target)
{
    store_text(row, target, row->text);
}

static void describe_text(const struct setting *row, char *out, size_t size)
{
    snprintf(out, size, "default \"%s\"", row->text);
}

static int set_text(const struct setting *row, void *target, const char *value,
                    struct setting_error *error)
{
    size_t length = strlen(value);
    const char *must = length && row->check ? row->check(value, length) : NULL;

    if (length < row->min || length > row->max) {
        setting_fail(error, row->key,
                     "\"%.64s%s\" has %zu bytes (%" PRIu64 "..%" PRIu64 "; default \"%s\")", value,
                     length > 64 ? "..." : "", length, row->min, row->max, row->text);
        return -EINVAL;
    }
    if (must) {
        setting_fail(error, row->key, "\"%.128s\" is not %s (default \"%s\")", value, must,
                     row->text);
        return -EINVAL;
    }

    store_text(row, target, value);

    return 0;
}

static void list_choices(const struct setting *row, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; row->choices[i]; i++)
        append_word(out, size, row->choices[i]);
}

static void describe_choice(const struct setting *row, char *out, size_t size)
{
    char words[160];

    list_choices(row, words, sizeof(words));
    snprintf(out, size, "one of %s; default \"%s\"", words, row->choices[row->number]);
}

static int set_choice(const struct setting *row, void *target, const char *value,
                      struct setting_error *error)
{
    char words[160];

    for (uint64_t i = 0; row->choices[i]; i++)
        if (!strcmp(row->choices[i], value)) {
            store_number(row, target, i);
            return 0;
        }

    list_choices(row, words, sizeof(words));
    setting_fail(error, row->key, "\"%.64s\" is not one of %s (default \"%s\")", value, words,
                 row->choices[row->number]);

    return -EINVAL;
}

static const char *default_list(const struct setting *row)
{
    return row->text[0] ? row->text : "empty";
}

static void describe_list(const struct setting *row, char *out, size_t size)
{
    snprintf(out, size, "a list of up to %" PRIu64 " bytes, commas included; default %s", row->max,
             default_list(row));
}

/* Returns what cut_item() begins with: @value, or NULL if it is the empty list. */
static const char *first_item(const char *value)
{
    return value[strspn(value, SPACES)] ? value : NULL;
}

/*
 * Sets @item to the first item of @rest, without the spaces around it, and @rest to what stands
 * behind its comma: NULL if there is none. Returns the bytes of the item.
 */
static size_t cut_item(const char **rest, const char **item)
{
    const char *start = *rest + strspn(*rest, SPACES);
    const char *comma = start + strcspn(start, ",");
    const char *end = comma;

    while (end > start && strchr(SPACES, end[-1]))
        end--;
    *item = start;
    *rest = *comma ? comma + 1 : NULL;

    return (size_t)(end - start);
}

static void store_list(const struct setting *row, void *target, const char *value)
{
    const char *rest = first_item(value);
    char *out = field(row, target);
    const char *item;

    while (rest) {
        size_t bytes = cut_item(&rest, &item);

        memcpy(out, item, bytes);
        out += bytes;
        if (rest)
            *out++ = ',';
    }
    *out = '\0';
}

static int set_list(const struct setting *row, void *target, const char *value,
                    struct setting_error *error)
{
    const char *rest = first_item(value);
    size_t length = 0;
    const char *item;
    char takes[160];

    describe_list(row, takes, sizeof(takes));
    while (rest) {
        size_t bytes = cut_item(&rest, &item);
        const char *must = bytes && row->check ? row->check(item, bytes) : NULL;

        if (!bytes) {
            setting_fail(error, row->key, "\"%.64s\" has an empty item (%s)", value, takes);
            return -EINVAL;
        }
        if (must) {
            setting_fail(error, row->key, "\"%.*s\" is not %s (default %s)",
                         bytes < 128 ? (int)bytes : 128, item, must, default_list(row));
            return -EINVAL;
        }
        length += bytes + (rest ? 1 : 0);
    }
    if (length > row->max) {
        setting_fail(error, row->key, "\"%.64s%s\" has %zu bytes (%s)", value,
                     strlen(value) > 64 ? "..." : "", length, takes);
        return -EINVAL;
    }

    store_list(row, target, value);

    return 0;
}

bool setting_list_next(const char **rest, const char **item, size_t *bytes)
{
    if (!**rest)
        return false;

    *item = *rest;
    *bytes = strcspn(*rest, ",");
    *rest += *bytes;
    if (**rest)
        ++*rest;

    return true;
}

static void default_nothing(const struct setting *row, void *target)
{
    (void)row;
    (void)target;
}

static void describe_section(const struct setting *row, char *out, size_t size)
{
    snprintf(out, size, "%s", row->text);
}

/* What is done with a row, by its type. */
static const struct {
    void (*set_default)(const struct setting *row, void *target);
    void (*describe)(const struct setting *row, char *out, size_t size);
    /* as setting_set(); NULL: cannot be set from text */
    int (*set)(const struct setting *row, void *target, const char *value,
               struct setting_error *error);
} types[] = {
    [SETTING_NUMBER] = {default_number, describe_number, set_number},
    [SETTING_TEXT] = {default_text, describe_text, set_text},
    [SETTING_CHOICE] = {default_number, describe_choice, set_choice},
    [SETTING_LIST] = {default_text, describe_list, set_list},
    [SETTING_SECTION] = {default_nothing, describe_section, NULL},
};

void setting_defaults(struct setting_table table, void *target)
{
    for (size_t i = 0; i < table.count; i++)
        types[table.rows[i].type].set_default(&table.rows[i], target);
}

void setting_app_defaults(struct setting_table table, void *target)
{
    setting_defaults(table, target);
    for (size_t i = 0; i < table.count; i++)
        if (table.rows[i].app_text)
            store_text(&table.rows[i], target, table.rows[i].app_text);
}

void setting_clear(struct setting_table table, void *target, enum setting_vhost vhost)
{
    for (size_t i = 0; i < table.count; i++) {
        const struct setting *row = &table.rows[i];

        if (row->vhost != vhost)
            continue;
        if (row->type == SETTING_TEXT)
            store_text(row, target, "");
        else
            types[row->type].set_default(row, target);
    }
}

static bool has_changed(const struct setting *row, const void *before, const void *after)
{
    if (row->type == SETTING_TEXT || row->type == SETTING_LIST)
        return strcmp(setting_text(row, before), setting_text(row, after)) != 0;

    return setting_number(row, before) != setting_number(row, after);
}

static bool change_restarts(const struct setting *row, const void *before, const void *after)
{
    uint64_t number;

    switch (row->change) {
    case SETTING_CHANGE_RESTARTS:
        return has_changed(row, before, after);
    case SETTING_GROWTH_RESTARTS:
        number = setting_number(row, after);
        return number > row->grows_to && number > setting_number(row, before);
    default:
        return false;
    }
}

const struct setting *setting_restarts(struct setting_table table, const void *before,
                                       const void *after)
{
    for (size_t i = 0; i < table.count; i++)
        if (change_restarts(&table.rows[i], before, after))
            return &table.rows[i];

    return NULL;
}

void setting_describe(const struct setting *row, char *out, size_t size)
{
    types[row->type].describe(row, out, size);
}

int setting_set(struct setting_table table, void *target, const char *key, const char *value,
                struct setting_error *error)
{
    const struct setting *row = setting_find(table, key);

    if (row && types[row->type].set)
        return types[row->type].set(row, target, value, error);

    setting_fail_unknown(error, table, key);

    return -EINVAL;
}
