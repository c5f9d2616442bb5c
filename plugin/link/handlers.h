#pragma once

#include <stddef.h>
#include <stdint.h>

#include "link/vhost.h"

/*
 * The libwebsockets side: one function a callback reason. Each asks the core what to do, does it
 * and returns what libwebsockets expects: 0 to go on, -1 to end the connection (or, for
 * on_protocol_init(), to refuse the vhost).
 */

/** Reads the vhost's options; NULL @options means that the protocol is not enabled there. */
int on_protocol_init(struct lws *wsi, const struct lws_protocol_vhost_options *options);
int on_protocol_destroy(struct lws *wsi);

/** A connection has been accepted. */
int on_connection(struct lws *wsi);

/** A file has been sent. */
int on_file_sent(struct lws *wsi);

/** A request that asks for no upgrade has found nothing else to serve it. */
int on_http(struct lws *wsi);

/** A request asks for an upgrade of some kind. */
int on_confirm_upgrade(struct lws *wsi);

/** A WebSocket handshake is about to be accepted. */
int on_filter_handshake(struct lws *wsi);

/** The client has offered the extension @name, and the vhost has one; 0 takes it. */
int on_confirm_extension(struct lws *wsi, const char *name);

/** Our extension has been attached to @wsi; 0 keeps it. Sets @options to the parameters it has. */
int on_extension_attach(struct lws *wsi, const struct lws_ext_options **options);

/** Payload is about to reach on_receive() or on_pong(); @buffers are its way in and out. */
int on_extension_payload(struct connection *connection, struct lws_tokens buffers[2]);

/** The response's headers have been written but for the last line. */
int on_response_headers(struct lws *wsi, struct lws_process_html_args *headers);

int on_established(struct lws *wsi, struct connection *connection);

/** A piece of a message came: the whole of a frame, or as much of it as was read. */
int on_receive(struct lws *wsi, struct connection *connection, const void *payload, size_t bytes);
int on_pong(struct lws *wsi, struct connection *connection, const void *payload, size_t bytes);

/** The peer's Close came. It still may behind an error of the peer, that is after on_leave(). */
int on_peer_close(struct lws *wsi, struct connection *connection, const uint8_t *payload,
                  size_t bytes);

int on_writeable(struct lws *wsi, struct connection *connection);

/**
 * The connection goes, whoever ends it and why. This comes before a Close that libwebsockets sends
 * for an error of the peer: the last moment at which echoes owed can precede it.
 */
int on_leave(struct connection *connection);

/**
 * ECHO_HOST_DRAIN: closes the connection with 1001 (RFC 6455 section 7.4.1), unless its close has
 * begun already. @count, if it is not NULL, is incremented as for on_count().
 */
int on_drain(struct lws *wsi, struct connection *connection, size_t *count);

/**
 * ECHO_HOST_COUNT: increments @count for a WebSocket connection that is still there, and for one
 * that waits for the answer to its first request.
 */
int on_count(struct lws *wsi, struct connection *connection, size_t *count);
