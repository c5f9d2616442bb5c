#include "process/heap.h"

#include <malloc.h>

#include "base/loop.h"

#define PERIOD_MS 10000

/* Less is not worth the system calls, and will be used again. */
#define WORTH_BYTES ((size_t)1 << 20)

static void trim(uv_timer_t *timer)
{
    (void)timer;

    if (mallinfo2().fordblks >= WORTH_BYTES)
        malloc_trim(WORTH_BYTES / 2);
}

void heap_start(struct heap *heap, uv_loop_t *loop)
{
    /* both always succeed */
    uv_timer_init(loop, &heap->timer);
    uv_timer_start(&heap->timer, trim, PERIOD_MS, PERIOD_MS);
    uv_unref((uv_handle_t *)&heap->timer);
}

void heap_stop(struct heap *heap)
{
    loop_close_handle((uv_handle_t *)&heap->timer);
}
