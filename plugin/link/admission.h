#pragma once

#include <stdint.h>

#include "core/base/address.h"
#include "core/counters.h"
#include "core/requirements.h"
#include "link/connection.h"

/* Who is let in: counts connections, in all and for each address, and refuses handshakes. */

/** Says whether a handshake's peer has to be known, which costs a system call. */
bool admission_needs_peer(const struct vhost *vhost);

/** Returns how many connections @thread has, and how many of them @peer has. */
struct requirements_load admission_load(const struct thread *thread, const struct address *peer);

/** Counts a connection that is open. Returns 0, or -1 if memory is short; then it is not counted.
 */
int admission_enter(struct connection *connection);

/** Counts and logs the end of a connection, whose code and reason are known. */
void admission_leave(struct connection *connection);

/**
 * Refuses the handshake of @wsi, from @peer, as http_refuse() does; counts and logs that. Where the
 * protocol is not enabled @vhost is NULL and nothing is counted. Returns -1.
 */
int admission_refuse(struct lws *wsi, const struct vhost *vhost, const struct address *peer,
                     enum refusal refusal, unsigned status, const char *sentence);
