#include "link/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/token_list.h"
#include "link/library.h"
#include "link/lws_version.h"
#include "link/transport.h"
#include "link/vhost.h"

#define RESPONSE_MAX 1024
#define HEADERS_MAX 2048
#define UPGRADE_MAX 1023

/* The statuses of refusals, with their phrases and what is added to the headers. */
static const struct status {
    unsigned code;
    const char *phrase;
    const char *name;    /* of a header, with a colon; NULL: none */
    const char *value;   /* of that header */
    const char *upgrade; /* a header of HTTP/1.1 only */
    const char *connection;
} statuses[] = {
    {HTTP_STATUS_INTERNAL_SERVER_ERROR, "Internal Server Error", /* the default */
     NULL, "", "", "close"},
    {HTTP_STATUS_BAD_REQUEST, "Bad Request", NULL, "", "", "close"},
    {HTTP_STATUS_FORBIDDEN, "Forbidden", NULL, "", "", "close"},
    {HTTP_STATUS_NOT_FOUND, "Not Found", NULL, "", "", "close"},
    {HTTP_STATUS_METHOD_NOT_ALLOWED, "Method Not Allowed", "Allow:", "GET, HEAD", "", "close"},
    /* RFC 6455 section 4.4 and RFC 9110 section 15.5.22 */
    {HTTP_STATUS_UPGRADE_REQUIRED, "Upgrade Required", "Sec-WebSocket-Version:", "13",
     "Upgrade: websocket\r\n", "Upgrade, close"},
    {HTTP_STATUS_TOO_MANY_REQUESTS, "Too Many Requests", NULL, "", "", "close"}, /* RFC 6585 */
    {HTTP_STATUS_SERVICE_UNAVAILABLE, "Service Unavailable", NULL, "", "", "close"},
    {HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED, "HTTP Version Not Supported", NULL, "", "", "close"},
};

static const struct status *find_status(unsigned code)
{
    for (size_t i = 0; i < LWS_ARRAY_SIZE(statuses); i++)
        if (statuses[i].code == code)
            return &statuses[i];

    return &statuses[0];
}

bool http_has(struct lws *wsi, enum lws_token_indexes token)
{
    return lws_hdr_total_length(wsi, token) > 0;
}

void http_read(struct lws *wsi, enum lws_token_indexes token, struct request_value *value)
{
    int bytes = lws_hdr_copy(wsi, value->text, sizeof(value->text), token);

    value->present = http_has(wsi, token);
    value->bytes = bytes > 0 ? (size_t)bytes : 0;
    /* a NUL would hide what follows it */
    value->readable = bytes > 0 && !memchr(value->text, '\0', value->bytes);
}

void http_tokens_begin(struct lws_tokenize *list, const char *value)
{
    lws_tokenize_init(list, value,
                      LWS_TOKENIZE_F_COMMA_SEP_LIST | LWS_TOKENIZE_F_MINUS_NONTERM |
                          LWS_TOKENIZE_F_DOT_NONTERM | LWS_TOKENIZE_F_RFC7230_DELIMS |
                          LWS_VERSION_TOKENIZE_ASTERISK);
    list->len = strlen(value);
}

lws_tokenize_elem http_tokens_next(struct lws_tokenize *list)
{
    lws_tokenize_elem element;

    do {
        element = lws_tokenize(list);
    } while (element == LWS_TOKZE_DELIMITER);

    return element;
}

const char *http_path(struct lws *wsi, size_t *bytes)
{
    char *path;
    int path_bytes;

    if (lws_http_get_uri_and_method(wsi, &path, &path_bytes) < 0)
        return NULL;
    *bytes = (size_t)path_bytes;

    return path;
}

enum http_upgrade http_upgrade_of(struct lws *wsi)
{
    char upgrade[UPGRADE_MAX + 1];
    bool websocket;

    /* on a stream libwebsockets has looked at ":protocol" */
    if (transport_is_shared(wsi))
        return HTTP_UPGRADE_WEBSOCKET;
    if (!http_has(wsi, WSI_TOKEN_UPGRADE))
        return HTTP_UPGRADE_GONE;

    /* a longer value does not fit and is not copied */
    if (lws_hdr_copy(wsi, upgrade, sizeof(upgrade), WSI_TOKEN_UPGRADE) <= 0)
        return HTTP_UPGRADE_OTHER;
    /* the distribution's libwebsockets has refused lists already */
    websocket = library_is_mended() ? token_list_has(upgrade, "/", "websocket")
                                    : !strcasecmp(upgrade, "websocket");

    return websocket ? HTTP_UPGRADE_WEBSOCKET : HTTP_UPGRADE_OTHER;
}

/* Writes the headers, which are all of the response if @whole; a stream of HTTP/2 has to be told.
 */
static int write_headers(struct lws *wsi, unsigned char *start, unsigned char **p,
                         unsigned char *end, bool whole)
{
    int type = LWS_WRITE_HTTP_HEADERS;

    if (whole && transport_is_shared(wsi))
        type |= LWS_WRITE_H2_STREAM_END;
    if (lws_finalize_http_header(wsi, p, end))
        return -1;

    return lws_write(wsi, start, (size_t)(*p - start), (enum lws_write_protocol)type) < 0 ? -1 : 0;
}

/* HTTP/2 has no text to compose, and no connection to end: the answer ends its stream. */
static void refuse_on_stream(struct lws *wsi, const struct status *status, const char *sentence)
{
    unsigned char response[LWS_PRE + HEADERS_MAX];
    unsigned char *start = response + LWS_PRE;
    unsigned char *end = response + sizeof(response) - 1;
    unsigned char *p = start;
    bool head = http_has(wsi, WSI_TOKEN_HEAD_URI);
    int bytes;

    if (lws_add_http_common_headers(wsi, status->code, "text/plain; charset=utf-8",
                                    strlen(sentence) + 1, &p, end) ||
        (status->name && lws_add_http_header_by_name(wsi, (const unsigned char *)status->name,
                                                     (const unsigned char *)status->value,
                                                     (int)strlen(status->value), &p, end)))
        return;
    if (write_headers(wsi, start, &p, end, head) || head)
        return;
    bytes = snprintf((char *)start, HEADERS_MAX, "%s\n", sentence);
    lws_write(wsi, start, (size_t)bytes, LWS_WRITE_HTTP_FINAL);
}

/*
 * Composed here rather than with lws_add_http_header_*(): during a handshake libwebsockets does not
 * know the request's HTTP version yet, and would answer in HTTP/1.0.
 */
int http_refuse(struct lws *wsi, unsigned code, const char *sentence)
{
    const struct status *status = find_status(code);
    bool head = http_has(wsi, WSI_TOKEN_HEAD_URI);
    char response[LWS_PRE + RESPONSE_MAX];
    char *start = response + LWS_PRE;
    int bytes;

    if (transport_is_shared(wsi)) {
        refuse_on_stream(wsi, status, sentence);
        return -1;
    }

    bytes = snprintf(start, RESPONSE_MAX,
                     "HTTP/1.1 %u %s\r\n"
                     "Content-Type: text/plain; charset=utf-8\r\n"
                     "Content-Length: %zu\r\n"
                     "X-Content-Type-Options: nosniff\r\n"
                     "%s%s%s%s%sConnection: %s\r\n"
                     "\r\n"
                     "%s%s",
                     status->code, status->phrase, strlen(sentence) + 1, status->upgrade,
                     status->name ? status->name : "", status->name ? " " : "", status->value,
                     status->name ? "\r\n" : "", status->connection, head ? "" : sentence,
                     head ? "" : "\n");

    if (bytes > 0 && bytes < RESPONSE_MAX)
        lws_write(wsi, (unsigned char *)start, (size_t)bytes, LWS_WRITE_HTTP);
    else
        lwsl_err(PROTOCOL_NAME ": a refusal of %d bytes is too long\n", bytes);

    return -1;
}

int http_serve(struct lws *wsi, unsigned code, const char *type, unsigned char *body, size_t bytes)
{
    unsigned char headers[LWS_PRE + HEADERS_MAX];
    unsigned char *start = headers + LWS_PRE;
    unsigned char *end = headers + sizeof(headers) - 1;
    unsigned char *p = start;
    bool head = http_has(wsi, WSI_TOKEN_HEAD_URI);

    if (!head && !http_has(wsi, WSI_TOKEN_GET_URI))
        return http_refuse(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED,
                           "This document can be read, with GET or HEAD, and nothing else.");

    if (lws_add_http_common_headers(wsi, code, type, bytes, &p, end) ||
        lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CACHE_CONTROL,
                                     (const unsigned char *)"no-store", (int)strlen("no-store"), &p,
                                     end) ||
        write_headers(wsi, start, &p, end, head))
        return -1;
    if (!head && lws_write(wsi, body, bytes, LWS_WRITE_HTTP_FINAL) != (int)bytes)
        return -1;
    /* if the next request is there but the socket is full, libwebsockets would spin in poll() */
    if (lws_send_pipe_choked(wsi))
        return -1;

    return lws_http_transaction_completed(wsi) ? -1 : 0;
}
