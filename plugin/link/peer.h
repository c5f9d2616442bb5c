#pragma once

#include <libwebsockets.h>

#include "core/base/address.h"
#include "core/options.h"

/**
 * Returns who has sent @wsi's request, whose headers must still be there: the other end of the
 * connection, or whom a trusted proxy names. It is not known on a unix socket without such a proxy.
 */
struct address peer_find(struct lws *wsi, const struct options *options);
