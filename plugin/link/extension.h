#pragma once

#include "link/thread.h"

/*
 * Negotiates permessage-deflate in a handshake (RFC 7692 section 5.1), through the extension
 * interface of libwebsockets. The extension only negotiates: compressed payload passes through to
 * us, see compression.h.
 *
 * libwebsockets cannot read parameters with values. For each offer of a name, it asks once for each
 * extension of the vhost with that name. In lwsws the first of these is its own, which damages
 * data, and ours is the second. So we always take the second; other hosts register ours twice.
 */

/** Prepares @upgrade for the questions of libwebsockets about extensions. */
void extension_begin(struct upgrade *upgrade);

/** Tells libwebsockets whether to attach the next extension called @name: 0 for yes, 1 for no. */
int extension_confirm(struct lws *wsi, const char *name);

/**
 * Notes that our extension is attached to @wsi, and sets @options to its parameters: none, static.
 * Returns 0, or -1 if we did not ask for it.
 */
int extension_attach(struct lws *wsi, const struct lws_ext_options **options);

/**
 * Appends our parameters to the extension header of the response, which must be the last one in
 * @headers.
 *
 * Returns 0, or -1 with an error in the log if another extension was attached in place of ours.
 */
int extension_respond(const struct upgrade *upgrade, struct lws_process_html_args *headers);
