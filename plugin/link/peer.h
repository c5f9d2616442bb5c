#pragma once

#include <libwebsockets.h>

#include "core/base/address.h"
#include "core/request.h"

/**
 * Returns who sent @wsi's request: the other end of the connection, or the address that a trusted
 * proxy gives in @forwarded_for. It is unknown on a unix socket without such a proxy.
 */
struct address peer_find(struct lws *wsi, const char *trusted_proxies,
                         const struct request_value *forwarded_for);
