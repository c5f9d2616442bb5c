#pragma once

#include "endpoint.h"
#include "link/connection.h"

/*
 * The echo: a WebSocket endpoint that sends every message back as it came, piece by piece, with the
 * same type and fragmentation.
 */

extern const struct endpoint echo_endpoint;

/**
 * Echoes a piece of an uncompressed message: what piece() does without compression. routes.c calls
 * it directly if the connection is "direct", because nearly every message goes this way. Returns 0,
 * or -1 when the connection ends.
 */
int echo_plain(struct connection *connection, const struct piece *piece);
