#pragma once

#include "link/connection.h"

/*
 * How compressed messages are echoed (RFC 7692).
 *
 * A compressed message goes back in the very bytes in which it came. It is inflated on the way, to
 * find errors and to measure it, but nothing is compressed again: both directions have the same
 * history then, so what the peer's compressor referred to is what the peer's decompressor knows.
 * Where the peer has set a narrower window for our direction than for its own, that would be wrong:
 * it gets the inflated message there, which is always allowed (section 6).
 */

/** Echoes a piece of a compressed message. Returns 0, or -1 when the connection ends. */
int echo_compressed_piece(struct connection *connection, const struct piece *piece);

/** Continues a piece where it has paused. Returns 0, or -1 when the connection ends. */
int echo_compressed_resume(struct connection *connection);
