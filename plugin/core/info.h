#pragma once

#include <stddef.h>

#include "core/options.h"

/* What the server says of itself to anybody who asks: the document at "info-path". */

/* Holds any document, with versions of up to 64 bytes. */
#define INFO_MAX 4096

/**
 * Writes the document to @out, as JSON with a line end and a NUL: the versions, and the settings
 * of @options whose rows are published, with the keys and values that a configuration has.
 *
 * Returns its bytes, without the NUL, or -1 if @size is too small for it.
 */
int info_write(const struct options *options, const char *version, const char *libwebsockets,
               char *out, size_t size);
