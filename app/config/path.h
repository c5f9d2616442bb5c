#pragma once

#include <stddef.h>

/* Where the app finds its own files. */

/** Writes the directory of the plugin, as built or installed with this binary. Returns 0 or -1. */
int path_of_plugins(char *out, size_t size);

/** Writes the directory of the page, as built or installed with this binary. Returns 0 or -1. */
int path_of_page(char *out, size_t size);

/**
 * Resolves @path against the directory of the file @from; absolute paths are kept.
 *
 * Returns 0, or -1 when the result does not fit.
 */
int path_beside(const char *from, const char *path, char *out, size_t size);
