#pragma once

#include <stdbool.h>

#include "core/base/address.h"
#include "core/counters.h"
#include "link/connection.h"

/* Logs one line at level "info" for each connection that ends and each handshake refused. */

/** Says whether level "info" is logged. */
bool access_log_is_on(void);

/** Logs the end of @connection, whose end_code and end_why are set. */
void access_log_end(const struct connection *connection);

/** Logs a handshake of @peer that was refused with the HTTP status @status. */
void access_log_refusal(const struct vhost *vhost, const struct address *peer, enum refusal refusal,
                        unsigned status);
