#pragma once

#include <stdbool.h>

#include "core/deflate.h"
#include "link/connection.h"

/*
 * Receives compressed messages on connections that have negotiated permessage-deflate (RFC 7692),
 * and inflates them part by part.
 *
 * A small piece may inflate to a thousand times its size. So the endpoint asks for one part after
 * another, and pauses when output is blocked or when other connections get their turn. Reading from
 * the peer pauses with it.
 */

/* How much is inflated at a time, in bytes. */
#define COMPRESSION_INFLATED_BYTES ((size_t)16384)

/**
 * Allocates the buffers of @thread. Raises @payload_max, the largest payload in bytes that is sent
 * in one frame, to its value with compression.
 *
 * Returns 0, or -1 if memory is short; call compression_thread_fini() either way.
 */
int compression_thread_init(struct thread *thread, size_t *payload_max);

/** Releases the buffers of @thread, if there are any. */
void compression_thread_fini(struct thread *thread);

/** Prepares @connection for what was agreed. Returns 0, or -1 if memory is short. */
int compression_begin(struct connection *connection, const struct deflate_agreement *agreed);

/** Releases what compression_begin() took; does nothing if it was not called. */
void compression_end(struct connection *connection);

/**
 * Hides the payload that libwebsockets is about to pass on; compression_payload() returns it later.
 * @buffers is the argument of LWS_EXT_CB_PAYLOAD_RX. Does nothing without compression. Returns 0,
 * for the callback to return.
 */
int compression_hide(struct connection *connection, struct lws_tokens buffers[2]);

/** Returns the real payload, given the @payload that libwebsockets passes. */
const void *compression_payload(const struct connection *connection, const void *payload);

/**
 * Completes a piece of any message: sets its payload to the hidden one, and @compressed to whether
 * the message is compressed.
 *
 * Returns NULL, or the fault if RSV1 is set where it must not be (RFC 7692 section 6.1).
 */
const struct fault *compression_complete(struct connection *connection, struct piece *piece,
                                         bool *compressed);

/**
 * Takes a piece of a compressed message, to inflate it part by part. No other may be pending.
 *
 * Returns NULL, or the fault if the message is longer than any message of @max_bytes (0: no limit)
 * can be when compressed. Without this, a message that inflates to nothing could go on for ever.
 */
const struct fault *compression_take(struct connection *connection, const struct piece *piece,
                                     uint64_t max_bytes);

/**
 * Inflates the next part of the piece. Sets @part to the result, valid until the next call on this
 * thread, and @more to whether something is left. Adds the cost of this, in bytes, to @work.
 *
 * Returns NULL, or the fault in the compressed data.
 */
const struct fault *compression_inflate(struct connection *connection, struct piece *part,
                                        bool *more, size_t *work);

/** Returns the last piece taken, as it came; valid during its callback and while it is pending. */
const struct piece *compression_piece(const struct connection *connection);

/** Copies the piece, so that it outlives the callback. Returns 0, or -1 if memory is short. */
int compression_keep(struct connection *connection);

/** Releases what compression_keep() kept. */
void compression_release(struct connection *connection);

/** Says whether a piece is pending: compression_keep() has kept it. */
bool compression_is_pending(const struct connection *connection);

/** Says whether the peer can decompress its own compressed messages: deflate_is_symmetric(). */
bool compression_mirrors(const struct connection *connection);
