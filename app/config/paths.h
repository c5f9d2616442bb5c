#pragma once

#include <stddef.h>

/* Where the app finds what belongs to it. */

/** Writes the directory of the plugin, as built or installed with this binary. Returns 0 or -1. */
int path_of_plugins(char *out, size_t size);

/** Writes the directory of the page, as built or installed with this binary. Returns 0 or -1. */
int path_of_page(char *out, size_t size);

/**
 * Writes @path as seen from the directory of the file @from; absolute paths stay as they are.
 *
 * Returns 0, or -1 when the result does not fit.
 */
int path_beside(const char *from, const char *path, char *out, size_t size);
