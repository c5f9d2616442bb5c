#pragma once

#include "link/connection.h"

/*
 * How compressed messages are echoed (RFC 7692).
 *
 * A compressed message is sent back byte for byte. It is inflated on the way, to find errors and to
 * measure it, but never compressed again: both directions then have the same history, so the peer's
 * decompressor knows what the peer's compressor referred to. That does not work if the peer limits
 * our direction more than its own (see deflate_is_symmetric()). The inflated message is sent
 * instead, which is always allowed (section 6).
 */

/** Echoes a piece of a compressed message. Returns 0, or -1 when the connection ends. */
int echo_compressed_piece(struct connection *connection, const struct piece *piece);

/** Continues a paused piece, if there is one. Returns 0, or -1 when the connection ends. */
int echo_compressed_resume(struct connection *connection);
