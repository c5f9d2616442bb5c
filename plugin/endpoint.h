#pragma once

#include <stddef.h>

#include <libwebsockets.h>

struct connection;
struct piece;
struct vhost;

/*
 * The seam between what serves a request (echo/, status/) and what all endpoints share (link/).
 * routes.c knows which endpoint serves which path; link/ calls endpoints through this table only.
 *
 * An endpoint that takes WebSocket connections has piece() and writable(). Others leave them NULL.
 */
struct endpoint {
    /**
     * Answers an HTTP request that asks for no upgrade. Returns what the libwebsockets callback
     * must return: 0 if the connection may serve another request, or -1 to end it.
     */
    int (*request)(struct lws *wsi, const struct vhost *vhost);

    /** Prepares a new WebSocket connection. Returns 0, or -1 to end it. NULL: nothing to do. */
    int (*open)(struct connection *connection);

    /**
     * Takes a piece of a message: a frame's payload, or as much of it as has been read. The payload
     * is only valid during the call.
     *
     * Returns 0, or -1 when the connection ends.
     */
    int (*piece)(struct connection *connection, struct piece *piece);

    /**
     * Continues what piece() left undone, after blocked output has drained. Returns 0, or -1 when
     * the connection ends.
     */
    int (*writable)(struct connection *connection);

    /** Releases what open() took; the connection is ending. NULL: nothing to do. */
    void (*close)(struct connection *connection);
};
