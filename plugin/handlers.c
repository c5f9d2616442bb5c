#include "handlers.h"

#include <stdio.h>
#include <sys/socket.h>

#include "http.h"
#include "output.h"
#include "pinger.h"

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

int on_http(struct lws *wsi)
{
    const struct echo_vhost *vhost = echo_vhost_get(wsi);

    if (vhost && echo_http_path_is(wsi, vhost->options.path))
        return echo_http_refuse(wsi, HTTP_STATUS_BAD_REQUEST,
                                "This is a WebSocket endpoint: it takes WebSocket handshakes "
                                "(RFC 6455) and no other requests.");

    return echo_http_refuse(wsi, HTTP_STATUS_NOT_FOUND, "Nothing is served at this path.");
}

int on_confirm_upgrade(struct lws *wsi)
{
    /*
     * libwebsockets asks even after it has refused an upgrade that it does not know, and passes a
     * header that it has freed by then (CVE-2025-11677): only what it still holds is looked at.
     */
    switch (echo_http_upgrade_of(wsi)) {
    case ECHO_HTTP_UPGRADE_WEBSOCKET:
        return 0;
    case ECHO_HTTP_UPGRADE_OTHER:
        return echo_http_refuse(wsi, HTTP_STATUS_BAD_REQUEST,
                                "Connections are upgraded to \"websocket\" only; leave the Upgrade "
                                "header out of other requests.");
    default:
        return -1;
    }
}

int on_filter_handshake(struct lws *wsi)
{
    const struct echo_vhost *vhost = echo_vhost_get(wsi);
    char sentence[64 + ECHO_PATH_MAX];
    struct setting_error error;

    if (!vhost)
        return -1;

    if (!echo_http_path_is(wsi, vhost->options.path)) {
        snprintf(sentence, sizeof(sentence), "WebSocket connections are accepted at %s only.",
                 vhost->options.path);
        return echo_http_refuse(wsi, HTTP_STATUS_NOT_FOUND, sentence);
    }

    /* a vhost does not tell whether it has TLS; hosts that know check before they start */
    if (echo_options_check(&vhost->options, lws_is_ssl(wsi), &error)) {
        lwsl_err(ECHO_PROTOCOL_NAME ": \"%s\": %s\n", error.key, error.text);
        return echo_http_refuse(wsi, HTTP_STATUS_INTERNAL_SERVER_ERROR,
                                "The server's options do not fit this connection; see its log.");
    }

    return 0;
}

int on_established(struct lws *wsi, struct echo_connection *connection)
{
    struct echo_vhost *vhost = echo_vhost_get(wsi);

    if (!vhost)
        return -1;

    connection->wsi = wsi;
    connection->thread = &vhost->threads[lws_get_tsi(wsi)];
    echo_pinger_add(connection);

    return 0;
}

int on_receive(struct lws *wsi, struct echo_connection *connection, const void *chunk, size_t bytes)
{
    struct echo_frame frame;

    if (!echo_session_echoes(&connection->session))
        return 0;

    frame = echo_session_frame(lws_is_first_fragment(wsi), lws_is_final_fragment(wsi),
                               lws_frame_is_binary(wsi));
    if (echo_output_frame(connection, frame, chunk, bytes))
        return -1;
    echo_pinger_received(connection);

    return 0;
}

int on_pong(struct echo_connection *connection, const void *payload, size_t bytes)
{
    echo_pinger_pong(connection, payload, bytes);

    return 0;
}

int on_peer_close(struct lws *wsi, struct echo_connection *connection, const uint8_t *payload,
                  size_t bytes)
{
    struct echo_close answer;

    if (!connection->wsi)
        return 0; /* behind an error: libwebsockets sends a Close of its own */
    if (!echo_session_peer_close(&connection->session, payload, bytes, &answer) ||
        echo_output_flush(connection))
        return -1;

    /*
     * While echoes wait for a slow reader, libwebsockets answers in our place: it mirrors the
     * payload once they have drained, however long that takes, where a connection that we end has
     * 5 s for it. A payload of one byte must not be mirrored.
     */
    if (lws_partial_buffered(wsi) && bytes != 1)
        return 0;

    /* elsewhere the answer is our own, as libwebsockets would mirror an empty Close, too */
    send_close(connection, &answer);

    return -1;
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
    if (!connection->wsi || !echo_output_resume(connection))
        return 0;

    echo_pinger_resume(connection);

    return echo_session_drained(&connection->session, &answer) ? send_close(connection, &answer)
                                                               : 0;
}

int on_leave(struct echo_connection *connection)
{
    if (!connection->wsi)
        return 0;

    echo_output_flush(connection);
    /* libwebsockets would parse on behind an error, take the rest for frames and hang up */
    lws_rx_flow_control(connection->wsi, 0);
    echo_pinger_remove(connection);
    echo_session_end(&connection->session);
    connection->wsi = NULL;

    return 0;
}

int on_drain(struct echo_connection *connection, size_t *open)
{
    struct echo_close answer;

    if (!connection || !connection->wsi)
        return 0; /* a connection that has not become a WebSocket */

    if (open)
        ++*open;
    if (echo_session_close(&connection->session, ECHO_CLOSE_GOING_AWAY, &answer) &&
        send_close(connection, &answer))
        echo_output_kill(connection);

    return 0;
}
