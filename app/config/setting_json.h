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
 * setting_set() decides whether the text is valid for @row. Returns NULL, with @error filled in, if
 * the JSON type is wrong, if an array has an item that a list cannot have, or without memory.
 */
char *setting_json_text(const struct setting *row, const json_t *value,
                        struct setting_error *error);

/**
 * Returns the field of @row in @target as a new JSON value, or NULL without memory or if the field
 * is not UTF-8.
 */
json_t *setting_json_value(const struct setting *row, const void *target);
