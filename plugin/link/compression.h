#pragma once

#include <stdbool.h>

#include "core/deflate.h"
#include "link/connection.h"

/*
 * Compressed messages that are received on connections that have agreed on permessage-deflate (RFC
 * 7692), inflated part by part.
 *
 * A small piece may inflate to a thousand times its size. So the endpoint asks for one part after
 * another, and stops when output is blocked or when it is the turn of other connections; reading
 * from the peer pauses with it.
 */

/* How much is inflated at a time. */
#define COMPRESSION_INFLATED_BYTES ((size_t)16384)

/**
 * Prepares @thread. Raises @payload_max, how large a payload can be that reaches the output at
 * once, to what it is with compression.
 *
 * Returns 0, or -1 if memory is short; compression_thread_fini() releases it either way.
 */
int compression_thread_init(struct thread *thread, size_t *payload_max);
void compression_thread_fini(struct thread *thread);

/** Prepares @connection for what was agreed on. Returns 0 or -1. */
int compression_begin(struct connection *connection, const struct deflate_agreement *agreed);

/** Releases what compression_begin() took; does nothing where it was not called. */
void compression_end(struct connection *connection);

/**
 * Hides the payload that libwebsockets is about to pass on, and that compression_payload() returns
 * then: @buffers are what LWS_EXT_CB_PAYLOAD_RX comes with. Does nothing without an agreement.
 * Returns 0, for the callback to return.
 */
int compression_hide(struct connection *connection, struct lws_tokens buffers[2]);

/** Returns the payload for which libwebsockets passes @payload. */
const void *compression_payload(const struct connection *connection, const void *payload);

/**
 * Completes a piece of any message: sets its payload to the hidden one, and @compressed to what the
 * message is.
 *
 * Returns NULL, or the fault when RSV1 must not be set there (RFC 7692 section 6.1).
 */
const struct fault *compression_complete(struct connection *connection, struct piece *piece,
                                         bool *compressed);

/**
 * Takes a piece of a compressed message, to be inflated part by part. None must be pending.
 *
 * Returns NULL, or the fault when the message is longer than one of at most @max_bytes, 0 for any,
 * can be when compressed: a message may inflate to nothing for ever.
 */
const struct fault *compression_take(struct connection *connection, const struct piece *piece,
                                     uint64_t max_bytes);

/**
 * Inflates the next part of the piece. Sets @part to what came out, valid until the next call on
 * this thread, @more where something is left, and adds to @work what that cost, in bytes.
 *
 * Returns NULL, or the fault in the compressed data.
 */
const struct fault *compression_inflate(struct connection *connection, struct piece *part,
                                        bool *more, size_t *work);

/** Returns the piece that was taken last, as it came; its payload is valid while it is pending. */
const struct piece *compression_piece(const struct connection *connection);

/** Keeps what is left of the piece beyond the callback. Returns 0, or -1 if memory is short. */
int compression_keep(struct connection *connection);

/** Releases what compression_keep() kept. */
void compression_release(struct connection *connection);

/** Says whether something is kept. */
bool compression_is_pending(const struct connection *connection);

/** Says whether the peer's decompressor understands the peer's own messages sent back to it. */
bool compression_mirrors(const struct connection *connection);
