#pragma once

#include "endpoint.h"
#include "link/connection.h"

/*
 * The opening handshake (RFC 6455 section 4.2), callback by callback, in the order in which they
 * come. All come in one go, before the thread deals with anything else:
 *
 * - upgrade_confirm() fills a request once, has core/requirements.h judge it, and keeps the
 * verdict.
 * - upgrade_filter() knows that the connection is ours; it judges if another protocol was asked to
 *   confirm.
 * - extension.h attaches our extension if the verdict says so.
 * - upgrade_respond() completes the response's headers.
 * - upgrade_take() hands the verdict to the connection, which is open.
 *
 * libwebsockets may drop the connection between any two of them, and not always with a callback. So
 * the verdict is given up, and our protocol gets its own name back, at the latest when the thread
 * has no event left to deal with, or when another handshake begins.
 */

/**
 * A request asks for an upgrade of some kind. @find returns the endpoint at the path of a request
 * whose headers are still there, or NULL.
 */
int upgrade_confirm(struct lws *wsi, const struct endpoint *(*find)(struct lws *wsi));

/** A WebSocket handshake is about to be accepted; @find as above. */
int upgrade_filter(struct lws *wsi, const struct endpoint *(*find)(struct lws *wsi));

/**
 * The headers of a response have been written but for the last line: of a handshake, or of a file.
 */
int upgrade_respond(struct lws *wsi, struct lws_process_html_args *headers);

/**
 * The handshake of @wsi is done. Returns the verdict, which is valid until another handshake
 * begins, or NULL if there is none.
 */
const struct upgrade *upgrade_take(struct lws *wsi);

/** Gives up what handshake the thread deals with, if any. */
void upgrade_end(struct upgrade *upgrade);
