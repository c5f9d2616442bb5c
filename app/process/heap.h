#pragma once

#include <uv.h>

/*
 * Gives back what a busy time has left free in the heap. glibc gives back only what is free at its
 * end, and a single connection that stays can lie there.
 */
struct heap {
    uv_timer_t timer; /* zero at first */
};

/** Trims the heap now and then while @loop runs, if there is enough to give back. */
void heap_start(struct heap *heap, uv_loop_t *loop);

/** Ends that, if it has begun. The loop has to run once more. */
void heap_stop(struct heap *heap);
