#pragma once

#include <stdbool.h>

#include "core/base/address.h"
#include "core/counters.h"
#include "link/connection.h"

/* One line at level "info" for each connection that has ended and each handshake refused. */

/** Says whether such lines are written at all. */
bool access_log_is_on(void);

/** Logs a connection that has ended. */
void access_log_end(const struct connection *connection);

/** Logs a handshake of @peer that was refused with the HTTP status @status. */
void access_log_refusal(const struct vhost *vhost, const struct address *peer, enum refusal refusal,
                        unsigned status);
