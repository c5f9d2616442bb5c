#pragma once

#include <jansson.h>

#include "core/base/setting.h"

/*
 * Settings as JSON values: numbers are numbers; times and sizes may also be strings with a unit;
 * words, texts and choices are strings, lists are arrays of strings. No row here may be a SECTION.
 */

/**
 * Returns the text that setting_set() takes for @value; the caller frees it.
 *
 * Whether @row takes that text is left to setting_set(). Returns NULL, with @error filled in, if
 * @value is not of the JSON type of @row, if it is an array of which not each item can be one of a
 * list, or if memory is short.
 */
char *setting_json_text(const struct setting *row, const json_t *value,
                        struct setting_error *error);

/**
 * Returns the field of @row in @target as a new JSON value, or NULL if memory is short or the
 * field is not UTF-8.
 */
json_t *setting_json_value(const struct setting *row, const void *target);
