#pragma once

#include <stdint.h>

#include "core/handshake.h"

/* What an opening handshake must fulfil to be accepted (RFC 6455 section 4.2.1). */

/* How many connections there are already. */
struct requirements_load {
    uint64_t open;         /* in this process */
    uint64_t open_of_peer; /* of the peer's network */
};

/**
 * Judges @request and fills in @handshake. Nothing else is needed to accept or to refuse it.
 *
 * @own is the name of our protocol, which is always a known subprotocol.
 *
 * Returns NULL, or why it is refused: the first requirement of the table that it does not fulfil.
 */
const struct handshake_refusal *requirements_check(const struct request *request,
                                                   const struct options *options,
                                                   const struct requirements_load *load,
                                                   const char *own, struct handshake *handshake);
