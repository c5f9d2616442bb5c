#pragma once

#include <stddef.h>
#include <stdint.h>

#include "link/vhost.h"

/*
 * Keep-alive on the wire (RFC 6455 sections 5.5.2 and 5.5.3): Pings, or unsolicited Pongs, to
 * connections that have been silent for the interval, and the end of those whose Pong does not
 * come. Who does not read cannot be asked, and is watched instead. One timer a thread.
 */

/** A connection is open. */
void pinger_add(struct connection *connection);

/** Bytes of a message came in this service pass; "inside_frame" says whether its frame goes on. */
void pinger_received(struct connection *connection);

/** A Pong came; one that answers no Ping of ours counts as received bytes. */
void pinger_pong(struct connection *connection, const void *payload, size_t bytes);

/** Output is blocked: the peer has to take something of it within "write-timeout". */
void pinger_stall(struct connection *connection);

/** Blocked output has drained: silence is counted anew, and so is the time for a Pong. */
void pinger_resume(struct connection *connection);

/** The connection is gone. */
void pinger_remove(struct connection *connection);
