#pragma once

#include <stddef.h>
#include <stdint.h>

#include "link/connection.h"

/*
 * The tail: the last bytes of a piece that are held back, for the next frame to begin with.
 *
 * A full TLS record of a large frame is a piece that no longer fits into one record when it has got
 * a header of its own. The few bytes too many would cost another record, and a system call on both
 * sides, for each piece. The rest of the incoming frame is sure to follow, so they can wait for it;
 * but not for long, as the beginning of a message comes back before its end has been sent.
 */

/* Each further piece of a frame adds the size of its header, 4 bytes. */
#define TAIL_MAX_BYTES ((size_t)256)

/** Returns the tail of @connection and sets @bytes to its size; NULL and 0 if there is none. */
const uint8_t *tail_held(const struct connection *connection, size_t *bytes);

/**
 * Replaces the tail by @bytes at @payload, at most TAIL_MAX_BYTES; 0 is none. They are copied.
 *
 * If the thread's "on_tail_due" is called later, it must get rid of the tail.
 */
void tail_replace(struct connection *connection, const uint8_t *payload, size_t bytes);

/** Makes sure that tail_replace() has memory. Returns 0, or -1 if it is short. */
int tail_prepare(struct connection *connection);

/** Forgets the tail, if there is one. */
void tail_drop(struct connection *connection);
