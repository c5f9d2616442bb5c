#pragma once

#include <stdbool.h>

/** Returns the version of libwebsockets that runs. */
const char *library_version(void);

/** Says whether it is one with our changes (libwebsockets/README.md). */
bool library_is_mended(void);
