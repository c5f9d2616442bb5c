#pragma once

#include <uv.h>

/*
 * Returns free heap memory to the system after a busy time. glibc returns only what is free at the
 * end of the heap, where a single open connection can sit.
 */
struct heap {
    uv_timer_t timer; /* must start as zeros */
};

/** Trims the heap periodically while @loop runs, if it is worth it. */
void heap_start(struct heap *heap, uv_loop_t *loop);

/** Stops that, if it was started. The loop must run once more. */
void heap_stop(struct heap *heap);
