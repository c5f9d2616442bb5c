#pragma once

#include <stdint.h>

#include "load.h"

/* The clocks and the counter at the start of a measurement; after its end, the differences. */
struct window {
    uint64_t time_ns;
    uint64_t server_ns; /* CPU time */
    uint64_t client_ns;
    uint64_t done;
};

/** Begins to measure. Returns 0, or -1 after saying what is wrong. */
int window_begin(struct window *window, struct load *load);

/** Ends it: the fields become the differences. Returns 0, or -1 after saying what is wrong. */
int window_end(struct window *window, struct load *load);
