#pragma once

#include <stddef.h>

#include "link/vhost.h"

/*
 * The way out: frames are corked and leave in as few writes as can be.
 *
 * A connection's bytes are handed to libwebsockets when another connection of the thread speaks,
 * when the cork is full, or at the end of the service pass, whichever is first. libwebsockets
 * keeps what the socket does not take; the connection is blocked then: until that has drained it is
 * not read from, and not expected to show signs of life. So a connection never has more waiting
 * than one cork.
 */

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
 * Returns the time in microseconds. It is read once a service pass while something is corked, so
 * that small messages need no call of their own for it.
 */
lws_usec_t output_now_us(const struct thread *thread);

/**
 * Has what is corked of @connection wait until it is its turn to write, when output_flush()
 * is to be called; libwebsockets sends a Pong that it owes before. Costs some system calls.
 */
void output_defer(struct connection *connection);

/** Hands on at once what is corked of @connection. Returns 0 or -1. */
int output_flush(struct connection *connection);

/**
 * Fails the connection (RFC 6455 section 7.1.7): what is corked goes out, then a Close that says
 * @fault. Returns -1, for the callback to return.
 */
int output_fail(struct connection *connection, const struct fault *fault);

/** Ends a connection that is beyond use, outside of a callback of its own; without a Close. */
void output_kill(struct connection *connection);

/**
 * Blocks the connection as if the socket took no more, to give other connections their turn:
 * output_has_drained() comes true soon.
 */
void output_pause(struct connection *connection);

/** The socket takes bytes again: returns true when all that was blocked has drained. */
bool output_has_drained(const struct connection *connection);
