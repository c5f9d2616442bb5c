#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * Sets this process's limit of open files to @wanted, or, when that is SETTING_WORD, to what the
 * system allows, up to 16384.
 *
 * Sets @limit to what it is then. Returns 0, or -1 after one line on standard error: the system
 * does not allow as many.
 */
int open_files_limit(uint64_t wanted, size_t *limit);
