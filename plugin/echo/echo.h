#pragma once

#include "endpoint.h"
#include "link/connection.h"

/*
 * The echo: a WebSocket endpoint that sends every message back as it came, piece by piece, with its
 * type and its fragments.
 */

extern const struct endpoint echo_endpoint;

/**
 * Echoes a piece of a message that is not compressed: what piece() does without compression.
 * routes.c calls it directly where the connection is "direct", as nearly every message passes it.
 */
int echo_plain(struct connection *connection, const struct piece *piece);
