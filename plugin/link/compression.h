#pragma once

#include "link/vhost.h"

/*
 * Compressed messages of connections that have agreed on permessage-deflate (RFC 7692).
 *
 * A compressed message goes back in the very bytes in which it came. It is inflated on the way, to
 * find errors and to measure it, but nothing is compressed again: both directions have the same
 * history then, so what the peer's compressor referred to is what the peer's decompressor knows.
 * Where the peer has set a narrower window for our direction than for its own, that would be
 * wrong: it gets the inflated message there, which is always allowed (section 6).
 *
 * A small piece may inflate to a thousand times its size. So inflating pauses when output is
 * blocked, and when it is the turn of other connections; reading from the peer pauses with it.
 */

/** Prepares @connection for what was agreed on. Returns 0 or -1. */
int compression_begin(struct connection *connection, const struct deflate_agreement *agreed);

/** Releases what compression_begin() took; does nothing where it was not called. */
void compression_end(struct connection *connection);

/**
 * Hides the payload that libwebsockets is about to pass on, and that compression_payload()
 * returns then: @buffers are what LWS_EXT_CB_PAYLOAD_RX comes with.
 */
void compression_hide(struct connection *connection, struct lws_tokens buffers[2]);

/** Returns the payload for which libwebsockets passes @payload. */
const void *compression_payload(const struct connection *connection, const void *payload);

/**
 * Begins a piece of any message; @rsv1 is that bit of its frame. Sets @compressed to what the
 * message is.
 *
 * Returns NULL, or the fault when the bit must not be set there (RFC 7692 section 6.1).
 */
const struct fault *compression_look(struct connection *connection, const struct piece *piece,
                                     bool rsv1, bool *compressed);

/** Echoes a piece of a compressed message. Returns 0, or -1 when the connection ends. */
int compression_echo(struct connection *connection, const struct piece *piece);

/** Goes on with a piece where it has paused. Returns 0, or -1 when the connection ends. */
int compression_resume(struct connection *connection);
