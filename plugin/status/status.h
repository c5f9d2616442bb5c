#pragma once

#include "link/vhost.h"

/**
 * Serves the document at the path of @wsi's request, if it is one of those about the server itself:
 * what it is (info-path), whether it serves (health-path), and what it has counted (metrics-path).
 *
 * Returns false when it is none of them. Otherwise sets @result to what the callback is to return.
 */
bool status_serve(struct lws *wsi, const struct vhost *vhost, int *result);
