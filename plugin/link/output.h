#pragma once

#include <stddef.h>

#include "link/connection.h"

/*
 * The way out: frames are corked and leave in as few writes as can be.
 *
 * A connection's bytes are handed to libwebsockets when another connection of the thread speaks,
 * when the cork is full, or at the end of the service pass, whichever is first. libwebsockets
 * keeps what the socket does not take; the connection is blocked then: until that has drained it is
 * not read from, and not expected to show signs of life. So a connection never has more waiting
 * than one cork. A connection that can no longer be written to outside of a callback of its own is
 * handed to "on_unusable" of the thread.
 */

/** Hands on what is corked in the service pass that ends. It is the thread's "on_pass_end". */
void output_end_pass(struct thread *thread);

/**
 * Corks one frame of @connection, whose payload is copied.
 *
 * Returns 0, or -1 when the connection is beyond use and has to be closed.
 */
int output_frame(struct connection *connection, struct frame frame, const void *payload,
                 size_t payload_bytes);

/** Corks one frame and hands it on at once, behind all that is corked. Returns 0 or -1. */
int output_frame_now(struct connection *connection, struct frame frame, const void *payload,
                     size_t payload_bytes);

/**
 * Has what is corked of @connection wait until it is its turn to write, when output_flush()
 * is to be called; libwebsockets sends a Pong that it owes before. Costs some system calls.
 */
void output_defer(struct connection *connection);

/** Hands on at once what is corked of @connection. Returns 0 or -1. */
int output_flush(struct connection *connection);

/**
 * Blocks the connection as if the socket took no more, to give other connections their turn:
 * output_has_drained() comes true soon.
 */
void output_pause(struct connection *connection);

/** The socket takes bytes again: returns true when all that was blocked has drained. */
bool output_has_drained(const struct connection *connection);
