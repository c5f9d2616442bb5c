#include "link/websocket.h"

#include "endpoint.h"
#include "link/admission.h"
#include "link/closing.h"
#include "link/compression.h"
#include "link/first_request.h"
#include "link/liveness.h"
#include "link/output.h"
#include "link/pinger.h"
#include "link/tail.h"
#include "link/upgrade.h"

int websocket_open(struct lws *wsi, struct connection *connection)
{
    const struct upgrade *upgrade = upgrade_take(wsi);
    struct vhost *vhost = vhost_get(wsi);

    if (!upgrade)
        return -1;

    first_request_end(wsi);
    connection->thread = thread_of(wsi, vhost);
    connection->endpoint = upgrade->endpoint;
    connection->peer = upgrade->handshake.peer;
    connection->subprotocol = upgrade->handshake.subprotocol;
    connection->opened_us = lws_now_usecs();
    if (admission_enter(connection))
        return -1;
    connection->wsi = wsi;
    if (upgrade->extension_attached &&
        compression_begin(connection, &upgrade->handshake.deflate.agreed))
        return -1;
    liveness_add(connection);
    if (connection->endpoint->open && connection->endpoint->open(connection))
        return -1;
    if (vhost->going_away)
        closing_go_away(connection);

    return 0;
}

int websocket_take_pong(struct lws *wsi, struct connection *connection, const void *payload,
                        size_t bytes)
{
    if (lws_get_reserved_bits(wsi))
        return closing_fail_for_rsv1(connection);

    pinger_pong(connection, compression_payload(connection, payload), bytes);

    return 0;
}

int websocket_writable(struct lws *wsi, struct connection *connection)
{
    int result;

    if (closing_is_half_closed(wsi, &result))
        return result;
    if (!connection->wsi)
        return 0;
    if (output_flush(connection))
        return -1;
    if (!output_has_drained(connection))
        return 0;

    if (closing_send_owed(connection, &result))
        return result;
    if (connection->endpoint->writable(connection))
        return closing_fail_when_writable(connection);
    if (!connection->session.blocked) {
        lws_rx_flow_control(wsi, 1);
        liveness_resume(connection);
    }

    return 0;
}

int websocket_leave(struct connection *connection)
{
    if (!connection->wsi)
        return 0;

    closing_leave(connection);
    admission_leave(connection);
    liveness_remove(connection);
    if (connection->endpoint->close)
        connection->endpoint->close(connection);
    compression_end(connection);
    tail_drop(connection);
    connection->wsi = NULL;

    return 0;
}

int websocket_drain(struct lws *wsi, struct connection *connection, size_t *count)
{
    struct vhost *vhost = vhost_get(wsi);

    if (vhost)
        vhost->going_away = true;
    if (connection && connection->wsi)
        closing_go_away(connection);

    return websocket_count(wsi, connection, count);
}

int websocket_count(struct lws *wsi, const struct connection *connection, size_t *count)
{
    /* other connections are no WebSocket, or have left */
    if (count && ((connection && connection->wsi) || first_request_is_pending(wsi)))
        ++*count;

    return 0;
}
