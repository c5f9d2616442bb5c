#include "echo/echo.h"

#include "core/base/inlining.h"
#include "echo/compressed.h"
#include "link/closing.h"
#include "link/compression.h"
#include "link/http.h"
#include "link/output.h"

FLATTEN int echo_plain(struct connection *connection, const struct piece *piece)
{
    const struct fault *fault = session_take(&connection->session, piece,
                                             connection->thread->vhost->options.max_message_bytes);

    if (fault)
        return closing_fail(connection, fault);

    return output_frame(connection, session_frame(piece), piece->payload, piece->bytes);
}

/* A message may be compressed if compression was negotiated. */
static int echo_piece(struct connection *connection, struct piece *piece)
{
    const struct fault *fault;
    bool compressed;

    if (!connection->compression)
        return echo_plain(connection, piece);

    fault = compression_complete(connection, piece, &compressed);
    if (fault)
        return closing_fail(connection, fault);

    return compressed ? echo_compressed_piece(connection, piece) : echo_plain(connection, piece);
}

static int echo_open(struct connection *connection)
{
    connection->direct = !connection->compression;

    return 0;
}

static int refuse(struct lws *wsi, const struct vhost *vhost)
{
    (void)vhost;

    return http_refuse(wsi, HTTP_STATUS_BAD_REQUEST,
                       "This is a WebSocket endpoint: it takes opening handshakes (RFC 6455), with "
                       "\"Upgrade: websocket\", and no other requests.");
}

const struct endpoint echo_endpoint = {
    .request = refuse,
    .open = echo_open,
    .piece = echo_piece,
    .writable = echo_compressed_resume,
};
