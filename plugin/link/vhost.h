#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <libwebsockets.h>

#include "core/address_counts.h"
#include "core/base/address.h"
#include "core/cork.h"
#include "core/counters.h"
#include "core/deflate.h"
#include "core/keepalive.h"
#include "core/options.h"
#include "core/session.h"

/*
 * What the plugin keeps: per vhost, per service thread of the vhost, per connection.
 * libwebsockets owns the memory of the first and the last.
 */

#define PROTOCOL_NAME "lws-echo"

/* lws_tokenize_cstr() wants a byte to spare behind the NUL */
#define SUBPROTOCOL_ROOM (OPTIONS_SUBPROTOCOL_MAX + 2)

/* How much is inflated at a time. */
#define INFLATED_BYTES ((size_t)16384)

struct vhost;
struct compression;

/* What is agreed on in the handshake that the thread deals with at present. */
struct negotiation {
    struct deflate_answer answer;
    unsigned asked; /* how often libwebsockets has asked about the extension */
    bool taken;     /* libwebsockets has been told to attach it */
    bool attached;  /* and it was ours that it has attached */
};

/* A subprotocol, where it stays: @bytes at @name, without a NUL behind them. None has 0 bytes. */
struct subprotocol {
    const char *name;
    size_t bytes;
};

/* All that connections of one service thread share; no locks are needed. */
struct thread {
    struct vhost *vhost;
    struct lws_context *context;
    int tsi; /* libwebsockets' thread service index */

    struct cork cork;
    lws_sorted_usec_list_t flush_timer;
    bool flush_pending;
    bool flush_deferred; /* what is corked waits for its owner's turn to write */
    lws_usec_t now_us;   /* when this service pass began; valid while flush_pending */

    struct keepalive keepalive;
    lws_sorted_usec_list_t keepalive_timer;
    lws_usec_t keepalive_due_us; /* when the timer fires; INT64_MAX: not running */
    uint32_t last_ping_id;

    struct counters *counters;            /* of the vhost's board */
    struct address_counts address_counts; /* empty without "max-connections-per-address" */

    /* of the handshake that is going on */
    struct address peer;
    struct subprotocol subprotocol;
    struct negotiation negotiation;

    uint8_t *inflated; /* of INFLATED_BYTES; NULL without compression */
    uint8_t *blank;    /* NULs: see compression_hide() */
    size_t blank_bytes;
};

struct vhost {
    struct options options;
    struct thread *threads;
    int thread_count;

    struct counters_board board;
    struct counters *counters;     /* one for each thread; NULL: they are the host's */
    void (*log)(const char *line); /* NULL: libwebsockets logs */
    bool draining;                 /* the host has said so */

    char subprotocol[SUBPROTOCOL_ROOM]; /* what our protocol may be called during one */
    bool may_rename;
};

struct connection {
    struct lws *wsi; /* NULL before the handshake is done, and once the connection leaves */
    struct thread *thread;
    struct session session;
    bool failed;       /* a fault of the peer, found by us, closes it */
    bool inside_frame; /* the next piece belongs to the same frame as the last one */
    struct keepalive_entry keepalive;
    uint32_t ping_id; /* what the Pong must say */

    /* for the log */
    struct address peer;
    struct subprotocol subprotocol;
    lws_usec_t opened_us;
    uint64_t received_messages;
    uint64_t received_bytes;
    uint64_t sent_messages;
    uint64_t sent_bytes;
    const char *end_why; /* NULL: it does not end as yet */
    uint16_t end_code;

    struct compression *compression; /* NULL: not agreed on; owned */
};

/**
 * Takes the vhost's options and prepares its threads.
 *
 * Reports what is wrong as one error line in libwebsockets' log. Returns 0 or -1.
 */
int vhost_init(struct lws *wsi, const struct lws_protocol_vhost_options *options);

/** Releases what vhost_init() took, even if it failed half way. */
void vhost_fini(struct lws *wsi);

/** Returns the plugin's state of @wsi's vhost, or NULL where the protocol is not enabled. */
struct vhost *vhost_get(struct lws *wsi);
