#pragma once

#include <stddef.h>

/* Files that are no connections: standard streams, epoll, and what libraries keep open. */
#define FILES_OTHER 8

/** Lets this process open as many files as it is allowed to. Returns how many that is. */
size_t files_raise_limit(void);
