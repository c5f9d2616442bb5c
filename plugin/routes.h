#pragma once

#include <stddef.h>

#include "endpoint.h"
#include "link/connection.h"

/* Which endpoint serves a request, by its path: the only place that names all endpoints. */

/** Returns the endpoint at the path of @wsi's request, or NULL. */
const struct endpoint *routes_find(struct lws *wsi);

/** Answers a request that asks for no upgrade. Returns what the callback is to return. */
int routes_request(struct lws *wsi);

/** Hands a piece of a message to its endpoint. Returns what the callback is to return. */
int routes_receive(struct lws *wsi, struct connection *connection, const void *payload,
                   size_t bytes);
