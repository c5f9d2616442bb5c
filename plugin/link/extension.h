#pragma once

#include "link/thread.h"

/*
 * How permessage-deflate is agreed on in a handshake (RFC 7692 section 5.1), through the extension
 * interface of libwebsockets. Only the agreement is made there: compressed payload passes through
 * to us, see compression.h.
 *
 * libwebsockets reads no parameters that have values, and asks for each offer of the name once for
 * each extension that the vhost has by it. In lwsws the first of them is its own, which damages
 * data, and ours the second. So it is always the second that is taken, and other hosts give ours
 * twice.
 */

/** libwebsockets is about to ask about extensions. */
void extension_begin(struct upgrade *upgrade);

/** libwebsockets asks whether to attach the next extension called @name; returns 0 for yes. */
int extension_confirm(struct lws *wsi, const char *name);

/**
 * Ours is attached to @wsi; sets @options to the parameters that it has. Returns 0, or -1 where it
 * was not asked for.
 */
int extension_attach(struct lws *wsi, const struct lws_ext_options **options);

/**
 * Completes the response's header, which must be the last one that @headers holds.
 *
 * Returns 0, or -1 when another extension was attached in place of ours.
 */
int extension_respond(const struct upgrade *upgrade, struct lws_process_html_args *headers);
