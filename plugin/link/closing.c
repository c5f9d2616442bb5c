#include "link/closing.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/inlining.h"
#include "link/liveness.h"
#include "link/output.h"
#include "link/transport.h"

/* How long libwebsockets lets the peer take to answer a Close. */
#define CLOSE_TIMEOUT_S 5

/* Records why the connection ends; @why is a static text. Only the first call counts. */
static void note(struct connection *connection, unsigned code, const char *why)
{
    if (connection->end_why)
        return;

    connection->end_code = (uint16_t)code;
    connection->end_why = why;
}

/* Returns the code of a Close, or 1005 if it has none (RFC 6455 section 7.1.5). */
static unsigned code_of(const uint8_t *payload, size_t bytes)
{
    return bytes < 2 ? CLOSE_NO_STATUS : ((unsigned)payload[0] << 8 | payload[1]);
}

/* Returns the size of the Close that libwebsockets has sent or will send; 0: none. */
static size_t library_close_bytes(struct lws *wsi)
{
    return (size_t)lws_get_close_length(wsi);
}

NOINLINE int closing_fail(struct connection *connection, const struct fault *fault)
{
    unsigned char reason[FRAME_CONTROL_PAYLOAD_MAX];
    size_t bytes = strlen(fault->reason);

    memcpy(reason, fault->reason, bytes);
    lws_close_reason(connection->wsi, (enum lws_close_status)fault->code, reason, bytes);
    connection->failed = true;
    note(connection, fault->code, fault->reason);

    return -1;
}

int closing_fail_for_rsv1(struct connection *connection)
{
    static const struct fault rsv1 = {CLOSE_PROTOCOL_ERROR, "RSV1 on a control frame"};

    return closing_fail(connection, &rsv1);
}

int closing_fail_when_writable(struct connection *connection)
{
    struct lws *wsi = connection->wsi;
    struct close_payload close = {.bytes = library_close_bytes(wsi)};

    if (!close.bytes)
        return -1;

    /* read on, for the peer's Close or the end of the connection */
    memcpy(close.payload, lws_get_close_payload(wsi), close.bytes);
    session_end(&connection->session);
    lws_rx_flow_control(wsi, 1);
    lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_ACK, CLOSE_TIMEOUT_S);
    lws_callback_on_writable(wsi);

    return output_close(connection, &close);
}

void closing_unusable(struct connection *connection)
{
    lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

void closing_drop(struct connection *connection, const char *why)
{
    liveness_remove(connection);
    note(connection, CLOSE_ABNORMAL, why);
    closing_unusable(connection);
}

void closing_go_away(struct connection *connection)
{
    struct close_payload close;

    note(connection, CLOSE_GOING_AWAY, "the server stops");
    if (session_close(&connection->session, CLOSE_GOING_AWAY, &close) &&
        output_close(connection, &close))
        closing_unusable(connection);
}

static bool is_same(const struct close_payload *answer, const uint8_t *payload, size_t bytes)
{
    return answer->bytes == bytes && !memcmp(answer->payload, payload, bytes);
}

/*
 * Reads what is there behind the peer's Close: nothing that counts, but perhaps the close_notify of
 * TLS. To close with input unread resets the connection, and the kernel then discards what the peer
 * has not received yet.
 */
static void discard_input(struct lws *wsi)
{
    enum { READS_MAX = 16 }; /* whoever sends more than that is on his own */
    char input[4096];

    for (int i = 0; i < READS_MAX && !transport_is_shared(wsi); i++)
        if (recv(lws_get_socket_fd(wsi), input, sizeof(input), MSG_DONTWAIT) <= 0)
            break;
}

int closing_take_peer_close(struct connection *connection, struct lws *wsi, const uint8_t *payload,
                            size_t bytes)
{
    struct close_payload answer;
    bool mirrors;

    if (!connection->wsi)
        return 0; /* after an error: libwebsockets sends its own Close */
    if (lws_get_reserved_bits(wsi))
        return closing_fail_for_rsv1(connection);
    if (!session_peer_close(&connection->session, payload, bytes, &answer))
        return -1;

    mirrors = !bytes || is_same(&answer, payload, bytes);
    if (mirrors)
        note(connection, code_of(payload, bytes), "closed by the peer");
    else
        note(connection, code_of(answer.payload, answer.bytes), "invalid Close");
    if (output_flush(connection))
        return -1;

    /*
     * While echoes wait for a slow reader, libwebsockets answers for us: it mirrors the payload
     * after they have drained, however long that takes. A connection that we end has only 5 s to
     * drain. An error must not be mirrored, so its answer has to make do with those 5 s.
     */
    if (lws_partial_buffered(wsi) && mirrors) {
        output_pause(connection); /* in case only Pongs wait, which libwebsockets has sent */
        return 0;
    }

    /* otherwise answer ourselves: libwebsockets would mirror even an empty Close */
    output_close(connection, &answer);
    discard_input(wsi);

    return -1;
}

bool closing_is_half_closed(struct lws *wsi, int *result)
{
    *result = 0;
    if (!library_close_bytes(wsi))
        return false;

    /* a stream ends without harm to what the peer has not read */
    if (transport_is_shared(wsi)) {
        *result = -1;
        return true;
    }

    /*
     * libwebsockets waits some seconds for an answer. Nothing follows our Close, so the peer may
     * see the end of our output at once. But the connection must not be closed yet: with unread
     * input that would send a reset, which discards what the peer has not read.
     */
    shutdown(lws_get_socket_fd(wsi), SHUT_WR);

    return true;
}

bool closing_send_owed(struct connection *connection, int *result)
{
    struct close_payload close;

    if (!session_drained(&connection->session, &close))
        return false;

    lws_rx_flow_control(connection->wsi, 1);
    *result = output_close(connection, &close);

    return true;
}

/*
 * Says whether the peer still seems to be connected. Of a stream nothing shows it, and need not:
 * the libwebsockets that we use HTTP/2 with sends the Close that this is asked for.
 */
static bool peer_is_there(struct lws *wsi)
{
    char byte;
    ssize_t got;

    if (transport_is_shared(wsi))
        return false;
    got = recv(lws_get_socket_fd(wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return got > 0 || (got < 0 && errno == EAGAIN);
}

void closing_leave(struct connection *connection)
{
    static const struct fault malformed = {CLOSE_PROTOCOL_ERROR, "malformed frame"};
    struct lws *wsi = connection->wsi;
    bool by_us = connection->failed;

    if (!output_tail(connection))
        output_flush(connection);
    /* for invalid lengths, libwebsockets would end the connection without a Close */
    if (session_echoes(&connection->session) && !library_close_bytes(wsi) && peer_is_there(wsi))
        closing_fail(connection, &malformed);
    /*
     * If libwebsockets found the error, it would take the rest of the input for frames and hang up,
     * so reading stops. If we found it, libwebsockets is still in step and finds the peer's Close.
     */
    lws_rx_flow_control(wsi, by_us);
    if (library_close_bytes(wsi)) /* libwebsockets has found an error */
        note(connection, code_of(lws_get_close_payload(wsi), library_close_bytes(wsi)),
             "protocol error");
    note(connection, CLOSE_ABNORMAL, "connection lost");
    session_end(&connection->session);
}
