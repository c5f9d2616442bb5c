#pragma once

#include <stdbool.h>

/*
 * Which libwebsockets runs. It need not be the one that the plugin is built for: the distribution's
 * and the mended one take the same plugins.
 */

/**
 * Says whether it is a mended one: it reads lists of tokens as RFC 9110 section 5.6.1 has them,
 * however long, and all extensions offered (libwebsockets/upgrade-lists.change and
 * libwebsockets/long-extensions.change).
 */
bool library_is_mended(void);
