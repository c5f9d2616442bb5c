/*
 * libprotocol_lws_echo.so: the protocol "lws-echo" for any libwebsockets host.
 *
 * libwebsockets finds a plugin by a symbol named after the file, here lws_echo. It is the only
 * symbol exported. The host provides libwebsockets itself.
 */

#include "core/base/inlining.h"
#include "echo_host.h"
#include "link/closing.h"
#include "link/compression.h"
#include "link/extension.h"
#include "link/first_request.h"
#include "link/lws_version.h"
#include "link/protocol.h"
#include "link/upgrade.h"
#include "link/websocket.h"
#include "routes.h"

NOINLINE static int call_back(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                              void *in, size_t len)
{
    switch ((int)reason) {
    case LWS_CALLBACK_PROTOCOL_INIT:
        return protocol_init(wsi, in);
    case LWS_CALLBACK_PROTOCOL_DESTROY:
        return protocol_destroy(wsi);
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        return first_request_begin(wsi);
    case LWS_CALLBACK_HTTP_FILE_COMPLETION:
        return first_request_file_sent(wsi);
    case LWS_CALLBACK_HTTP:
        return routes_request(wsi);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return upgrade_confirm(wsi, routes_find);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return upgrade_filter(wsi, routes_find);
    case LWS_CALLBACK_CONFIRM_EXTENSION_OKAY:
        return extension_confirm(wsi, in);
    case LWS_CALLBACK_ADD_HEADERS:
        return upgrade_respond(wsi, in);
    case LWS_CALLBACK_ESTABLISHED:
        return websocket_open(wsi, user);
    case LWS_CALLBACK_RECEIVE_PONG:
        return websocket_take_pong(wsi, user, in, len);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return closing_take_peer_close(user, wsi, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return websocket_writable(wsi, user);
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
        return websocket_leave(user);
    case ECHO_HOST_DRAIN:
        return websocket_drain(wsi, user, in);
    case ECHO_HOST_COUNT:
        return websocket_count(wsi, user, in);
    case LWS_CALLBACK_RAW_ADOPT:
    case LWS_CALLBACK_RAW_CONNECTED:
    case LWS_CALLBACK_RAW_RX:
        return -1; /* a CONNECT request ends up here; this is no proxy */
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, len);
    }
}

/* Messages are most of what comes, so they do not pay for what the other functions need. */
static int callback_echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                         size_t len)
{
    return reason == LWS_CALLBACK_RECEIVE ? routes_receive(wsi, user, in, len)
                                          : call_back(wsi, reason, user, in, len);
}

/* Compressed payload passes through to callback_echo(). */
static int callback_extension(struct lws_context *context, const struct lws_extension *extension,
                              struct lws *wsi, enum lws_extension_callback_reasons reason,
                              void *user, void *in, size_t len)
{
    (void)context;
    (void)extension;
    (void)user;
    (void)len;

    switch (reason) {
    case LWS_EXT_CB_CONSTRUCT:
        /* lwsws offers this extension to connections of other protocols, too */
        return lws_get_protocol(wsi)->callback == callback_echo ? extension_attach(wsi, in) : -1;
    case LWS_EXT_CB_PAYLOAD_RX:
        return compression_hide(lws_wsi_user(wsi), in);
    default:
        return 0;
    }
}

static const struct lws_extension extensions[] = {
    {
        .name = DEFLATE_NAME,
        .callback = callback_extension,
        .client_offer = DEFLATE_NAME,
    },
};

static const struct lws_protocols protocols[] = {
    {
        .name = PROTOCOL_NAME,
        .callback = callback_echo,
        .per_session_data_size = sizeof(struct connection),
    },
};

__attribute__((visibility("default"))) const lws_plugin_protocol_t lws_echo = {
    .hdr =
        {
            .name = PROTOCOL_NAME,
            ._class = "lws_protocol_plugin",
            LWS_VERSION_BUILD_HASH.api_magic = LWS_PLUGIN_API_MAGIC,
        },
    .protocols = protocols,
    .count_protocols = LWS_ARRAY_SIZE(protocols),
    .extensions = extensions,
    .count_extensions = LWS_ARRAY_SIZE(extensions),
};
