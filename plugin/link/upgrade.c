#include "link/upgrade.h"

#include <string.h>
#include <strings.h>

#include "core/base/token_list.h"
#include "core/requirements.h"
#include "link/admission.h"
#include "link/extension.h"
#include "link/http.h"
#include "link/library.h"
#include "link/peer.h"
#include "link/subprotocol.h"
#include "link/transport.h"

/* The distribution's libwebsockets copies lists of tokens, and drops who sends more. */
#define TOKENS_MAX_BYTES 126

/* Room for a short value. */
#define SHORT_MAX 63

static bool header_is(struct lws *wsi, enum lws_token_indexes token, const char *text)
{
    char value[SHORT_MAX + 1];

    return lws_hdr_copy(wsi, value, sizeof(value), token) == (int)strlen(text) &&
           !strcmp(value, text);
}

/* RFC 9112 section 6.3; a length that is no number is not 0 either. */
static bool has_no_body(struct lws *wsi)
{
    char length[SHORT_MAX + 1];
    int bytes = lws_hdr_copy(wsi, length, sizeof(length), WSI_TOKEN_HTTP_CONTENT_LENGTH);

    if (bytes < 0 || http_has(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING))
        return false;

    return strspn(length, "0 \t") == (size_t)bytes;
}

/* Looks for a token as the distribution's libwebsockets does. */
static bool distribution_finds(const struct request_value *value, const char *token)
{
    struct lws_tokenize list;

    if (value->bytes > TOKENS_MAX_BYTES)
        return false;

    http_tokens_begin(&list, value->text);
    while (http_tokens_next(&list) == LWS_TOKZE_TOKEN)
        if (list.token_len == strlen(token) && !strncasecmp(list.token, token, list.token_len))
            return true;

    return false;
}

static bool connection_says_upgrade(struct lws *wsi, struct request_value *connection)
{
    http_read(wsi, WSI_TOKEN_CONNECTION, connection);
    if (!connection->readable)
        return false;

    return library_is_mended() ? token_list_has(connection->text, "", "upgrade")
                               : distribution_finds(connection, "upgrade");
}

/* Appends a subprotocol to @offers, whose text it may overlap further on. */
static void add_offer(struct request_value *offers, const char *name, size_t bytes)
{
    if (offers->bytes)
        offers->text[offers->bytes++] = ',';
    memmove(offers->text + offers->bytes, name, bytes);
    offers->bytes += bytes;
}

/* Returns whether all of them are tokens, and whether there is one. */
static bool read_offers_whole(struct request_value *offers)
{
    const char *rest = offers->text;
    enum token_list_element element;
    const char *name;
    size_t bytes;

    while ((element = token_list_next(&rest, "", &name, &bytes)) == TOKEN_LIST_TOKEN)
        add_offer(offers, name, bytes);

    return element == TOKEN_LIST_END && offers->bytes;
}

/*
 * Reads the offered subprotocols as the distribution's libwebsockets does. The first must be a
 * token, as that looks at it; later items that it takes for numbers, say, are kept too.
 */
static bool distribution_reads_offers(struct request_value *offers)
{
    bool readable = offers->bytes <= TOKENS_MAX_BYTES;
    struct lws_tokenize list;
    lws_tokenize_elem element;
    bool is_first = true;

    offers->bytes = 0;
    http_tokens_begin(&list, offers->text);
    while ((element = http_tokens_next(&list)) > LWS_TOKZE_ENDED) {
        if (is_first && (element != LWS_TOKZE_TOKEN || list.token_len > OPTIONS_SUBPROTOCOL_MAX))
            readable = false;
        if (memchr(list.token, ',', list.token_len))
            continue; /* a quoted string, so no subprotocol */
        add_offer(offers, list.token, list.token_len);
        is_first = false;
    }

    return readable && element == LWS_TOKZE_ENDED && !is_first;
}

/* Reads the offered subprotocols, if libwebsockets can read them. */
static void read_offers(struct lws *wsi, struct request *request)
{
    struct request_value *offers = &request->offers;

    http_read(wsi, WSI_TOKEN_PROTOCOL, offers);
    request->offers_readable = !offers->present;
    if (!offers->readable) {
        offers->text[0] = '\0';
        return;
    }

    if (library_is_mended()) {
        offers->bytes = 0;
        request->offers_readable = read_offers_whole(offers);
    } else {
        request->offers_readable = distribution_reads_offers(offers);
    }
    offers->text[offers->bytes] = '\0';
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
    /* the room of the extensions is free yet */
    request->upgrade = connection_says_upgrade(wsi, &request->extensions);
    http_read(wsi, WSI_TOKEN_KEY, &request->key);
    http_read(wsi, WSI_TOKEN_EXTENSIONS, &request->extensions);
}

static void leave_out(struct request_value *value)
{
    value->present = value->readable = false;
    value->bytes = 0;
    value->text[0] = '\0';
}

/*
 * What an extended CONNECT of HTTP/2 says instead (RFC 8441 section 4); libwebsockets asks about no
 * other method and protocol. It answers no extensions there.
 */
static void fill_from_stream(struct lws *wsi, struct request *request)
{
    request->get = request->http_1_1 = request->upgrade = true;
    request->has_host = http_has(wsi, WSI_TOKEN_HTTP_COLON_AUTHORITY);
    request->stream_works = library_is_mended();
    leave_out(&request->key);
    leave_out(&request->extensions);
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
    request->reads_extensions = library_is_mended();
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
 * Fills in the rest of the request, whose offers have been read, judges it and keeps the verdict.
 * Returns 0, or -1 after a refusal.
 */
static int judge(struct lws *wsi, const struct vhost *vhost, const struct endpoint *endpoint)
{
    struct thread *thread = thread_of(wsi, vhost);
    struct upgrade *upgrade = &thread->upgrade;
    struct request *request = &upgrade->request;
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
    struct address peer = {{0}};

    if (vhost) {
        struct request_value *forwarded_for = &thread_of(wsi, vhost)->upgrade.request.forwarded_for;

        http_read(wsi, WSI_TOKEN_X_FORWARDED_FOR, forwarded_for);
        peer = sender_of(wsi, vhost, forwarded_for);
    }

    return admission_refuse(wsi, vhost, &peer, REFUSAL_UPGRADE, HTTP_STATUS_BAD_REQUEST,
                            "Connections are upgraded to \"websocket\" only; leave the Upgrade "
                            "header out of other requests.");
}

int upgrade_confirm(struct lws *wsi, const struct endpoint *(*find)(struct lws *wsi))
{
    struct vhost *vhost = vhost_get(wsi);
    struct upgrade *upgrade;
    const char *offers;

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
    read_offers(wsi, &upgrade->request);
    offers = upgrade->request.offers.text;
    if (subprotocol_is_for_another(wsi, offers))
        return 0;

    if (judge(wsi, vhost, find(wsi)))
        return -1;
    if (subprotocol_bind(wsi, upgrade, offers)) {
        upgrade_end(upgrade);
        return admission_refuse(
            wsi, vhost, &upgrade->request.peer, REFUSAL_SUBPROTOCOL, HTTP_STATUS_BAD_REQUEST,
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
    struct upgrade *upgrade;

    if (!vhost)
        return -1;

    /* if another protocol is the vhost's default, that one was asked to confirm */
    upgrade = &thread_of(wsi, vhost)->upgrade;
    if (!is_judged(wsi, upgrade)) {
        upgrade_end(upgrade);
        read_offers(wsi, &upgrade->request);
        if (judge(wsi, vhost, find(wsi)))
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
