#pragma once

#include "link/vhost.h"

/**
 * Looks at all that RFC 6455 section 4.2.1 and the vhost's options demand of an opening handshake.
 *
 * Returns 0 when @wsi's request is in order, or -1 after a refusal that says what is wrong.
 */
int requirements_check(struct lws *wsi, const struct vhost *vhost);
