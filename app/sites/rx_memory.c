#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "sites/rx_memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libwebsockets.h>

/* Slots of one size, that of the first buffer. */
struct slots {
    uint8_t *base; /* NULL: not reserved yet */
    size_t slot_bytes;
    size_t count;
    size_t begun;    /* how many have ever been in use: those after them never have */
    uint32_t *freed; /* which of them are free again */
    size_t freed_count;
};

/* libwebsockets passes its allocator no data, so this is global. */
static struct slots slots;

/* Returns 0, or -1 if the range cannot be reserved. */
static int reserve(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint32_t *freed = calloc(slots.count, sizeof(*freed));
    uint8_t *base = MAP_FAILED;

    slots.slot_bytes = (bytes + page - 1) / page * page;
    if (freed && slots.slot_bytes >= bytes && slots.count <= SIZE_MAX / slots.slot_bytes)
        base = mmap(NULL, slots.count * slots.slot_bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        free(freed);
        slots.count = 0; /* do not try again */
        return -1;
    }

    /* a huge page would use 2 MiB for a few bytes */
    madvise(base, slots.count * slots.slot_bytes, MADV_NOHUGEPAGE);
    slots.base = base;
    slots.freed = freed;

    return 0;
}

/* Returns NULL if there is no slot for it. */
static void *take(size_t bytes)
{
    size_t slot;

    if (!slots.count || (!slots.base && reserve(bytes)) || bytes > slots.slot_bytes)
        return NULL;

    if (slots.freed_count)
        slot = slots.freed[--slots.freed_count];
    else if (slots.begun < slots.count)
        slot = slots.begun++;
    else
        return NULL;

    return slots.base + slot * slots.slot_bytes;
}

static bool is_slot(const void *memory)
{
    uintptr_t address = (uintptr_t)memory;
    uintptr_t base = (uintptr_t)slots.base;

    return slots.base && address >= base && address < base + slots.count * slots.slot_bytes;
}

static void give_back(uint8_t *memory)
{
    madvise(memory, slots.slot_bytes, MADV_DONTNEED);
    slots.freed[slots.freed_count++] = (uint32_t)((size_t)(memory - slots.base) / slots.slot_bytes);
}

/* The allocator of libwebsockets: realloc() with a reason. */
static void *allocate(void *memory, size_t bytes, const char *reason)
{
    void *slot;

    if (is_slot(memory)) {
        if (!bytes)
            give_back(memory);
        return NULL; /* libwebsockets never resizes one */
    }
    if (!bytes) {
        free(memory);
        return NULL;
    }

    slot = !memory && !strcmp(reason, "rx_ubuf") ? take(bytes) : NULL;

    return slot ? slot : realloc(memory, bytes);
}

void rx_memory_use(size_t count)
{
    slots.count = count <= UINT32_MAX ? count : UINT32_MAX;
    lws_set_allocator(allocate);
}
