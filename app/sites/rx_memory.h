#pragma once

#include <stddef.h>

/*
 * Memory for the receive buffers of libwebsockets, which are large, one a connection, and hardly
 * ever touched: only payloads of control frames are put into them.
 *
 * On the heap each costs the page that malloc() keeps its notes in. Here all of them lie side by
 * side in one range of addresses that is only reserved, so that a buffer costs memory where it is
 * written to, and only until it is given back.
 */

/**
 * Has libwebsockets take the receive buffers of up to @count connections from such a range.
 *
 * To be called once, before a context is made. Where the range cannot be had, for a limit of the
 * address space or a kernel that never overcommits, and beyond @count, they come from the heap.
 */
void rx_memory_use(size_t count);
