#pragma once

#include <stddef.h>

/**
 * Returns the line, counted from 1, of a key in a JSON text, or 0 if it has no such key.
 *
 * jansson knows the line of a syntax error only. @path holds @depth keys, outermost first. @text
 * must be valid JSON.
 */
unsigned json_line_of_key(const char *text, const char *const *path, size_t depth);
