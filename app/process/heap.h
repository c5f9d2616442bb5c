#pragma once

#include <uv.h>

/*
 * Gives back what a busy time has left free in the heap. glibc gives back only what is free at its
 * end, and a single connection that stays can lie there.
 */
struct heap {
    uv_timer_t look;
};

/** Has the heap looked at now and then while @loop runs. Returns 0 or a libuv error. */
int heap_watch(struct heap *heap, uv_loop_t *loop);

/** Ends that. The loop has to run once more. */
void heap_leave(struct heap *heap);
