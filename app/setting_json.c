#include "setting_json.h"

#include <string.h>

#define TYPE(json_type) (1U << (json_type))

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

static json_t *number_value(const struct setting *row, const void *target)
{
    return json_integer((json_int_t)setting_number(row, target));
}

static char *string_text(const json_t *value)
{
    return strdup(json_string_value(value));
}

static json_t *string_value(const struct setting *row, const void *target)
{
    return json_string(setting_text(row, target));
}

/* How the values of each type of setting are written in JSON. */
static const struct {
    const char *name;
    unsigned json_types;
    char *(*text)(const json_t *value);
    json_t *(*value)(const struct setting *row, const void *target);
} types[] = {
    [SETTING_NUMBER] = {"a number", TYPE(JSON_INTEGER) | TYPE(JSON_REAL), number_text,
                        number_value},
    [SETTING_TEXT] = {"a string", TYPE(JSON_STRING), string_text, string_value},
    [SETTING_CHOICE] = {"a string", TYPE(JSON_STRING), string_text, string_value},
};

char *setting_json_text(const struct setting *row, const json_t *value, struct setting_error *error)
{
    char takes[160];

    if (!(types[row->type].json_types & TYPE(json_typeof(value)))) {
        setting_describe(row, takes, sizeof(takes));
        setting_fail(error, row->key, "%s is not %s (%s)", type_name(value), types[row->type].name,
                     takes);
        return NULL;
    }
    setting_fail(error, row->key, "out of memory"); /* if nothing else goes wrong */

    return types[row->type].text(value);
}

json_t *setting_json_value(const struct setting *row, const void *target)
{
    return types[row->type].value(row, target);
}
