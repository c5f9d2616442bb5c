#pragma once

#include "endpoint.h"
#include "link/connection.h"

/*
 * The opening handshake (RFC 6455 section 4.2), callback by callback. They come in this order, and
 * before the thread handles anything else:
 *
 * - upgrade_confirm() fills a request, lets core/requirements.h judge it, and keeps the verdict.
 * - upgrade_filter() knows that the connection is ours. It judges if another protocol was asked to
 *   confirm.
 * - extension.h attaches our extension if the verdict says so.
 * - upgrade_respond() completes the response's headers.
 * - upgrade_take() hands the verdict to the connection, which is open.
 *
 * libwebsockets may drop the connection between any two of them, and not always with a callback. So
 * the verdict is discarded, and our protocol gets its own name back, at the latest when the thread
 * has no events left to handle or when another handshake begins.
 */

/**
 * Judges a request for an upgrade of any kind. @find returns the endpoint at the path of a request
 * whose headers are still there, or NULL.
 *
 * Returns 0 to go on, also if another protocol is meant, or -1 after a refusal.
 */
int upgrade_confirm(struct lws *wsi, const struct endpoint *(*find)(struct lws *wsi));

/** Confirms that we take a WebSocket handshake; @find as above. Returns 0, or -1 to refuse it. */
int upgrade_filter(struct lws *wsi, const struct endpoint *(*find)(struct lws *wsi));

/**
 * Completes the headers of a response, which have been written except for the last line. Responses
 * to other requests, such as files, are left alone. Returns 0, or -1 to end the connection.
 */
int upgrade_respond(struct lws *wsi, struct lws_process_html_args *headers);

/**
 * Ends the handshake of @wsi, which is done. Returns the verdict, which is valid until another
 * handshake begins, or NULL if there is none.
 */
const struct upgrade *upgrade_take(struct lws *wsi);

/** Discards the verdict, if there is one, and gives our protocol its own name back. */
void upgrade_end(struct upgrade *upgrade);
