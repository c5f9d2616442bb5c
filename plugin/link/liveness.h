#pragma once

#include "link/connection.h"

/*
 * Tracks which connections are silent, owe a Pong, or do not read (core/keepalive.h), with one
 * timer for each thread. When something falls due, the thread's "on_liveness_due" is called.
 */

/** Begins to track an open connection. */
void liveness_add(struct connection *connection);

/** Notes that bytes of a message came in this service pass; "inside_frame" must be up to date. */
void liveness_received(struct connection *connection);

/** Notes that the awaited Pong came. */
void liveness_pong(struct connection *connection);

/** Notes that output is blocked: the peer must read some of it within "write-timeout". */
void liveness_stall(struct connection *connection);

/** Notes that blocked output has drained: the times for silence and for a Pong start again. */
void liveness_resume(struct connection *connection);

/** Stops tracking the connection. */
void liveness_remove(struct connection *connection);

/** Starts the timer for what falls due next, unless it already fires early enough. */
void liveness_arm(struct thread *thread);
