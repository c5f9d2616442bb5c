#pragma once

#include <stdbool.h>

/* What an opening handshake must say, as far as single headers tell (RFC 6455 section 4.2.1). */

/** Says whether @key is the value of a Sec-WebSocket-Key: 16 bytes in base64 (RFC 4648). */
bool handshake_key_is_valid(const char *key);

/**
 * Says whether a page of @origin may connect (RFC 6455 section 10.2).
 *
 * @allowed is the option "allowed-origins". Scheme and host do not depend on case (RFC 6454
 * section 4). A client that sends no Origin is no page: @origin is NULL then, and it may.
 */
bool handshake_origin_is_allowed(const char *allowed, const char *origin);

/** Says whether @name is in @known, the option "subprotocols". Case matters. */
bool handshake_subprotocol_is_known(const char *known, const char *name);
