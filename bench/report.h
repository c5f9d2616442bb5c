#pragma once

#include "window.h"

/** Prints what a window measured as one line of JSON; @counted names what it counts. Returns 0 or
 * -1. */
int report_print(const struct window *window, const struct load *load, const char *counted);

/** Prints one line of JSON for "--hold": @servers_ns of CPU time in @window_ns for opening @added
 * connections. Returns 0 or -1. */
int report_print_open(const struct load *load, const struct window *window, size_t added);

/** Prints how many messages "--hold" has echoed. Returns 0 or -1. */
int report_print_echoed(uint64_t messages);

/** Prints that the end of @open connections is awaited, of which each has had at least
 * @pings. Returns 0 or -1. */
int report_print_awaiting(size_t open, uint64_t pings);

/** Prints that @count connections were closed as they should be. Returns 0 or -1. */
int report_print_closed(size_t count);
