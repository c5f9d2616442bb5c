#pragma once

#include <stddef.h>

#include "link/connection.h"

/*
 * Keep-alive on the wire (RFC 6455 sections 5.5.2 and 5.5.3): what is done when liveness.h says
 * that something is due. Silent connections get a Ping or an unsolicited Pong; those whose Pong
 * does not come, and those that read nothing, are dropped.
 */

/** Deals with all that is due on @thread. It is the thread's "on_liveness_due". */
void pinger_due(struct thread *thread);

/** A Pong came; one that answers no Ping of ours counts as received bytes. */
void pinger_pong(struct connection *connection, const void *payload, size_t bytes);
