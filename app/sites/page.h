#pragma once

#define PAGE_FILE "index.html"

/**
 * Checks that the directory @mount_origin has a readable page. Warns of symbolic links that lead
 * out of it: libwebsockets follows them.
 *
 * Returns 0, or -1 after one line on standard error.
 */
int page_check(const char *mount_origin);
