#include "core/cork.h"

#include <stdlib.h>
#include <string.h>

/*
 * For copies of this size or more, glibc uses non-temporal or vector loops. They become several
 * times slower when source and destination are a few bytes apart modulo the page size: every load
 * then seems to depend on the previous store. So the first frame of an empty cork is placed half a
 * page away from its source, modulo the page size.
 */
#define PAGE_BYTES ((size_t)4096)
#define PLACED_COPY_BYTES PAGE_BYTES

static size_t placed_start(const struct cork *cork, const void *payload, size_t header_bytes)
{
    size_t source = (size_t)((uintptr_t)payload % PAGE_BYTES);
    size_t target = (size_t)((uintptr_t)(cork->buffer + header_bytes) % PAGE_BYTES);

    return (source + PAGE_BYTES / 2 + PAGE_BYTES - target) % PAGE_BYTES;
}

int cork_init(struct cork *cork, size_t payload_max)
{
    /* an almost full cork, one more frame, and the page that placed_start() may skip */
    uint8_t *memory;
    size_t capacity = CORK_FULL_BYTES + FRAME_HEADER_MAX + payload_max + PAGE_BYTES;

    memset(cork, 0, sizeof(*cork));
    memory = malloc(CORK_HEAD_BYTES + capacity);
    if (!memory)
        return -1;
    cork->buffer = memory + CORK_HEAD_BYTES;
    cork->capacity_bytes = capacity;

    return 0;
}

void cork_fini(struct cork *cork)
{
    if (cork->buffer)
        free(cork->buffer - CORK_HEAD_BYTES);
    memset(cork, 0, sizeof(*cork));
}

/* Of the frame's payload, @head comes first; it is short. */
static inline int append(struct cork *cork, struct frame frame, const void *head, size_t head_bytes,
                         const void *payload, size_t payload_bytes)
{
    size_t header_bytes = frame_header_size(head_bytes + payload_bytes);
    size_t start = cork->start;
    size_t end = cork->end;

    if (start == end)
        start = end = payload_bytes >= PLACED_COPY_BYTES
                          ? placed_start(cork, payload, header_bytes + head_bytes)
                          : 0;

    if (payload_bytes > cork->capacity_bytes ||
        end + header_bytes + head_bytes + payload_bytes > cork->capacity_bytes)
        return -1;

    end += frame_header_write(cork->buffer + end, frame, head_bytes + payload_bytes);
    if (head_bytes)
        memcpy(cork->buffer + end, head, head_bytes);
    end += head_bytes;
    if (payload_bytes)
        memcpy(cork->buffer + end, payload, payload_bytes);
    cork->start = start;
    cork->end = end + payload_bytes;

    return 0;
}

int cork_append(struct cork *cork, struct frame frame, const void *payload, size_t payload_bytes)
{
    return append(cork, frame, NULL, 0, payload, payload_bytes);
}

int cork_append_joined(struct cork *cork, struct frame frame, const void *head, size_t head_bytes,
                       const void *payload, size_t payload_bytes)
{
    return append(cork, frame, head, head_bytes, payload, payload_bytes);
}

int cork_append_header(struct cork *cork, struct frame frame, size_t payload_bytes)
{
    if (cork->end + frame_header_size(payload_bytes) > cork->capacity_bytes)
        return -1;

    cork->end += frame_header_write(cork->buffer + cork->end, frame, payload_bytes);

    return 0;
}

uint8_t *cork_take(struct cork *cork, size_t *bytes)
{
    uint8_t *first = cork->buffer + cork->start;

    *bytes = cork_used(cork);
    cork->start = cork->end = 0;
    cork->owner = NULL;

    return first;
}
