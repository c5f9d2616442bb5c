#include "link/requirements.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/handshake.h"
#include "link/http.h"
#include "link/journal.h"
#include "link/negotiation.h"
#include "link/peer.h"

/* libwebsockets copies lists of tokens into a buffer of its own, and drops whoever sends more. */
#define TOKENS_MAX_BYTES 126

static bool header_is(struct lws *wsi, enum lws_token_indexes token, const char *value)
{
    struct http_header header;

    return http_read(wsi, token, &header) && !strcmp(header.value, value);
}

static bool is_get(struct lws *wsi)
{
    return http_has(wsi, WSI_TOKEN_GET_URI);
}

static bool is_http_1_1(struct lws *wsi)
{
    return header_is(wsi, WSI_TOKEN_HTTP, "HTTP/1.1");
}

static bool names_a_host(struct lws *wsi)
{
    return http_has(wsi, WSI_TOKEN_HOST);
}

static bool connection_says_upgrade(struct lws *wsi)
{
    struct http_header header;
    struct lws_tokenize list;

    if (!http_read(wsi, WSI_TOKEN_CONNECTION, &header) || header.bytes > TOKENS_MAX_BYTES)
        return false;

    http_tokens_begin(&list, header.value);
    while (http_tokens_next(&list) == LWS_TOKZE_TOKEN)
        if (list.token_len == strlen("upgrade") &&
            !strncasecmp(list.token, "upgrade", list.token_len))
            return true;

    return false;
}

static bool version_is_13(struct lws *wsi)
{
    return header_is(wsi, WSI_TOKEN_VERSION, "13");
}

static bool key_is_valid(struct lws *wsi)
{
    struct http_header header;

    return http_read(wsi, WSI_TOKEN_KEY, &header) && handshake_key_is_valid(header.value);
}

static bool origin_is_allowed(struct lws *wsi)
{
    struct http_header header;
    const char *origin = NULL;

    /* one that is too long to be read equals none of the list */
    if (http_has(wsi, WSI_TOKEN_ORIGIN))
        origin = http_read(wsi, WSI_TOKEN_ORIGIN, &header) ? header.value : "";

    return handshake_origin_is_allowed(vhost_get(wsi)->options.allowed_origins, origin);
}

/* What is too long to be read must not make the proxy the one who connects. */
static bool forwarded_is_readable(struct lws *wsi)
{
    struct http_header header;

    return !vhost_get(wsi)->options.trusted_proxies[0] ||
           !http_has(wsi, WSI_TOKEN_X_FORWARDED_FOR) ||
           http_read(wsi, WSI_TOKEN_X_FORWARDED_FOR, &header);
}

static bool there_is_room(struct lws *wsi)
{
    const struct vhost *vhost = vhost_get(wsi);
    uint64_t max = vhost->options.max_connections;

    return !max || vhost->threads[lws_get_tsi(wsi)].counters->open < max;
}

static bool peer_has_room(struct lws *wsi)
{
    const struct vhost *vhost = vhost_get(wsi);
    uint64_t max = vhost->options.max_connections_per_address;
    struct address network;

    if (!max)
        return true;
    network = peer_find(wsi, &vhost->options);
    network = address_network(&network);

    return address_counts_get(&vhost->threads[lws_get_tsi(wsi)].address_counts, &network) < max;
}

static bool subprotocols_are_readable(struct lws *wsi)
{
    struct http_header header;
    struct lws_tokenize list;
    lws_tokenize_elem element;

    if (!http_has(wsi, WSI_TOKEN_PROTOCOL))
        return true;
    if (!http_read(wsi, WSI_TOKEN_PROTOCOL, &header) || header.bytes > TOKENS_MAX_BYTES)
        return false;

    /* the first is the one that libwebsockets will look at */
    http_tokens_begin(&list, header.value);
    if (http_tokens_next(&list) != LWS_TOKZE_TOKEN || list.token_len > OPTIONS_SUBPROTOCOL_MAX)
        return false;
    do {
        element = http_tokens_next(&list);
    } while (element > LWS_TOKZE_ENDED);

    return element == LWS_TOKZE_ENDED;
}

/* In the order in which they are looked at. */
static const struct {
    bool (*holds)(struct lws *wsi);
    enum refusal refusal;
    unsigned status;
    const char *otherwise;
} requirements[] = {
    {is_get, REFUSAL_METHOD, HTTP_STATUS_BAD_REQUEST, "A WebSocket handshake is a GET request."},
    {is_http_1_1, REFUSAL_HTTP_VERSION, HTTP_STATUS_BAD_REQUEST,
     "A WebSocket handshake needs HTTP/1.1."},
    {names_a_host, REFUSAL_HOST, HTTP_STATUS_BAD_REQUEST, "The Host header is missing."},
    {connection_says_upgrade, REFUSAL_CONNECTION, HTTP_STATUS_BAD_REQUEST,
     "The Connection header must be a list of tokens, of at most 126 bytes, with \"Upgrade\"."},
    {version_is_13, REFUSAL_VERSION, HTTP_STATUS_UPGRADE_REQUIRED,
     "Sec-WebSocket-Version must be 13."},
    {key_is_valid, REFUSAL_KEY, HTTP_STATUS_BAD_REQUEST,
     "Sec-WebSocket-Key must be 16 bytes in base64."},
    {origin_is_allowed, REFUSAL_ORIGIN, HTTP_STATUS_FORBIDDEN,
     "Pages of this origin may not connect."},
    {subprotocols_are_readable, REFUSAL_SUBPROTOCOL, HTTP_STATUS_BAD_REQUEST,
     "Sec-WebSocket-Protocol must be a list of tokens, of at most 126 bytes, whose first has at "
     "most 62 and is not a number."},
    {negotiation_is_possible, REFUSAL_EXTENSIONS, HTTP_STATUS_BAD_REQUEST,
     "Sec-WebSocket-Extensions must be a list of extensions (RFC 6455 section 9.1), of at most 254 "
     "bytes, or 399 if one with parameters that is taken ends within the first 254."},
    {forwarded_is_readable, REFUSAL_FORWARDED, HTTP_STATUS_BAD_REQUEST,
     "X-Forwarded-For must be a list of addresses, of at most 1023 bytes."},
    {there_is_room, REFUSAL_MAX_CONNECTIONS, HTTP_STATUS_SERVICE_UNAVAILABLE,
     "The server has as many connections as it may; try again later."},
    {peer_has_room, REFUSAL_MAX_CONNECTIONS_PER_ADDRESS, HTTP_STATUS_TOO_MANY_REQUESTS,
     "This address has as many connections as it may."},
};

int requirements_check(struct lws *wsi, const struct vhost *vhost)
{
    char sentence[64 + OPTIONS_PATH_MAX];
    struct setting_error error;

    if (!http_path_is(wsi, vhost->options.path)) {
        if (vhost->options.path[0])
            snprintf(sentence, sizeof(sentence), "WebSocket connections are accepted at %s only.",
                     vhost->options.path);
        else
            snprintf(sentence, sizeof(sentence), "WebSocket connections are not accepted here.");
        return journal_refuse(wsi, vhost, REFUSAL_PATH, HTTP_STATUS_NOT_FOUND, sentence);
    }

    for (size_t i = 0; i < LWS_ARRAY_SIZE(requirements); i++)
        if (!requirements[i].holds(wsi))
            return journal_refuse(wsi, vhost, requirements[i].refusal, requirements[i].status,
                                  requirements[i].otherwise);

    /* a vhost does not tell whether it has TLS; hosts that know check before they start */
    if (options_check(&vhost->options, lws_is_ssl(wsi), &error)) {
        lwsl_err(PROTOCOL_NAME ": \"%s\": %s\n", error.key, error.text);
        return journal_refuse(wsi, vhost, REFUSAL_OPTIONS, HTTP_STATUS_INTERNAL_SERVER_ERROR,
                              "The server's options do not fit this connection; see its log.");
    }

    return 0;
}
