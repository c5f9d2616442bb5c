#pragma once

#include <stddef.h>

#include "link/connection.h"

/*
 * Output: frames are corked and leave in as few writes as possible.
 *
 * A connection's bytes are handed to libwebsockets when another connection of the thread sends,
 * when the cork is full, or at the end of the service pass, whichever is first. libwebsockets keeps
 * what the socket does not take. The connection is then blocked: until its output has drained, it
 * is not read from and need not show signs of life. So a connection never has more than one cork of
 * output waiting. On TLS, a piece that does not fit into one record together with its header leaves
 * its last bytes to the next frame: see tail.h. If a write outside the connection's own callback
 * fails, the connection is handed to the thread's "on_unusable".
 */

/** Hands on what is corked at the end of a service pass. It is the thread's "on_pass_end". */
void output_end_pass(struct thread *thread);

/**
 * Corks one data frame of @connection and counts it. The payload may be reused on return.
 *
 * Returns 0, or -1 if the connection is unusable and must be closed.
 */
int output_frame(struct connection *connection, struct frame frame, const void *payload,
                 size_t payload_bytes);

/** Sends one frame at once, after everything corked; it is not counted. Returns as above. */
int output_frame_now(struct connection *connection, struct frame frame, const void *payload,
                     size_t payload_bytes);

/** Sends a Close at once, after everything corked. Returns as above. */
int output_close(struct connection *connection, const struct close_payload *close);

/**
 * Makes the corked output of @connection wait for its writable callback, which must call
 * output_flush(). libwebsockets sends a Pong that it owes before that. Costs some system calls.
 */
void output_defer(struct connection *connection);

/**
 * Corks the tail of the last piece, if there is one, instead of waiting for more of its frame.
 * Other frames do so by themselves. Returns as output_frame().
 */
int output_tail(struct connection *connection);

/** output_tail() when it has waited for long enough. It is the thread's "on_tail_due". */
void output_tail_due(struct connection *connection);

/** Hands on the corked output of @connection at once. Returns as output_frame(). */
int output_flush(struct connection *connection);

/**
 * Blocks the connection as if the socket took no more, so that other connections get their turn.
 * output_has_drained() becomes true soon.
 */
void output_pause(struct connection *connection);

/** Says whether @connection is blocked and all its output has drained. */
bool output_has_drained(const struct connection *connection);
