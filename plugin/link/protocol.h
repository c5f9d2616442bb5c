#pragma once

#include <libwebsockets.h>

/* Starts and ends the protocol on a vhost. */

/**
 * Copies the vhost's options and prepares its threads. If @options is NULL, the protocol is not
 * enabled on the vhost.
 *
 * Returns 0, or -1 to refuse the vhost, with one error line in the libwebsockets log.
 */
int protocol_init(struct lws *wsi, const struct lws_protocol_vhost_options *options);

/** Releases what protocol_init() took, even if it failed halfway. Returns 0. */
int protocol_destroy(struct lws *wsi);
