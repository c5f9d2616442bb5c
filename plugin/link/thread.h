#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <libwebsockets.h>

#include "core/address_counts.h"
#include "core/cork.h"
#include "core/counters.h"
#include "core/handshake.h"
#include "core/keepalive.h"
#include "core/request.h"
#include "link/vhost.h"

struct connection;
struct endpoint;

/* The current opening handshake of the thread; see upgrade.h. */
struct upgrade {
    struct lws *wsi; /* whose handshake it is; NULL: none */
    lws_sorted_usec_list_t over;
    char key[HANDSHAKE_KEY_BYTES + 1]; /* Sec-WebSocket-Key, which no two requests share */
    const struct endpoint *endpoint;
    struct request request; /* only while it is judged */
    struct handshake handshake;

    struct lws_protocols *renamed;    /* NULL: our protocol has its own name */
    char name[REQUEST_VALUE_MAX + 1]; /* its name during the handshake */

    unsigned extension_asked; /* how often libwebsockets has asked about the extension */
    bool extension_taken;     /* libwebsockets has been told to attach it */
    bool extension_attached;  /* it was ours that libwebsockets attached */
};

/* What the connections of one service thread share; no locks are needed. */
struct thread {
    struct vhost *vhost;
    struct lws_context *context;
    int tsi; /* libwebsockets' thread service index */

    struct cork cork;
    bool flush_deferred; /* the cork waits for its owner's writable callback */

    /* the service pass: see pass.h */
    lws_sorted_usec_list_t pass_timer;
    bool pass_open;
    lws_usec_t pass_now_us; /* when it began; valid while pass_open */

    /* liveness: see liveness.h */
    struct keepalive keepalive;
    lws_sorted_usec_list_t liveness_timer;
    lws_usec_t liveness_due_us; /* when the timer fires; INT64_MAX: not running */
    uint32_t last_ping_id;

    /* tails: see tail.h */
    lws_dll2_owner_t tails; /* the oldest first */
    lws_sorted_usec_list_t tail_timer;
    bool tail_timer_runs;

    /* handlers in modules above this one; protocol.c sets them */
    void (*on_pass_end)(struct thread *thread);
    void (*on_liveness_due)(struct thread *thread);
    void (*on_tail_due)(struct connection *connection);
    void (*on_unusable)(struct connection *connection);

    struct counters_slot *slot;           /* of the vhost's board */
    struct counters *counters;            /* in the slot */
    struct address_counts address_counts; /* empty without "max-connections-per-address" */

    struct upgrade upgrade;

    uint8_t *inflated; /* of COMPRESSION_INFLATED_BYTES; NULL without compression */
    uint8_t *blank;    /* NULs: see compression_hide() */
    size_t blank_bytes;
};

/** Returns the thread that serves @wsi. */
static inline struct thread *thread_of(struct lws *wsi, const struct vhost *vhost)
{
    return &vhost->threads[lws_get_tsi(wsi)];
}
