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
     * Answers an HTTP request that asks for no upgrade. Returns what the libwebsockets callback is
     * to return: 0 if the connection may serve another request, or -1.
     */
    int (*request)(struct lws *wsi, const struct vhost *vhost);

    /** A WebSocket connection is open. Returns 0, or -1 to end it. NULL: nothing to do. */
    int (*open)(struct connection *connection);

    /**
     * Takes a piece of a message: a frame's payload, or as much of it as has been read. The payload
     * is valid until the return.
     *
     * Returns 0, or -1 when the connection ends.
     */
    int (*piece)(struct connection *connection, struct piece *piece);

    /**
     * Blocked output has drained: continues what piece() left undone. Returns 0, or -1 when the
     * connection ends.
     */
    int (*writable)(struct connection *connection);

    /** The connection goes: releases what open() took. NULL: nothing to do. */
    void (*close)(struct connection *connection);
};
