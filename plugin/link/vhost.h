#pragma once

#include <stdbool.h>

#include <libwebsockets.h>

#include "core/counters.h"
#include "core/options.h"

#define PROTOCOL_NAME "lws-echo"

struct thread;

/* What the plugin keeps for a vhost. libwebsockets owns the memory; protocol.c fills it. */
struct vhost {
    struct options options;
    struct thread *threads; /* one for each service thread; NULL: not started */
    int thread_count;

    struct counters_board board;
    struct counters_slot *slots;   /* one for each thread, owned; NULL: the host owns them */
    void (*log)(const char *line); /* NULL: libwebsockets logs */
    bool going_away;               /* the host has sent ECHO_HOST_DRAIN */
    bool may_rename;               /* our protocol may be renamed: see subprotocol.h */
};

/** Returns the plugin's state for @wsi's vhost, or NULL if the protocol is not enabled there. */
static inline struct vhost *vhost_get(struct lws *wsi)
{
    struct vhost *vhost =
        (struct vhost *)lws_protocol_vh_priv_get(lws_get_vhost(wsi), lws_get_protocol(wsi));

    return vhost && vhost->threads ? vhost : NULL;
}
