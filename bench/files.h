#pragma once

#include <stddef.h>

/* Files that are not connections: standard streams, epoll, and what libraries keep open. */
#define FILES_OTHER 8

/** Raises this process's limit of open files as far as allowed. Returns the new limit. */
size_t files_raise_limit(void);
