#pragma once

#include <stdint.h>

#include "core/base/address.h"
#include "core/counters.h"
#include "core/requirements.h"
#include "link/connection.h"

/* Admission: counts connections, in total and for each address, and refuses handshakes. */

/** Says whether the peer of a handshake must be known, which costs a system call. */
bool admission_needs_peer(const struct vhost *vhost);

/** Returns how many connections @thread has, and how many of them are from @peer's network. */
struct requirements_load admission_load(const struct thread *thread, const struct address *peer);

/** Counts a new connection. Returns 0, or -1 if memory is short; then it is not counted. */
int admission_enter(struct connection *connection);

/** Counts and logs the end of a connection that was counted; end_code and end_why are set. */
void admission_leave(struct connection *connection);

/**
 * Refuses the handshake of @wsi, from @peer, as http_refuse() does, and counts and logs it. @vhost
 * is NULL if the protocol is not enabled there; then nothing is counted or logged. Returns -1.
 */
int admission_refuse(struct lws *wsi, const struct vhost *vhost, const struct address *peer,
                     enum refusal refusal, unsigned status, const char *sentence);
