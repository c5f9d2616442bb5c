#pragma once

#include <stddef.h>

/*
 * Memory for the receive buffers of libwebsockets. There is one per connection; they are large, and
 * hardly used: only payloads of control frames are written to them.
 *
 * On the heap each costs at least the page with malloc()'s own data. Here they are slots of one
 * reserved range of addresses: a buffer costs memory only where it is written, and only until it is
 * freed.
 */

/**
 * Makes libwebsockets take the receive buffers of up to @count connections from such a range.
 *
 * Call it once, before a context is created. Further buffers come from the heap, as do all of them
 * if the range cannot be reserved: the address space is limited, or the kernel never overcommits.
 */
void rx_memory_use(size_t count);
