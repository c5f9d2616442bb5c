#pragma once

#include <stddef.h>

#include "link/connection.h"

/*
 * Keep-alive on the wire (RFC 6455 sections 5.5.2 and 5.5.3): what happens when liveness.h says
 * that something is due. Silent connections get a Ping or an unsolicited Pong. Connections whose
 * Pong does not come, or that read nothing, are dropped.
 */

/** Handles everything that is due on @thread. It is the thread's "on_liveness_due". */
void pinger_due(struct thread *thread);

/** Takes a Pong, @payload of @bytes. If it answers no Ping of ours, it counts as received bytes. */
void pinger_pong(struct connection *connection, const void *payload, size_t bytes);
