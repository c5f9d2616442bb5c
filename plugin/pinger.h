#pragma once

#include <stddef.h>
#include <stdint.h>

#include "vhost.h"

/*
 * Keep-alive on the wire (RFC 6455 sections 5.5.2 and 5.5.3): Pings to connections that have been
 * silent for the interval, and the end of those whose Pong does not come. One timer a thread.
 */

/** A connection is open. */
void echo_pinger_add(struct echo_connection *connection);

/** Bytes of a message came in this service pass. */
void echo_pinger_received(struct echo_connection *connection);

/** A Pong came; one that answers no Ping of ours counts as received bytes. */
void echo_pinger_pong(struct echo_connection *connection, const void *payload, size_t bytes);

/** Sends the Ping that fell due while output was blocked, if there is one. Returns 0 or -1. */
int echo_pinger_drained(struct echo_connection *connection);

/** The connection is gone. */
void echo_pinger_remove(struct echo_connection *connection);
