#include "core/requirements.h"

#include <stdio.h>
#include <string.h>

/* RFC 9110 section 15 and RFC 6585 section 4. */
enum status {
    BAD_REQUEST = 400,
    FORBIDDEN = 403,
    NOT_FOUND = 404,
    UPGRADE_REQUIRED = 426,
    TOO_MANY_REQUESTS = 429,
    INTERNAL_SERVER_ERROR = 500,
    SERVICE_UNAVAILABLE = 503,
    HTTP_VERSION_NOT_SUPPORTED = 505,
};

/* What a requirement looks at. */
struct judged {
    const struct request *request;
    const struct options *options;
    const struct requirements_load *load;
    struct handshake *handshake;
};

static bool key_is_valid(const struct judged *judged)
{
    const struct request_value *key = &judged->request->key;

    return judged->request->stream || (key->readable && handshake_key_is_valid(key->text));
}

/* If it is a stream, it must work; in lwsws HTTP/2 may be on with any libwebsockets. */
static bool stream_works(const struct judged *judged)
{
    return !judged->request->stream || judged->request->stream_works;
}

static bool origin_is_allowed(const struct judged *judged)
{
    const struct request_value *origin = &judged->request->origin;
    const char *text = NULL;

    /* an origin too long to be read is not in the list */
    if (origin->present)
        text = origin->readable ? origin->text : "";

    return handshake_origin_is_allowed(judged->options->allowed_origins, text);
}

static bool extensions_are_readable(const struct judged *judged)
{
    return !handshake_answer_extensions(judged->request,
                                        (enum compression_mode)judged->options->compression,
                                        &judged->handshake->deflate);
}

/* If the header is too long to be read, the proxy would pass for the client. */
static bool forwarded_is_readable(const struct judged *judged)
{
    const struct request_value *forwarded_for = &judged->request->forwarded_for;

    return !judged->options->trusted_proxies[0] || !forwarded_for->present ||
           forwarded_for->readable;
}

static bool there_is_room(const struct judged *judged)
{
    uint64_t max = judged->options->max_connections;

    return !max || judged->load->open < max;
}

static bool peer_has_room(const struct judged *judged)
{
    uint64_t max = judged->options->max_connections_per_address;

    return !max || judged->load->open_of_peer < max;
}

/* A requirement is a bool in struct request, or a function. */
#define SAYS(member) NULL, offsetof(struct request, member)
#define HOLDS(function) function, 0

/* In the order in which they are checked. refuse_path() has the sentence for the first. */
static const struct requirement {
    bool (*holds)(const struct judged *judged); /* NULL: use @says */
    size_t says;
    enum refusal refusal;
    unsigned status;
    const char *otherwise;
} requirements[] = {
    {SAYS(has_endpoint), REFUSAL_PATH, NOT_FOUND, NULL},
    {HOLDS(stream_works), REFUSAL_HTTP_VERSION, HTTP_VERSION_NOT_SUPPORTED,
     "This server takes WebSocket connections over HTTP/1.1 only."},
    {SAYS(get), REFUSAL_METHOD, BAD_REQUEST, "A WebSocket handshake is a GET request."},
    {SAYS(http_1_1), REFUSAL_HTTP_VERSION, BAD_REQUEST, "A WebSocket handshake needs HTTP/1.1."},
    /* libwebsockets would take the body for frames */
    {SAYS(no_body), REFUSAL_BODY, BAD_REQUEST, "A WebSocket handshake has no body."},
    {SAYS(has_host), REFUSAL_HOST, BAD_REQUEST, "The Host header is missing."},
    {SAYS(upgrade), REFUSAL_CONNECTION, BAD_REQUEST,
     "The Connection header must be a list of tokens with \"Upgrade\" (of at most 126 bytes, if "
     "libwebsockets is the distribution's)."},
    {SAYS(version_13), REFUSAL_VERSION, UPGRADE_REQUIRED, "Sec-WebSocket-Version must be 13."},
    {HOLDS(key_is_valid), REFUSAL_KEY, BAD_REQUEST,
     "Sec-WebSocket-Key must be 16 bytes in base64."},
    {HOLDS(origin_is_allowed), REFUSAL_ORIGIN, FORBIDDEN, "Pages of this origin may not connect."},
    {SAYS(offers_readable), REFUSAL_SUBPROTOCOL, BAD_REQUEST,
     "Sec-WebSocket-Protocol must be a list of tokens (of at most 126 bytes, whose first has at "
     "most 62 and is not a number, if libwebsockets is the distribution's)."},
    {HOLDS(extensions_are_readable), REFUSAL_EXTENSIONS, BAD_REQUEST,
     "Sec-WebSocket-Extensions must be a list of extensions (RFC 6455 section 9.1). If "
     "libwebsockets "
     "is the distribution's, it must have at most 254 bytes, or 399 if one with parameters that is "
     "taken ends within the first 254."},
    {HOLDS(forwarded_is_readable), REFUSAL_FORWARDED, BAD_REQUEST,
     "X-Forwarded-For must be a list of addresses."},
    {HOLDS(there_is_room), REFUSAL_MAX_CONNECTIONS, SERVICE_UNAVAILABLE,
     "The server has as many connections as it may; try again later."},
    {HOLDS(peer_has_room), REFUSAL_MAX_CONNECTIONS_PER_ADDRESS, TOO_MANY_REQUESTS,
     "This address has as many connections as it may."},
};

static bool is_met(const struct requirement *requirement, const struct judged *judged)
{
    bool says;

    if (requirement->holds)
        return requirement->holds(judged);

    memcpy(&says, (const char *)judged->request + requirement->says, sizeof(says));

    return says;
}

static const struct handshake_refusal *refuse(struct handshake *handshake, enum refusal reason,
                                              unsigned status, const char *sentence)
{
    struct handshake_refusal *refusal = &handshake->refusal;

    refusal->reason = reason;
    refusal->status = status;
    refusal->complaint[0] = '\0';
    snprintf(refusal->sentence, sizeof(refusal->sentence), "%s", sentence);

    return refusal;
}

static const struct handshake_refusal *refuse_path(struct handshake *handshake, const char *path)
{
    char sentence[HANDSHAKE_SENTENCE_MAX];

    if (*path)
        snprintf(sentence, sizeof(sentence), "WebSocket connections are accepted at %s only.",
                 path);
    else
        snprintf(sentence, sizeof(sentence), "WebSocket connections are not accepted here.");

    return refuse(handshake, REFUSAL_PATH, NOT_FOUND, sentence);
}

/* Needs to know about TLS, which a vhost does not tell; hosts that know check at startup. */
static const struct handshake_refusal *check_options(const struct judged *judged)
{
    struct handshake_refusal *refusal = &judged->handshake->refusal;
    struct setting_error error;

    if (!options_check(judged->options, judged->request->tls, &error))
        return NULL;

    refuse(judged->handshake, REFUSAL_OPTIONS, INTERNAL_SERVER_ERROR,
           "The server's options do not fit this connection; see its log.");
    snprintf(refusal->complaint, sizeof(refusal->complaint), "\"%s\": %s", error.key, error.text);

    return refusal;
}

const struct handshake_refusal *requirements_check(const struct request *request,
                                                   const struct options *options,
                                                   const struct requirements_load *load,
                                                   const char *own, struct handshake *handshake)
{
    const struct judged judged = {request, options, load, handshake};

    handshake->peer = request->peer;
    for (size_t i = 0; i < sizeof(requirements) / sizeof(requirements[0]); i++)
        if (!is_met(&requirements[i], &judged))
            return requirements[i].otherwise
                       ? refuse(handshake, requirements[i].refusal, requirements[i].status,
                                requirements[i].otherwise)
                       : refuse_path(handshake, options->path);

    handshake->subprotocol = handshake_choose_subprotocol(
        options->subprotocols, own, request->offers.readable ? request->offers.text : "");

    return check_options(&judged);
}
