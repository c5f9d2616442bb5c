#pragma once

#include "vhost.h"

/**
 * Serves the document at the path of @wsi's request, if it is one of those about the server itself:
 * what it is (info-path), whether it serves (health-path), and what it has counted (metrics-path).
 *
 * Returns false when it is none of them. Otherwise sets @result to what the callback is to return.
 */
bool echo_status_serve(struct lws *wsi, const struct echo_vhost *vhost, int *result);
