#include "process/heap.h"

#include <malloc.h>

#define LOOK_MS 10000

/* Less is not worth the system calls, and will be needed again. */
#define WORTH_BYTES ((size_t)1 << 20)

static void on_look(uv_timer_t *look)
{
    (void)look;

    if (mallinfo2().fordblks >= WORTH_BYTES)
        malloc_trim(WORTH_BYTES / 2);
}

int heap_watch(struct heap *heap, uv_loop_t *loop)
{
    int failure = uv_timer_init(loop, &heap->look);

    if (!failure)
        failure = uv_timer_start(&heap->look, on_look, LOOK_MS, LOOK_MS);
    uv_unref((uv_handle_t *)&heap->look);

    return failure;
}

void heap_leave(struct heap *heap)
{
    uv_close((uv_handle_t *)&heap->look, NULL);
}
