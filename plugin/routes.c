#include "routes.h"

#include <string.h>

#include "core/base/inlining.h"
#include "echo/echo.h"
#include "link/first_request.h"
#include "link/http.h"
#include "link/receive.h"
#include "status/status.h"

static const struct {
    size_t path; /* offset in struct options; an empty path serves nothing */
    const struct endpoint *endpoint;
} routes[] = {
    {offsetof(struct options, path), &echo_endpoint},
    {offsetof(struct options, info_path), &status_info},
    {offsetof(struct options, health_path), &status_health},
    {offsetof(struct options, metrics_path), &status_metrics},
};

const struct endpoint *routes_find(struct lws *wsi)
{
    const struct vhost *vhost = vhost_get(wsi);
    size_t bytes = 0;
    const char *path = vhost ? http_path(wsi, &bytes) : NULL;

    for (size_t i = 0; path && i < LWS_ARRAY_SIZE(routes); i++) {
        const char *served = (const char *)&vhost->options + routes[i].path;

        if (strlen(served) == bytes && !memcmp(served, path, bytes))
            return routes[i].endpoint;
    }

    return NULL;
}

int routes_request(struct lws *wsi)
{
    const struct endpoint *endpoint = routes_find(wsi);

    first_request_end(wsi);

    return endpoint ? endpoint->request(wsi, vhost_get(wsi))
                    : http_refuse(wsi, HTTP_STATUS_NOT_FOUND, "Nothing is served at this path.");
}

/* By value: the caller's piece need not be in memory. */
NOINLINE static int call_endpoint(struct connection *connection, struct piece piece)
{
    return connection->endpoint->piece(connection, &piece);
}

/* Only the echo gets many messages: it is called directly, so that the call can be inlined. */
static inline int take_piece(struct connection *connection, const struct piece *piece)
{
    return connection->direct ? echo_plain(connection, piece) : call_endpoint(connection, *piece);
}

FLATTEN int routes_receive(struct lws *wsi, struct connection *connection, const void *payload,
                           size_t bytes)
{
    struct piece piece;
    bool continues;

    if (!receive_begin(connection, wsi, payload, bytes, &piece))
        return 0;
    continues = !piece.first && !connection->inside_frame;
    if (take_piece(connection, &piece))
        return -1;
    receive_end(connection, &piece, continues);

    return 0;
}
