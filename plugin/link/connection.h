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
struct tail;

/* A WebSocket connection. libwebsockets owns the memory, which starts as all zero. */
struct connection {
    struct lws *wsi; /* NULL before the handshake is done, and after websocket_leave() */
    struct thread *thread;
    const struct endpoint *endpoint;
    bool direct; /* set by the endpoint: pieces take the short way in routes.c */
    struct session session;
    bool failed;       /* we found a fault of the peer and are closing */
    bool inside_frame; /* the next piece belongs to the same frame as the last one */
    struct keepalive_entry keepalive;
    uint32_t ping_id;  /* what the Pong must contain */
    struct tail *tail; /* owned; NULL: nothing is held back; see tail.h */

    /* for the access log */
    struct address peer;
    struct handshake_subprotocol subprotocol;
    lws_usec_t opened_us;
    uint64_t received_messages;
    uint64_t received_bytes;
    uint64_t sent_messages;
    uint64_t sent_bytes;
    const char *end_why; /* static; NULL: it has not begun to end */
    uint16_t end_code;

    struct compression *compression; /* owned; NULL: not agreed on */
};
