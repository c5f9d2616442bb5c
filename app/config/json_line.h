#pragma once

#include <stddef.h>

/**
 * Returns the line, from 1 on, on which a key stands in a JSON text.
 *
 * jansson tells lines of syntax errors only, not of values. @path holds @depth keys, from the
 * outermost object inwards. @text must be valid JSON. Returns 0 when there is no such key.
 */
unsigned json_line_of_key(const char *text, const char *const *path, size_t depth);
