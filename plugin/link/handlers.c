#include "link/handlers.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/inlining.h"
#include "link/compression.h"
#include "link/first_request.h"
#include "link/http.h"
#include "link/journal.h"
#include "link/negotiation.h"
#include "link/output.h"
#include "link/pinger.h"
#include "link/requirements.h"
#include "link/subprotocol.h"
#include "status/status.h"

/* What libwebsockets gives the peer to answer a Close. */
#define CLOSE_TIMEOUT_S 5

static int send_close(struct connection *connection, const struct close_payload *close)
{
    const struct frame frame = {.opcode = OPCODE_CLOSE, .fin = true};

    return output_frame_now(connection, frame, close->payload, close->bytes);
}

int on_protocol_init(struct lws *wsi, const struct lws_protocol_vhost_options *options)
{
    return options ? vhost_init(wsi, options) : 0;
}

int on_protocol_destroy(struct lws *wsi)
{
    vhost_fini(wsi);

    return 0;
}

int on_connection(struct lws *wsi)
{
    first_request_begin(wsi);

    return 0;
}

int on_file_sent(struct lws *wsi)
{
    first_request_end(wsi);

    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

int on_http(struct lws *wsi)
{
    const struct vhost *vhost = vhost_get(wsi);
    int result;

    first_request_end(wsi);
    if (vhost && http_path_is(wsi, vhost->options.path))
        return http_refuse(wsi, HTTP_STATUS_BAD_REQUEST,
                           "This is a WebSocket endpoint: it takes opening handshakes (RFC "
                           "6455), with \"Upgrade: websocket\", and no other requests.");
    if (vhost && status_serve(wsi, vhost, &result))
        return result;

    return http_refuse(wsi, HTTP_STATUS_NOT_FOUND, "Nothing is served at this path.");
}

int on_confirm_upgrade(struct lws *wsi)
{
    struct vhost *vhost = vhost_get(wsi);

    /*
     * libwebsockets asks even after it has refused an upgrade that it does not know, and passes a
     * header that it has freed by then (CVE-2025-11677): only what it still holds is looked at.
     */
    switch (http_upgrade_of(wsi)) {
    case HTTP_UPGRADE_WEBSOCKET:
        break;
    case HTTP_UPGRADE_OTHER:
        return journal_refuse(wsi, vhost, REFUSAL_UPGRADE, HTTP_STATUS_BAD_REQUEST,
                              "Connections are upgraded to \"websocket\" only; leave the Upgrade "
                              "header out of other requests.");
    default:
        return -1;
    }
    if (!vhost || subprotocol_is_for_another(wsi))
        return 0;

    return requirements_check(wsi, vhost) || subprotocol_bind(wsi) ? -1 : 0;
}

int on_filter_handshake(struct lws *wsi)
{
    struct vhost *vhost = vhost_get(wsi);

    /* again: where another protocol of the vhost is the default, that one was asked to confirm */
    if (!vhost || requirements_check(wsi, vhost))
        return -1;

    journal_look(wsi, vhost);
    subprotocol_choose(wsi);
    negotiation_decide(wsi);

    return 0;
}

int on_confirm_extension(struct lws *wsi, const char *name)
{
    return vhost_get(wsi) ? negotiation_confirm(wsi, name) : 1;
}

int on_extension_attach(struct lws *wsi, const struct lws_ext_options **options)
{
    return vhost_get(wsi) ? negotiation_attach(wsi, options) : -1;
}

int on_extension_payload(struct connection *connection, struct lws_tokens buffers[2])
{
    if (connection->compression)
        compression_hide(connection, buffers);

    return 0;
}

int on_response_headers(struct lws *wsi, struct lws_process_html_args *headers)
{
    if (!vhost_get(wsi))
        return -1;

    subprotocol_restore(wsi);

    return negotiation_respond(wsi, headers);
}

int on_established(struct lws *wsi, struct connection *connection)
{
    struct vhost *vhost = vhost_get(wsi);
    const struct negotiation *negotiation;

    if (!vhost)
        return -1;

    first_request_end(wsi);
    connection->thread = &vhost->threads[lws_get_tsi(wsi)];
    connection->subprotocol = connection->thread->subprotocol;
    if (journal_open(connection))
        return -1;
    connection->wsi = wsi;
    negotiation = &connection->thread->negotiation;
    if (negotiation->attached && compression_begin(connection, &negotiation->answer.agreed))
        return -1;
    pinger_add(connection);

    return 0;
}

FLATTEN static inline int echo_plain(struct connection *connection, const struct piece *piece)
{
    const struct fault *fault = session_take(&connection->session, piece,
                                             connection->thread->vhost->options.max_message_bytes);

    if (fault)
        return output_fail(connection, fault);

    return output_frame(connection, session_frame(piece), piece->payload, piece->bytes);
}

/* The same where compression has been agreed on: the message may be compressed. */
NOINLINE static int echo_agreed(struct connection *connection, struct piece *piece)
{
    const struct fault *fault;
    bool compressed;

    piece->payload = compression_payload(connection, piece->payload);
    fault = compression_look(connection, piece,
                             lws_get_reserved_bits(connection->wsi) & FRAME_RSV1_BIT, &compressed);
    if (fault)
        return output_fail(connection, fault);

    return compressed ? compression_echo(connection, piece) : echo_plain(connection, piece);
}

static inline void count_received(struct connection *connection, const struct piece *piece)
{
    struct counters *counters = connection->thread->counters;

    connection->received_bytes += piece->bytes;
    counters->received_bytes += piece->bytes;
    connection->received_messages += piece->final;
    counters->received_messages += piece->final;
}

int on_receive(struct lws *wsi, struct connection *connection, const void *payload, size_t bytes)
{
    struct piece piece = {
        .payload = payload,
        .bytes = bytes,
        .frame_left_bytes = lws_remaining_packet_payload(wsi),
        .first = lws_is_first_fragment(wsi),
        .final = lws_is_final_fragment(wsi),
        .binary = lws_frame_is_binary(wsi),
    };
    bool continues = !piece.first && !connection->inside_frame;

    if (!session_echoes(&connection->session))
        return 0;
    count_received(connection, &piece);
    if (connection->compression ? echo_agreed(connection, &piece) : echo_plain(connection, &piece))
        return -1;

    connection->inside_frame = piece.frame_left_bytes != 0;
    if (continues) /* a Ping may have come before: its Pong shall not be behind the message's end */
        output_defer(connection);
    pinger_received(connection);

    return 0;
}

/*
 * RSV1 on a control frame: libwebsockets lets it pass once an extension is in use. We do not hear
 * of Pings, nor of empty Pongs.
 */
static const struct fault control_frame_rsv1 = {CLOSE_PROTOCOL_ERROR, "RSV1 on a control frame"};

int on_pong(struct lws *wsi, struct connection *connection, const void *payload, size_t bytes)
{
    if (lws_get_reserved_bits(wsi))
        return output_fail(connection, &control_frame_rsv1);

    pinger_pong(connection, compression_payload(connection, payload), bytes);

    return 0;
}

static bool is_same(const struct close_payload *answer, const uint8_t *payload, size_t bytes)
{
    return answer->bytes == bytes && !memcmp(answer->payload, payload, bytes);
}

/* Returns the code of a Close; 1005 if it has none (RFC 6455 section 7.1.5). */
static unsigned code_of(const uint8_t *payload, size_t bytes)
{
    return bytes < 2 ? CLOSE_NO_STATUS : ((unsigned)payload[0] << 8 | payload[1]);
}

int on_peer_close(struct lws *wsi, struct connection *connection, const uint8_t *payload,
                  size_t bytes)
{
    struct close_payload answer;

    if (!connection->wsi)
        return 0; /* behind an error: libwebsockets sends a Close of its own */
    if (lws_get_reserved_bits(wsi))
        return output_fail(connection, &control_frame_rsv1);
    if (!session_peer_close(&connection->session, payload, bytes, &answer))
        return -1;
    if (!bytes || is_same(&answer, payload, bytes))
        journal_ending(connection, code_of(payload, bytes), "closed by the peer");
    else
        journal_ending(connection, code_of(answer.payload, answer.bytes), "invalid Close");
    if (output_flush(connection))
        return -1;

    /*
     * While echoes wait for a slow reader, libwebsockets answers in our place: it mirrors the
     * payload once they have drained, however long that takes, where a connection that we end has
     * 5 s for it. What must not be mirrored, because it is an error, has to be sent in that time.
     */
    if (lws_partial_buffered(wsi) && (!bytes || is_same(&answer, payload, bytes)))
        return 0;

    /* elsewhere the answer is our own, as libwebsockets would mirror an empty Close, too */
    send_close(connection, &answer);

    return -1;
}

/*
 * A fault of the peer that is found here: an error returned from this callback closes twice, under
 * libuv, and the second time without the Close. The peer's own Close, or its end, is read on for.
 */
static int close_for_fault(struct lws *wsi, struct connection *connection)
{
    struct close_payload close = {.bytes = (size_t)lws_get_close_length(wsi)};

    if (!close.bytes)
        return -1;

    memcpy(close.payload, lws_get_close_payload(wsi), close.bytes);
    session_end(&connection->session);
    lws_rx_flow_control(wsi, 1);
    lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_ACK, CLOSE_TIMEOUT_S);
    lws_callback_on_writable(wsi);

    return send_close(connection, &close);
}

int on_writeable(struct lws *wsi, struct connection *connection)
{
    struct close_payload answer;

    /*
     * libwebsockets has sent a Close for an error of the peer, and waits some seconds for an
     * answer. Nothing follows our Close, so the peer may see the end at once; but the connection
     * must not be closed as yet: with input unread that would be a reset, and overtake what the
     * peer has not read.
     */
    if (lws_get_close_length(wsi)) {
        shutdown(lws_get_socket_fd(wsi), SHUT_WR);
        return 0;
    }
    if (!connection->wsi)
        return 0;
    if (output_flush(connection))
        return -1;
    if (!output_has_drained(connection))
        return 0;

    if (session_drained(&connection->session, &answer)) {
        lws_rx_flow_control(wsi, 1);
        return send_close(connection, &answer);
    }
    if (compression_resume(connection))
        return close_for_fault(wsi, connection);
    if (!connection->session.blocked) {
        lws_rx_flow_control(wsi, 1);
        pinger_resume(connection);
    }

    return 0;
}

/* Says whether the peer has not ended the connection, as far as is known by now. */
static bool peer_is_there(struct lws *wsi)
{
    char byte;
    ssize_t got = recv(lws_get_socket_fd(wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return got > 0 || (got < 0 && errno == EAGAIN);
}

int on_leave(struct connection *connection)
{
    static const struct fault malformed = {CLOSE_PROTOCOL_ERROR, "malformed frame"};
    struct lws *wsi = connection->wsi;
    bool by_us = connection->failed;

    if (!wsi)
        return 0;

    output_flush(connection);
    /* for lengths that must not be, libwebsockets would end the connection without a Close */
    if (session_echoes(&connection->session) && !lws_get_close_length(wsi) && peer_is_there(wsi))
        output_fail(connection, &malformed);
    /*
     * Behind an error that libwebsockets has found it would take the rest for frames and hang up;
     * behind one of ours it knows where it is, and finds the peer's Close.
     */
    lws_rx_flow_control(wsi, by_us);
    if (lws_get_close_length(wsi)) /* of libwebsockets, which has found an error */
        journal_ending(connection,
                       code_of(lws_get_close_payload(wsi), (size_t)lws_get_close_length(wsi)),
                       "protocol error");
    journal_close(connection);
    pinger_remove(connection);
    compression_end(connection);
    session_end(&connection->session);
    connection->wsi = NULL;

    return 0;
}

int on_drain(struct lws *wsi, struct connection *connection, size_t *count)
{
    struct vhost *vhost = vhost_get(wsi);
    struct close_payload answer;

    if (vhost)
        vhost->draining = true;
    on_count(wsi, connection, count);
    if (!connection || !connection->wsi)
        return 0;

    journal_ending(connection, CLOSE_GOING_AWAY, "the server stops");
    if (session_close(&connection->session, CLOSE_GOING_AWAY, &answer) &&
        send_close(connection, &answer))
        output_kill(connection);

    return 0;
}

int on_count(struct lws *wsi, struct connection *connection, size_t *count)
{
    /* others are no WebSocket, or have left */
    if (count && ((connection && connection->wsi) || first_request_is_pending(wsi)))
        ++*count;

    return 0;
}
