#pragma once

#include <libwebsockets.h>

/* The start and the end of the protocol on a vhost. */

/**
 * Takes the vhost's options and prepares its threads; NULL @options means that the protocol is not
 * enabled on the vhost.
 *
 * Reports what is wrong as one error line in libwebsockets' log. Returns 0, or -1 to refuse the
 * vhost.
 */
int protocol_init(struct lws *wsi, const struct lws_protocol_vhost_options *options);

/** Releases what protocol_init() took, even if it failed half way. Returns 0. */
int protocol_destroy(struct lws *wsi);
