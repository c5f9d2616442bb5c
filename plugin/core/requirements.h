#pragma once

#include <stdint.h>

#include "core/handshake.h"

/* What an opening handshake needs to be accepted (RFC 6455 section 4.2.1). */

/* How many connections there are already. */
struct requirements_load {
    uint64_t open;         /* on this service thread */
    uint64_t open_of_peer; /* of the peer's network */
};

/**
 * Judges @request and fills in @handshake with everything needed to accept or refuse it.
 *
 * @own is the name of our protocol, which is always a known subprotocol. It and @options must
 * outlive the subprotocol in @handshake.
 *
 * Returns NULL if it is accepted, or else the refusal, in @handshake: it names the first
 * requirement that is not met.
 */
const struct handshake_refusal *requirements_check(const struct request *request,
                                                   const struct options *options,
                                                   const struct requirements_load *load,
                                                   const char *own, struct handshake *handshake);
