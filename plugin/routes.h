#pragma once

#include <stddef.h>

#include "endpoint.h"
#include "link/connection.h"

/* Maps the path of a request to its endpoint. This is the only place that names all endpoints. */

/** Returns the endpoint at the path of @wsi's request, or NULL. Endpoints are static. */
const struct endpoint *routes_find(struct lws *wsi);

/** Answers a request that asks for no upgrade. Returns 0, or -1 to end the connection. */
int routes_request(struct lws *wsi);

/**
 * Hands a piece of a message, @payload of @bytes, to the connection's endpoint. The payload is only
 * read during the call. Returns 0, or -1 to end the connection.
 */
int routes_receive(struct lws *wsi, struct connection *connection, const void *payload,
                   size_t bytes);
