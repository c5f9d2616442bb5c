#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * Sets this process's limit of open files to @wanted; SETTING_WORD stands for what the system
 * allows, up to 16384. @limit becomes the limit.
 *
 * Returns 0, or -1 after one line on standard error: the system does not allow that many.
 */
int open_files_limit(uint64_t wanted, size_t *limit);
