#pragma once

#include <stddef.h>
#include <stdint.h>

#include "vhost.h"

/*
 * Keep-alive on the wire (RFC 6455 sections 5.5.2 and 5.5.3): Pings, or unsolicited Pongs, to
 * connections that have been silent for the interval, and the end of those whose Pong does not
 * come. Who does not read cannot be asked, and is watched instead. One timer a thread.
 */

/** A connection is open. */
void echo_pinger_add(struct echo_connection *connection);

/** Bytes of a message came in this service pass; "inside_frame" says whether its frame goes on. */
void echo_pinger_received(struct echo_connection *connection);

/** A Pong came; one that answers no Ping of ours counts as received bytes. */
void echo_pinger_pong(struct echo_connection *connection, const void *payload, size_t bytes);

/** Output is blocked: the peer has to take something of it within "write-timeout". */
void echo_pinger_stall(struct echo_connection *connection);

/** Blocked output has drained: silence is counted anew, and so is the time for a Pong. */
void echo_pinger_resume(struct echo_connection *connection);

/** The connection is gone. */
void echo_pinger_remove(struct echo_connection *connection);
