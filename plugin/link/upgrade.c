#include "link/upgrade.h"

#include <string.h>
#include <strings.h>

#include "core/requirements.h"
#include "link/admission.h"
#include "link/extension.h"
#include "link/http.h"
#include "link/lws_version.h"
#include "link/peer.h"
#include "link/subprotocol.h"
#include "link/transport.h"

/* libwebsockets copies lists of tokens into a buffer, and drops connections that send more. */
#define TOKENS_MAX_BYTES 126

static bool header_is(struct lws *wsi, enum lws_token_indexes token, const char *text)
{
    struct request_value value;

    http_read(wsi, token, &value);

    return value.readable && !strcmp(value.text, text);
}

/* RFC 9112 section 6.3; a length that is no number is not 0 either. */
static bool has_no_body(struct lws *wsi)
{
    struct request_value length;

    if (http_has(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING))
        return false;
    http_read(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, &length);

    return !length.present || (length.readable && strspn(length.text, "0 \t") == length.bytes);
}

static bool connection_says_upgrade(struct lws *wsi)
{
    struct request_value connection;
    struct lws_tokenize list;

    http_read(wsi, WSI_TOKEN_CONNECTION, &connection);
    if (!connection.readable || connection.bytes > TOKENS_MAX_BYTES)
        return false;

    http_tokens_begin(&list, connection.text);
    while (http_tokens_next(&list) == LWS_TOKZE_TOKEN)
        if (list.token_len == strlen("upgrade") &&
            !strncasecmp(list.token, "upgrade", list.token_len))
            return true;

    return false;
}

/*
 * Reads the offered subprotocols as libwebsockets does. The first must be a token, as libwebsockets
 * looks at it; later items that it takes for numbers, say, are kept too.
 */
static void read_offers(struct lws *wsi, struct request *request)
{
    struct request_value header;
    struct lws_tokenize list;
    lws_tokenize_elem element;
    char *out = request->offers.text;
    bool is_first = true;

    http_read(wsi, WSI_TOKEN_PROTOCOL, &header);
    request->offers.present = header.present;
    request->offers.readable = header.readable;
    request->offers_readable =
        !header.present || (header.readable && header.bytes <= TOKENS_MAX_BYTES);
    *out = '\0';
    if (!header.readable)
        return;

    http_tokens_begin(&list, header.text);
    while ((element = http_tokens_next(&list)) > LWS_TOKZE_ENDED) {
        if (is_first && (element != LWS_TOKZE_TOKEN || list.token_len > OPTIONS_SUBPROTOCOL_MAX))
            request->offers_readable = false;
        if (memchr(list.token, ',', list.token_len))
            continue; /* a quoted string, so no subprotocol */
        if (!is_first)
            *out++ = ',';
        memcpy(out, list.token, list.token_len);
        out += list.token_len;
        *out = '\0';
        is_first = false;
    }
    if (element != LWS_TOKZE_ENDED || is_first)
        request->offers_readable = false;
    request->offers.bytes = (size_t)(out - request->offers.text);
}

/* Returns who has sent the request of @wsi, if that matters here: it costs a system call. */
static struct address sender_of(struct lws *wsi, const struct vhost *vhost,
                                const struct request_value *forwarded_for)
{
    const struct address unknown = {{0}};

    return admission_needs_peer(vhost)
               ? peer_find(wsi, vhost->options.trusted_proxies, forwarded_for)
               : unknown;
}

/* What HTTP/1.1 says of the upgrade. */
static void fill_from_connection(struct lws *wsi, struct request *request)
{
    request->get = http_has(wsi, WSI_TOKEN_GET_URI);
    request->http_1_1 = header_is(wsi, WSI_TOKEN_HTTP, "HTTP/1.1");
    request->has_host = http_has(wsi, WSI_TOKEN_HOST);
    request->upgrade = connection_says_upgrade(wsi);
    http_read(wsi, WSI_TOKEN_KEY, &request->key);
    http_read(wsi, WSI_TOKEN_EXTENSIONS, &request->extensions);
}

/*
 * What an extended CONNECT of HTTP/2 says instead (RFC 8441 section 4); libwebsockets asks about no
 * other method and protocol. It answers no extensions there.
 */
static void fill_from_stream(struct lws *wsi, struct request *request)
{
    request->get = request->http_1_1 = request->upgrade = true;
    request->has_host = http_has(wsi, WSI_TOKEN_HTTP_COLON_AUTHORITY);
    request->stream_works = lws_version_is_mended();
    memset(&request->key, 0, sizeof(request->key));
    memset(&request->extensions, 0, sizeof(request->extensions));
}

static void fill(struct lws *wsi, const struct vhost *vhost, const struct endpoint *endpoint,
                 struct request *request)
{
    request->has_endpoint = endpoint && endpoint->piece;
    request->tls = transport_has_tls(wsi);
    request->stream = transport_is_shared(wsi);
    if (request->stream)
        fill_from_stream(wsi, request);
    else
        fill_from_connection(wsi, request);
    request->no_body = has_no_body(wsi);
    request->version_13 = header_is(wsi, WSI_TOKEN_VERSION, "13");
    http_read(wsi, WSI_TOKEN_ORIGIN, &request->origin);
    http_read(wsi, WSI_TOKEN_X_FORWARDED_FOR, &request->forwarded_for);
    request->peer = sender_of(wsi, vhost, &request->forwarded_for);
}

static void on_over(lws_sorted_usec_list_t *timer)
{
    upgrade_end(lws_container_of(timer, struct upgrade, over));
}

/*
 * Fills in the rest of @request, whose offers have been read, judges it and keeps the verdict.
 * Returns 0, or -1 after a refusal.
 */
static int judge(struct lws *wsi, const struct vhost *vhost, const struct endpoint *endpoint,
                 struct request *request)
{
    struct thread *thread = thread_of(wsi, vhost);
    struct upgrade *upgrade = &thread->upgrade;
    const struct handshake_refusal *refusal;
    struct requirements_load load;

    fill(wsi, vhost, endpoint, request);
    load = admission_load(thread, &request->peer);
    refusal =
        requirements_check(request, &vhost->options, &load, PROTOCOL_NAME, &upgrade->handshake);
    if (refusal) {
        if (refusal->complaint[0])
            lwsl_err(PROTOCOL_NAME ": %s\n", refusal->complaint);
        return admission_refuse(wsi, vhost, &request->peer, refusal->reason, refusal->status,
                                refusal->sentence);
    }

    upgrade->wsi = wsi;
    upgrade->endpoint = endpoint;
    memcpy(upgrade->key, request->key.text, sizeof(upgrade->key)); /* a valid one has that length */
    lws_sul_schedule(thread->context, thread->tsi, &upgrade->over, on_over, 0);

    return 0;
}

static int refuse_other_upgrade(struct lws *wsi, const struct vhost *vhost)
{
    struct request_value forwarded_for;
    struct address peer = {{0}};

    if (vhost) {
        http_read(wsi, WSI_TOKEN_X_FORWARDED_FOR, &forwarded_for);
        peer = sender_of(wsi, vhost, &forwarded_for);
    }

    return admission_refuse(wsi, vhost, &peer, REFUSAL_UPGRADE, HTTP_STATUS_BAD_REQUEST,
                            "Connections are upgraded to \"websocket\" only; leave the Upgrade "
                            "header out of other requests.");
}

int upgrade_confirm(struct lws *wsi, const struct endpoint *(*find)(struct lws *wsi))
{
    struct vhost *vhost = vhost_get(wsi);
    struct request request;
    struct upgrade *upgrade;

    /*
     * libwebsockets asks even after it has refused an upgrade that it does not know, and then
     * passes a header that it has already freed (CVE-2025-11677). So read only what it still holds.
     */
    switch (http_upgrade_of(wsi)) {
    case HTTP_UPGRADE_WEBSOCKET:
        break;
    case HTTP_UPGRADE_OTHER:
        return refuse_other_upgrade(wsi, vhost);
    default:
        return -1;
    }
    if (!vhost)
        return 0;

    upgrade = &thread_of(wsi, vhost)->upgrade;
    upgrade_end(upgrade);
    read_offers(wsi, &request);
    if (subprotocol_is_for_another(wsi, request.offers.text))
        return 0;

    if (judge(wsi, vhost, find(wsi), &request))
        return -1;
    if (subprotocol_bind(wsi, upgrade, request.offers.text)) {
        upgrade_end(upgrade);
        return admission_refuse(
            wsi, vhost, &request.peer, REFUSAL_SUBPROTOCOL, HTTP_STATUS_BAD_REQUEST,
            "The first subprotocol offered must be \"" PROTOCOL_NAME "\" here.");
    }

    return 0;
}

/*
 * Says whether the verdict is on the request of @wsi. libwebsockets may have reused the memory of
 * an earlier connection, but the request of that one had another key. Streams have no key, but
 * there the verdict is followed at once.
 */
static bool is_judged(struct lws *wsi, const struct upgrade *upgrade)
{
    return upgrade->wsi == wsi &&
           (transport_is_shared(wsi) || header_is(wsi, WSI_TOKEN_KEY, upgrade->key));
}

int upgrade_filter(struct lws *wsi, const struct endpoint *(*find)(struct lws *wsi))
{
    struct vhost *vhost = vhost_get(wsi);
    struct request request;
    struct upgrade *upgrade;

    if (!vhost)
        return -1;

    /* if another protocol is the vhost's default, that one was asked to confirm */
    upgrade = &thread_of(wsi, vhost)->upgrade;
    if (!is_judged(wsi, upgrade)) {
        upgrade_end(upgrade);
        read_offers(wsi, &request);
        if (judge(wsi, vhost, find(wsi), &request))
            return -1;
    }

    if (http_has(wsi, WSI_TOKEN_PROTOCOL))
        subprotocol_answer(wsi, upgrade);
    extension_begin(upgrade);

    return 0;
}

int upgrade_respond(struct lws *wsi, struct lws_process_html_args *headers)
{
    struct vhost *vhost = vhost_get(wsi);
    struct upgrade *upgrade;

    if (!vhost)
        return -1;

    upgrade = &thread_of(wsi, vhost)->upgrade;
    if (upgrade->wsi != wsi)
        return 0;
    subprotocol_restore(upgrade);

    return extension_respond(upgrade, headers);
}

const struct upgrade *upgrade_take(struct lws *wsi)
{
    struct vhost *vhost = vhost_get(wsi);
    struct upgrade *upgrade = vhost ? &thread_of(wsi, vhost)->upgrade : NULL;

    if (!upgrade || upgrade->wsi != wsi)
        return NULL;
    upgrade_end(upgrade);

    return upgrade;
}

void upgrade_end(struct upgrade *upgrade)
{
    lws_sul_cancel(&upgrade->over);
    subprotocol_restore(upgrade);
    upgrade->wsi = NULL;
}
