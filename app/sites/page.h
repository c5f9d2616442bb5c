#pragma once

#define PAGE_FILE "index.html"

/**
 * Says whether the directory @mount_origin has a page that can be read. Warns of symbolic links
 * that lead out of it: libwebsockets follows them, and serves what they point to.
 *
 * Returns 0, or -1 after one line in the log.
 */
int page_check(const char *mount_origin);
