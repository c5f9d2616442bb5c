#pragma once

#include <stdbool.h>

#include <libwebsockets.h>
#include <uv.h>

/*
 * Accepts connections from a listening socket and passes them to libwebsockets. So accepting can
 * pause when the process is out of descriptors, where libwebsockets would spin; it can stop for a
 * shutdown; and it can go on for another vhost after a reload.
 */
struct listener {
    int fd; /* -1: closed; the rest must start as zeros */
    uv_poll_t readable;
    uv_timer_t pause;
    int first_reserved;      /* descriptors from this one on are not for connections */
    bool crowded;            /* the last connection got one of those */
    bool starved;            /* the last accept failed for lack of descriptors; logged once */
    struct lws_vhost *vhost; /* of new connections; the owner may change it */
};

/**
 * Starts accepting connections from @fd, for the vhost that is set, and takes ownership of @fd.
 *
 * Accepting pauses while no descriptor below @first_reserved is free; the others are kept for other
 * uses. Returns 0, or -1 after one line in the log; listener_close() releases it
 * either way.
 */
int listener_start(struct listener *listener, uv_loop_t *loop, int fd, int first_reserved);

/**
 * Accepts the connections that are already waiting, as far as there are descriptors, and closes the
 * socket. Connections that are left are reset, unless another process has the same socket open.
 */
void listener_finish(struct listener *listener);

/** Stops accepting and closes the socket at once. */
void listener_close(struct listener *listener);
