#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <libwebsockets.h>

#include "core/base/address.h"
#include "core/handshake.h"
#include "core/keepalive.h"
#include "core/session.h"
#include "link/thread.h"

struct compression;
struct endpoint;

/* A WebSocket connection. libwebsockets owns the memory, which is all zero at first. */
struct connection {
    struct lws *wsi; /* NULL before the handshake is done, and once the connection leaves */
    struct thread *thread;
    const struct endpoint *endpoint;
    bool direct; /* the endpoint's pieces go by the short way of routes.c; the endpoint says so */
    struct session session;
    bool failed;       /* a fault of the peer, found by us, closes it */
    bool inside_frame; /* the next piece belongs to the same frame as the last one */
    struct keepalive_entry keepalive;
    uint32_t ping_id; /* what the Pong must say */

    /* for the access log */
    struct address peer;
    struct handshake_subprotocol subprotocol;
    lws_usec_t opened_us;
    uint64_t received_messages;
    uint64_t received_bytes;
    uint64_t sent_messages;
    uint64_t sent_bytes;
    const char *end_why; /* NULL: it has not begun to end */
    uint16_t end_code;

    struct compression *compression; /* NULL: not agreed on; owned */
};
