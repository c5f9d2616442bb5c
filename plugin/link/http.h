#pragma once

#include <stdbool.h>

#include <libwebsockets.h>

#include "core/request.h"

/*
 * Reads requests and answers them in HTTP: with documents, and with refusals of one sentence for
 * the person who reads it.
 */

/** Says whether the request has a @token header that is not empty, however long it is. */
bool http_has(struct lws *wsi, enum lws_token_indexes token);

/** Copies a header into @value; see struct request_value for failures. */
void http_read(struct lws *wsi, enum lws_token_indexes token, struct request_value *value);

/** Begins to read @value, which must stay, as a list of tokens, the way libwebsockets does. */
void http_tokens_begin(struct lws_tokenize *list, const char *value);

/**
 * Returns the next element of the list: LWS_TOKZE_TOKEN, another positive value for anything else
 * (a number, say), LWS_TOKZE_ENDED at its end, or a negative value if the list is malformed.
 */
lws_tokenize_elem http_tokens_next(struct lws_tokenize *list);

/** Returns the path of @wsi's request, without its query; sets @bytes (no NUL). NULL: none. */
const char *http_path(struct lws *wsi, size_t *bytes);

/* What a request asks to be upgraded to. */
enum http_upgrade {
    HTTP_UPGRADE_GONE, /* libwebsockets has answered already and dropped the headers */
    HTTP_UPGRADE_WEBSOCKET,
    HTTP_UPGRADE_OTHER,
};

/** Returns what @wsi's request asks to be upgraded to. */
enum http_upgrade http_upgrade_of(struct lws *wsi);

#define HTTP_STATUS_UPGRADE_REQUIRED 426
#define HTTP_STATUS_TOO_MANY_REQUESTS 429

/**
 * Answers @wsi's request with the status @code and @sentence as plain text, and ends the
 * connection. A HEAD request gets the headers only (RFC 9110 section 9.3.2).
 *
 * Returns -1, for the callback to return.
 */
int http_refuse(struct lws *wsi, unsigned code, const char *sentence);

/**
 * Answers @wsi's request with the status @code and the @bytes of @body, a document of the MIME type
 * @type that must not be cached. The LWS_PRE bytes before @body are overwritten. GET gets the whole
 * document, HEAD the headers only, and any other method 405.
 *
 * If the peer does not read fast enough, the connection ends after the document.
 *
 * Returns what the callback must return: 0 if the connection may serve another request, or -1.
 */
int http_serve(struct lws *wsi, unsigned code, const char *type, unsigned char *body, size_t bytes);
