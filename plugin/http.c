#include "http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "vhost.h"

#define RESPONSE_MAX 1024

static const char *reason_phrase(unsigned status)
{
    switch (status) {
    case HTTP_STATUS_BAD_REQUEST:
        return "Bad Request";
    case HTTP_STATUS_NOT_FOUND:
        return "Not Found";
    default:
        return "Internal Server Error";
    }
}

bool echo_http_path_is(struct lws *wsi, const char *path)
{
    char *uri;
    int uri_bytes;

    return lws_http_get_uri_and_method(wsi, &uri, &uri_bytes) >= 0 &&
           strlen(path) == (size_t)uri_bytes && !memcmp(uri, path, (size_t)uri_bytes);
}

enum echo_http_upgrade echo_http_upgrade_of(struct lws *wsi)
{
    char upgrade[sizeof("websocket")];

    if (lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) <= 0)
        return ECHO_HTTP_UPGRADE_GONE;

    /* what is longer does not fit and is not copied */
    return lws_hdr_copy(wsi, upgrade, sizeof(upgrade), WSI_TOKEN_UPGRADE) > 0 &&
                   !strcasecmp(upgrade, "websocket")
               ? ECHO_HTTP_UPGRADE_WEBSOCKET
               : ECHO_HTTP_UPGRADE_OTHER;
}

/*
 * Composed here rather than with lws_add_http_header_*(): during a handshake libwebsockets has not
 * yet taken note of the request's HTTP version and would answer in HTTP/1.0.
 */
int echo_http_refuse(struct lws *wsi, unsigned status, const char *sentence)
{
    bool head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    char response[LWS_PRE + RESPONSE_MAX];
    char *start = response + LWS_PRE;
    int bytes = snprintf(start, RESPONSE_MAX,
                         "HTTP/1.1 %u %s\r\n"
                         "Content-Type: text/plain; charset=utf-8\r\n"
                         "Content-Length: %zu\r\n"
                         "X-Content-Type-Options: nosniff\r\n"
                         "Connection: close\r\n"
                         "\r\n"
                         "%s%s",
                         status, reason_phrase(status), strlen(sentence) + 1, head ? "" : sentence,
                         head ? "" : "\n");

    if (bytes > 0 && bytes < RESPONSE_MAX)
        lws_write(wsi, (unsigned char *)start, (size_t)bytes, LWS_WRITE_HTTP);
    else
        lwsl_err(ECHO_PROTOCOL_NAME ": a refusal of %d bytes is too long\n", bytes);

    return -1;
}
