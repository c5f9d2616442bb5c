#include "core/base/setting.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/spelling.h"

#define MS_PER_S 1000

#define SPACES " \t"

/* A suffix of a number, and its factor. */
struct unit {
    const char *suffix;
    uint64_t factor;
};

static const struct unit plain[] = {{"", 1}, {NULL, 0}};
static const struct unit times[] = {{"", MS_PER_S}, {"s", MS_PER_S}, {"ms", 1}, {NULL, 0}};
static const struct unit sizes[] = {{"", 1}, {"k", 1024}, {"m", 1048576}, {NULL, 0}};

/* The types that are numbers. */
static const struct number {
    const struct unit *units;
    const char *what; /* what an invalid value is not */
    const char *takes;
} numbers[] = {
    [SETTING_NUMBER] = {plain, "a whole number", ""},
    [SETTING_TIME] = {times, "a time", " s, like 2 or 250ms"},
    [SETTING_SIZE] = {sizes, "a size", " bytes, like 65536 or 64k"},
};

/* Returns 0, or -1 if @value is not of the form; *@fits says whether the number fits. */
static int parse_number(const struct unit *unit, const char *value, uint64_t *number, bool *fits)
{
    char *end;

    if (value[0] < '0' || value[0] > '9')
        return -1;
    errno = 0;
    *number = strtoull(value, &end, 10);
    while (unit->suffix && strcmp(unit->suffix, end) != 0)
        unit++;
    if (!unit->suffix)
        return -1;

    *fits = !errno && *number <= UINT64_MAX / unit->factor;
    *number *= unit->factor;

    return 0;
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

static const char *switch_word(uint64_t number)
{
    return number ? "true" : "false";
}

const char *setting_text(const struct setting *row, const void *target)
{
    if (row->type == SETTING_CHOICE)
        return row->choices[setting_number(row, target)];
    if (row->type == SETTING_SWITCH)
        return switch_word(setting_number(row, target));

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

/* Appends @word in quotes, after a comma unless it is the first, to @out. */
static void append_word(char *out, size_t size, const char *word)
{
    size_t used = strlen(out);

    snprintf(out + used, size - used, "%s\"%s\"", used ? ", " : "", word);
}

static const char *key_at(const void *rows, size_t index)
{
    return ((const struct setting *)rows)[index].key;
}

void setting_fail_unknown(struct setting_error *error, struct setting_table table, const char *key)
{
    size_t near = spelling_nearest(key, key_at, table.rows, table.count);
    char known[448] = "";

    if (near < table.count) {
        setting_fail(error, key, "unknown key; did you mean \"%s\"?", table.rows[near].key);
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

static void write_number(const struct setting *row, uint64_t number, char *out, size_t size)
{
    if (row->word && number == SETTING_WORD)
        snprintf(out, size, "%s", row->word);
    else if (row->type != SETTING_TIME)
        snprintf(out, size, "%" PRIu64, number);
    else if (number % MS_PER_S)
        snprintf(out, size, "%" PRIu64 "ms", number);
    else
        snprintf(out, size, "%" PRIu64, number / MS_PER_S);
}

bool setting_is_number(const struct setting *row)
{
    return row->type == SETTING_NUMBER || row->type == SETTING_TIME || row->type == SETTING_SIZE;
}

void setting_write_number(const struct setting *row, const void *target, char *out, size_t size)
{
    write_number(row, setting_number(row, target), out, size);
}

static void describe_number(const struct setting *row, char *out, size_t size)
{
    const char *quote = row->word && row->number == SETTING_WORD ? "\"" : "";
    char standard[40];
    char word[40] = "";
    char unit[40] = "";
    char min[24];
    char max[24];

    write_number(row, row->min, min, sizeof(min));
    write_number(row, row->max, max, sizeof(max));
    write_number(row, row->number, standard, sizeof(standard));
    if (row->unit && row->unit[0])
        snprintf(unit, sizeof(unit), " %s", row->unit);
    if (row->word)
        snprintf(word, sizeof(word), " or \"%s\"", row->word);
    snprintf(out, size, "%s..%s%s%s%s; default %s%s%s", min, max, unit, numbers[row->type].takes,
             word, quote, standard, quote);
}

static int set_number(const struct setting *row, void *target, const char *value,
                      struct setting_error *error)
{
    const struct number *type = &numbers[row->type];
    bool negative = value[0] == '-';
    char takes[160];
    uint64_t number;
    bool fits;

    if (row->word && !strcmp(value, row->word)) {
        store_number(row, target, SETTING_WORD);
        return 0;
    }

    describe_number(row, takes, sizeof(takes));
    if (parse_number(type->units, value + negative, &number, &fits)) {
        setting_fail(error, row->key, "\"%.64s\" is not %s (%s)", value, type->what, takes);
        return -1;
    }
    if (negative || !fits || number < row->min || number > row->max) {
        setting_fail(error, row->key, "%.64s is out of range (%s)", value, takes);
        return -1;
    }
    store_number(row, target, number);

    return 0;
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
        return -1;
    }
    if (must) {
        setting_fail(error, row->key, "\"%.128s\" is not %s (default \"%s\")", value, must,
                     row->text);
        return -1;
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

    return -1;
}

static void describe_switch(const struct setting *row, char *out, size_t size)
{
    snprintf(out, size, "true or false; default %s", switch_word(row->number));
}

static int set_switch(const struct setting *row, void *target, const char *value,
                      struct setting_error *error)
{
    for (uint64_t number = 0; number <= 1; number++)
        if (!strcmp(value, switch_word(number))) {
            store_number(row, target, number);
            return 0;
        }
    setting_fail(error, row->key, "\"%.64s\" is neither true nor false (default %s)", value,
                 switch_word(row->number));

    return -1;
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

/* Returns what cut_item() starts with: @value, or NULL for the empty list. */
static const char *first_item(const char *value)
{
    return value[strspn(value, SPACES)] ? value : NULL;
}

/*
 * Sets @item to the first item of @rest, without the spaces around it, and @rest to what follows
 * its comma, or NULL. Returns the bytes of the item.
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
            return -1;
        }
        if (must) {
            setting_fail(error, row->key, "\"%.*s\" is not %s (default %s)",
                         bytes < 128 ? (int)bytes : 128, item, must, default_list(row));
            return -1;
        }
        length += bytes + (rest ? 1 : 0);
    }
    if (length > row->max) {
        setting_fail(error, row->key, "\"%.64s%s\" has %zu bytes (%s)", value,
                     strlen(value) > 64 ? "..." : "", length, takes);
        return -1;
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

/* Operations by type. */
static const struct {
    void (*set_default)(const struct setting *row, void *target);
    void (*describe)(const struct setting *row, char *out, size_t size);
    /* as setting_set(); NULL: cannot be set from text */
    int (*set)(const struct setting *row, void *target, const char *value,
               struct setting_error *error);
} types[] = {
    [SETTING_NUMBER] = {default_number, describe_number, set_number},
    [SETTING_TIME] = {default_number, describe_number, set_number},
    [SETTING_SIZE] = {default_number, describe_number, set_number},
    [SETTING_TEXT] = {default_text, describe_text, set_text},
    [SETTING_CHOICE] = {default_number, describe_choice, set_choice},
    [SETTING_SWITCH] = {default_number, describe_switch, set_switch},
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

    return -1;
}
