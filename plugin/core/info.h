#pragma once

#include <stddef.h>

#include "core/options.h"

/* The document at "info-path", in which the server describes itself to anyone who asks. */

/* Room for any document, in bytes, if the versions have up to 64 bytes. */
#define INFO_MAX 4096

/**
 * Writes the document to @out, as JSON with a line end and a NUL: the versions, and the published
 * settings of @options, with keys and values as in a configuration.
 *
 * Returns its size in bytes without the NUL, or -1 if @size is too small.
 */
int info_write(const struct options *options, const char *version, const char *libwebsockets,
               char *out, size_t size);
