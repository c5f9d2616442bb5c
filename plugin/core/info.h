#pragma once

#include <stddef.h>

#include "options.h"

/* What the server says of itself to anybody who asks: the document at "info-path". */

/* Holds any document, with versions of up to 64 bytes. */
#define ECHO_INFO_MAX 4096

/**
 * Writes the document to @out, as JSON with a line end and a NUL: the versions, and the settings
 * of @options whose rows are published, with the keys and values that a configuration has.
 *
 * Returns its bytes, without the NUL, or -ENOBUFS if @size is too small for it.
 */
int echo_info_write(const struct echo_options *options, const char *version,
                    const char *libwebsockets, char *out, size_t size);
