#include "handlers.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "compression.h"
#include "demands.h"
#include "http.h"
#include "inlining.h"
#include "journal.h"
#include "negotiation.h"
#include "newcomer.h"
#include "output.h"
#include "pinger.h"
#include "status.h"
#include "subprotocol.h"

/* What libwebsockets gives the peer to answer a Close. */
#define CLOSE_TIMEOUT_S 5

static int send_close(struct echo_connection *connection, const struct echo_close *close)
{
    const struct echo_frame frame = {.opcode = ECHO_OPCODE_CLOSE, .fin = true};

    return echo_output_frame_now(connection, frame, close->payload, close->bytes);
}

int on_protocol_init(struct lws *wsi, const struct lws_protocol_vhost_options *options)
{
    return options ? echo_vhost_init(wsi, options) : 0;
}

int on_protocol_destroy(struct lws *wsi)
{
    echo_vhost_fini(wsi);

    return 0;
}

int on_connection(struct lws *wsi)
{
    echo_newcomer_begin(wsi);

    return 0;
}

int on_file_sent(struct lws *wsi)
{
    echo_newcomer_end(wsi);

    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

int on_http(struct lws *wsi)
{
    const struct echo_vhost *vhost = echo_vhost_get(wsi);
    int result;

    echo_newcomer_end(wsi);
    if (vhost && echo_http_path_is(wsi, vhost->options.path))
        return echo_http_refuse(wsi, HTTP_STATUS_BAD_REQUEST,
                                "This is a WebSocket endpoint: it takes opening handshakes (RFC "
                                "6455), with \"Upgrade: websocket\", and no other requests.");
    if (vhost && echo_status_serve(wsi, vhost, &result))
        return result;

    return echo_http_refuse(wsi, HTTP_STATUS_NOT_FOUND, "Nothing is served at this path.");
}

int on_confirm_upgrade(struct lws *wsi)
{
    struct echo_vhost *vhost = echo_vhost_get(wsi);

    /*
     * libwebsockets asks even after it has refused an upgrade that it does not know, and passes a
     * header that it has freed by then (CVE-2025-11677): only what it still holds is looked at.
     */
    switch (echo_http_upgrade_of(wsi)) {
    case ECHO_HTTP_UPGRADE_WEBSOCKET:
        break;
    case ECHO_HTTP_UPGRADE_OTHER:
        return echo_journal_refuse(
            wsi, vhost, ECHO_REFUSAL_UPGRADE, HTTP_STATUS_BAD_REQUEST,
            "Connections are upgraded to \"websocket\" only; leave the Upgrade "
            "header out of other requests.");
    default:
        return -1;
    }
    if (!vhost || echo_subprotocol_is_for_another(wsi))
        return 0;

    return echo_demands_check(wsi, vhost) || echo_subprotocol_attract(wsi) ? -1 : 0;
}

int on_filter_handshake(struct lws *wsi)
{
    struct echo_vhost *vhost = echo_vhost_get(wsi);

    /* again: where another protocol of the vhost is the default, that one was asked to confirm */
    if (!vhost || echo_demands_check(wsi, vhost))
        return -1;

    echo_journal_look(wsi, vhost);
    echo_subprotocol_choose(wsi);
    echo_negotiation_decide(wsi);

    return 0;
}

int on_confirm_extension(struct lws *wsi, const char *name)
{
    return echo_vhost_get(wsi) ? echo_negotiation_confirm(wsi, name) : 1;
}

int on_extension_attach(struct lws *wsi, const struct lws_ext_options **options)
{
    return echo_vhost_get(wsi) ? echo_negotiation_attach(wsi, options) : -1;
}

int on_extension_payload(struct echo_connection *connection, struct lws_tokens buffers[2])
{
    if (connection->compression)
        echo_compression_hide(connection, buffers);

    return 0;
}

int on_response_headers(struct lws *wsi, struct lws_process_html_args *headers)
{
    if (!echo_vhost_get(wsi))
        return -1;

    echo_subprotocol_restore(wsi);

    return echo_negotiation_respond(wsi, headers);
}

int on_established(struct lws *wsi, struct echo_connection *connection)
{
    struct echo_vhost *vhost = echo_vhost_get(wsi);
    const struct echo_negotiation *negotiation;

    if (!vhost)
        return -1;

    echo_newcomer_end(wsi);
    connection->thread = &vhost->threads[lws_get_tsi(wsi)];
    connection->subprotocol = connection->thread->subprotocol;
    if (echo_journal_open(connection))
        return -1;
    connection->wsi = wsi;
    negotiation = &connection->thread->negotiation;
    if (negotiation->attached && echo_compression_begin(connection, &negotiation->answer.agreed))
        return -1;
    echo_pinger_add(connection);

    return 0;
}

ECHO_WHOLE static inline int echo_plain(struct echo_connection *connection,
                                        const struct echo_piece *piece)
{
    const struct echo_fault *fault = echo_session_take(
        &connection->session, piece, connection->thread->vhost->options.max_message_bytes);

    if (fault)
        return echo_output_fail(connection, fault);

    return echo_output_frame(connection, echo_session_frame(piece), piece->payload, piece->bytes);
}

/* The same where compression has been agreed on: the message may be compressed. */
ECHO_SELDOM static int echo_agreed(struct echo_connection *connection, struct echo_piece *piece)
{
    const struct echo_fault *fault;
    bool compressed;

    piece->payload = echo_compression_payload(connection, piece->payload);
    fault = echo_compression_look(
        connection, piece, lws_get_reserved_bits(connection->wsi) & ECHO_RSV1_BIT, &compressed);
    if (fault)
        return echo_output_fail(connection, fault);

    return compressed ? echo_compression_echo(connection, piece) : echo_plain(connection, piece);
}

static inline void count_received(struct echo_connection *connection,
                                  const struct echo_piece *piece)
{
    struct echo_counters *counters = connection->thread->counters;

    connection->received_bytes += piece->bytes;
    counters->received_bytes += piece->bytes;
    connection->received_messages += piece->final;
    counters->received_messages += piece->final;
}

int on_receive(struct lws *wsi, struct echo_connection *connection, const void *payload,
               size_t bytes)
{
    struct echo_piece piece = {
        .payload = payload,
        .bytes = bytes,
        .frame_left_bytes = lws_remaining_packet_payload(wsi),
        .first = lws_is_first_fragment(wsi),
        .final = lws_is_final_fragment(wsi),
        .binary = lws_frame_is_binary(wsi),
    };
    bool continues = !piece.first && !connection->inside_frame;

    if (!echo_session_echoes(&connection->session))
        return 0;
    count_received(connection, &piece);
    if (connection->compression ? echo_agreed(connection, &piece) : echo_plain(connection, &piece))
        return -1;

    connection->inside_frame = piece.frame_left_bytes != 0;
    if (continues) /* a Ping may have come before: its Pong shall not be behind the message's end */
        echo_output_defer(connection);
    echo_pinger_received(connection);

    return 0;
}

/*
 * RSV1 on a control frame: libwebsockets lets it pass once an extension is in use. We do not hear
 * of Pings, nor of empty Pongs.
 */
static const struct echo_fault control_frame_rsv1 = {ECHO_CLOSE_PROTOCOL_ERROR,
                                                     "RSV1 on a control frame"};

int on_pong(struct lws *wsi, struct echo_connection *connection, const void *payload, size_t bytes)
{
    if (lws_get_reserved_bits(wsi))
        return echo_output_fail(connection, &control_frame_rsv1);

    echo_pinger_pong(connection, echo_compression_payload(connection, payload), bytes);

    return 0;
}

static bool is_same(const struct echo_close *answer, const uint8_t *payload, size_t bytes)
{
    return answer->bytes == bytes && !memcmp(answer->payload, payload, bytes);
}

/* Returns the code of a Close; 1005 if it has none (RFC 6455 section 7.1.5). */
static unsigned code_of(const uint8_t *payload, size_t bytes)
{
    return bytes < 2 ? ECHO_CLOSE_NO_STATUS : ((unsigned)payload[0] << 8 | payload[1]);
}

int on_peer_close(struct lws *wsi, struct echo_connection *connection, const uint8_t *payload,
                  size_t bytes)
{
    struct echo_close answer;

    if (!connection->wsi)
        return 0; /* behind an error: libwebsockets sends a Close of its own */
    if (lws_get_reserved_bits(wsi))
        return echo_output_fail(connection, &control_frame_rsv1);
    if (!echo_session_peer_close(&connection->session, payload, bytes, &answer))
        return -1;
    if (!bytes || is_same(&answer, payload, bytes))
        echo_journal_ending(connection, code_of(payload, bytes), "closed by the peer");
    else
        echo_journal_ending(connection, code_of(answer.payload, answer.bytes), "invalid Close");
    if (echo_output_flush(connection))
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
static int close_for_fault(struct lws *wsi, struct echo_connection *connection)
{
    struct echo_close close = {.bytes = (size_t)lws_get_close_length(wsi)};

    if (!close.bytes)
        return -1;

    memcpy(close.payload, lws_get_close_payload(wsi), close.bytes);
    echo_session_end(&connection->session);
    lws_rx_flow_control(wsi, 1);
    lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_ACK, CLOSE_TIMEOUT_S);
    lws_callback_on_writable(wsi);

    return send_close(connection, &close);
}

int on_writeable(struct lws *wsi, struct echo_connection *connection)
{
    struct echo_close answer;

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
    if (echo_output_flush(connection))
        return -1;
    if (!echo_output_has_drained(connection))
        return 0;

    if (echo_session_drained(&connection->session, &answer)) {
        lws_rx_flow_control(wsi, 1);
        return send_close(connection, &answer);
    }
    if (echo_compression_resume(connection))
        return close_for_fault(wsi, connection);
    if (!connection->session.blocked) {
        lws_rx_flow_control(wsi, 1);
        echo_pinger_resume(connection);
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

int on_leave(struct echo_connection *connection)
{
    static const struct echo_fault malformed = {ECHO_CLOSE_PROTOCOL_ERROR, "malformed frame"};
    struct lws *wsi = connection->wsi;
    bool by_us = connection->failed;

    if (!wsi)
        return 0;

    echo_output_flush(connection);
    /* for lengths that must not be, libwebsockets would end the connection without a Close */
    if (echo_session_echoes(&connection->session) && !lws_get_close_length(wsi) &&
        peer_is_there(wsi))
        echo_output_fail(connection, &malformed);
    /*
     * Behind an error that libwebsockets has found it would take the rest for frames and hang up;
     * behind one of ours it knows where it is, and finds the peer's Close.
     */
    lws_rx_flow_control(wsi, by_us);
    if (lws_get_close_length(wsi)) /* of libwebsockets, which has found an error */
        echo_journal_ending(connection,
                            code_of(lws_get_close_payload(wsi), (size_t)lws_get_close_length(wsi)),
                            "protocol error");
    echo_journal_close(connection);
    echo_pinger_remove(connection);
    echo_compression_end(connection);
    echo_session_end(&connection->session);
    connection->wsi = NULL;

    return 0;
}

int on_drain(struct lws *wsi, struct echo_connection *connection, size_t *count)
{
    struct echo_vhost *vhost = echo_vhost_get(wsi);
    struct echo_close answer;

    if (vhost)
        vhost->draining = true;
    on_count(wsi, connection, count);
    if (!connection || !connection->wsi)
        return 0;

    echo_journal_ending(connection, ECHO_CLOSE_GOING_AWAY, "the server stops");
    if (echo_session_close(&connection->session, ECHO_CLOSE_GOING_AWAY, &answer) &&
        send_close(connection, &answer))
        echo_output_kill(connection);

    return 0;
}

int on_count(struct lws *wsi, struct echo_connection *connection, size_t *count)
{
    /* others are no WebSocket, or have left */
    if (count && ((connection && connection->wsi) || echo_newcomer_waits(wsi)))
        ++*count;

    return 0;
}
