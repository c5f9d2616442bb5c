#pragma once

#include <stdbool.h>

#include <libwebsockets.h>

/* What the plugin says in HTTP: refusals, each with one sentence for the person who reads it. */

/** Says whether the path of @wsi's request is @path; a query does not matter. */
bool echo_http_path_is(struct lws *wsi, const char *path);

/* What a request asks to be upgraded to. */
enum echo_http_upgrade {
    ECHO_HTTP_UPGRADE_GONE, /* libwebsockets has answered already and dropped the headers */
    ECHO_HTTP_UPGRADE_WEBSOCKET,
    ECHO_HTTP_UPGRADE_OTHER,
};

enum echo_http_upgrade echo_http_upgrade_of(struct lws *wsi);

/**
 * Answers @wsi's request with @status and @sentence as plain text, and ends the connection. A HEAD
 * request gets the headers only (RFC 9110 section 9.3.2).
 *
 * Returns -1, for the callback to return.
 */
int echo_http_refuse(struct lws *wsi, unsigned status, const char *sentence);
