#pragma once

#include "endpoint.h"
#include "link/connection.h"

/*
 * The echo: a WebSocket endpoint that sends every message back as it came, piece by piece, with its
 * type and its fragments.
 */

extern const struct endpoint echo_endpoint;

/** What the endpoint's piece() is; routes.h calls it directly, as every message passes it. */
int echo_piece(struct connection *connection, struct piece *piece);
