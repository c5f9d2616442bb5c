#pragma once

#include "link/connection.h"

/*
 * Which connections are silent, owe a Pong, or do not read (core/keepalive.h), and the thread's one
 * timer for all of them. When something falls due, "on_liveness_due" of the thread is called.
 */

/** The connection is open. */
void liveness_add(struct connection *connection);

/** Bytes of a message came in this service pass; "inside_frame" says whether its frame goes on. */
void liveness_received(struct connection *connection);

/** The Pong that was awaited came. */
void liveness_pong(struct connection *connection);

/** Output is blocked: the peer has to read some of it within "write-timeout". */
void liveness_stall(struct connection *connection);

/** Blocked output has drained: silence is counted anew, and so is the time for a Pong. */
void liveness_resume(struct connection *connection);

/** The connection is gone. */
void liveness_remove(struct connection *connection);

/** Starts the timer for what falls due next, unless it fires early enough. */
void liveness_arm(struct thread *thread);
