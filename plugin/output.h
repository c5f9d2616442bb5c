#pragma once

#include <stddef.h>

#include "vhost.h"

/*
 * The way out: frames are corked and leave in as few writes as can be.
 *
 * A connection's bytes are handed to libwebsockets when another connection of the thread speaks,
 * when the cork is full, or at the end of the service pass, whichever is first. libwebsockets
 * keeps what the socket does not take; the connection is blocked then, and is not read from until
 * that has drained. So a connection never has more waiting than one cork.
 */

/**
 * Corks one frame of @connection, whose payload is copied.
 *
 * Returns 0, or -1 when the connection is beyond use and has to be closed.
 */
int echo_output_frame(struct echo_connection *connection, struct echo_frame frame,
                      const void *payload, size_t payload_bytes);

/** Corks one frame and hands it on at once, behind all that is corked. Returns 0 or -1. */
int echo_output_frame_now(struct echo_connection *connection, struct echo_frame frame,
                          const void *payload, size_t payload_bytes);

/**
 * Returns the time in microseconds, read once a service pass in which something was corked: a
 * message needs no call of its own for it.
 */
lws_usec_t echo_output_now_us(const struct echo_thread *thread);

/** The socket takes bytes again: returns true when all has drained and reading goes on. */
bool echo_output_resume(struct echo_connection *connection);

/** The connection goes: hands on what is still corked of it, as far as the socket takes it. */
void echo_output_leave(struct echo_connection *connection);
