#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * What one process of the server counts. It may lie in memory that the processes share: each writes
 * to its own and reads those of all, so that any of them can tell the sum.
 */
struct echo_counters {
    uint64_t pid;      /* 0: no process has begun to count here */
    uint64_t draining; /* set by the host: not 0 while the process takes its leave */
};

/*
 * The counters of all processes, and which of them are this one's. A host hands it over in the
 * field "user" of the plugin's entry among its protocols, which libwebsockets does not use, and
 * owns the memory; where that is NULL, as in lwsws, a vhost counts in memory of its own.
 */
struct echo_board {
    struct echo_counters *all;
    size_t count;
    size_t own;
};
