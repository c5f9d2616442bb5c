#include "config/setting_json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TYPE(json_type) (1U << (json_type))
#define NUMBERS (TYPE(JSON_INTEGER) | TYPE(JSON_REAL))

#define MS_PER_S 1000

static const char *type_name(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };

    return names[json_typeof(value)];
}

static char *number_text(const json_t *value)
{
    return json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
}

/* Says whether @value is the word that @row takes instead of a number. */
static bool is_word(const struct setting *row, const json_t *value)
{
    return row->word && json_is_string(value) && !strcmp(json_string_value(value), row->word);
}

static json_t *number_value(const struct setting *row, const void *target)
{
    uint64_t number = setting_number(row, target);

    if (row->word && number == SETTING_WORD)
        return json_string(row->word);

    return json_integer((json_int_t)number);
}

/* Whole seconds are a number, other times a string with their unit. */
static json_t *time_value(const struct setting *row, const void *target)
{
    uint64_t ms = setting_number(row, target);
    char text[24];

    if (ms % MS_PER_S == 0)
        return json_integer((json_int_t)(ms / MS_PER_S));
    setting_write_number(row, target, text, sizeof(text));

    return json_string(text);
}

static char *string_text(const json_t *value)
{
    return strdup(json_string_value(value));
}

static char *number_or_string_text(const json_t *value)
{
    return json_is_string(value) ? string_text(value) : number_text(value);
}

static json_t *string_value(const struct setting *row, const void *target)
{
    return json_string(setting_text(row, target));
}

static char *switch_text(const json_t *value)
{
    return strdup(json_is_true(value) ? "true" : "false");
}

static json_t *switch_value(const struct setting *row, const void *target)
{
    return json_boolean(setting_number(row, target));
}

static char *list_text(const json_t *value)
{
    size_t size = 1;
    char *text;
    char *end;
    size_t i;
    json_t *item;

    json_array_foreach (value, i, item)
        size += json_string_length(item) + 1;
    text = malloc(size);
    if (!text)
        return NULL;

    end = text;
    json_array_foreach (value, i, item) {
        if (i)
            *end++ = ',';
        memcpy(end, json_string_value(item), json_string_length(item));
        end += json_string_length(item);
    }
    *end = '\0';

    return text;
}

static json_t *list_value(const struct setting *row, const void *target)
{
    const char *rest = setting_text(row, target);
    json_t *array = json_array();
    const char *item;
    size_t bytes;

    while (setting_list_next(&rest, &item, &bytes))
        if (json_array_append_new(array, json_stringn(item, bytes))) {
            json_decref(array);
            return NULL;
        }

    return array;
}

/* How the values of each type of setting are written in JSON. */
static const struct {
    const char *name;
    unsigned json_types;
    char *(*text)(const json_t *value);
    json_t *(*value)(const struct setting *row, const void *target);
} types[] = {
    [SETTING_NUMBER] = {"a number", NUMBERS, number_text, number_value},
    [SETTING_TIME] = {"a number or a string", NUMBERS | TYPE(JSON_STRING), number_or_string_text,
                      time_value},
    [SETTING_SIZE] = {"a number or a string", NUMBERS | TYPE(JSON_STRING), number_or_string_text,
                      number_value},
    [SETTING_TEXT] = {"a string", TYPE(JSON_STRING), string_text, string_value},
    [SETTING_CHOICE] = {"a string", TYPE(JSON_STRING), string_text, string_value},
    [SETTING_SWITCH] = {"true or false", TYPE(JSON_TRUE) | TYPE(JSON_FALSE), switch_text,
                        switch_value},
    [SETTING_LIST] = {"an array of strings, as in [\"a\", \"b\"]", TYPE(JSON_ARRAY), list_text,
                      list_value},
};

/* Returns 0, or -1 with @error filled in: @item cannot stand between commas. */
static int check_list_item(const struct setting *row, size_t index, const json_t *item,
                           struct setting_error *error)
{
    const char *text = json_string_value(item);

    if (!text)
        setting_fail(error, row->key, "item %zu is %s; it must be a string", index + 1,
                     type_name(item));
    else if (!text[strspn(text, " \t")])
        setting_fail(error, row->key, "item %zu is empty", index + 1);
    else if (strchr(text, ','))
        setting_fail(error, row->key,
                     "item %zu, \"%.64s\", has a comma; each item is a string of its own",
                     index + 1, text);
    else
        return 0;

    return -1;
}

static int check_list(const struct setting *row, const json_t *array, struct setting_error *error)
{
    size_t i;
    json_t *item;

    json_array_foreach (array, i, item)
        if (check_list_item(row, i, item, error))
            return -1;

    return 0;
}

char *setting_json_text(const struct setting *row, const json_t *value, struct setting_error *error)
{
    char takes[160];

    setting_fail(error, row->key, "out of memory"); /* unless another error replaces it */
    if (is_word(row, value))
        return string_text(value);
    if (!(types[row->type].json_types & TYPE(json_typeof(value)))) {
        setting_describe(row, takes, sizeof(takes));
        if (row->word && json_is_string(value))
            setting_fail(error, row->key, "\"%.64s\" is neither a number nor \"%s\" (%s)",
                         json_string_value(value), row->word, takes);
        else
            setting_fail(error, row->key, "%s is not %s (%s)", type_name(value),
                         types[row->type].name, takes);
        return NULL;
    }
    if (json_is_array(value) && check_list(row, value, error))
        return NULL;

    return types[row->type].text(value);
}

json_t *setting_json_value(const struct setting *row, const void *target)
{
    return types[row->type].value(row, target);
}
