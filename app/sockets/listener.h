#pragma once

#include <stdbool.h>

#include <libwebsockets.h>
#include <uv.h>

/*
 * Accepts connections from a listening socket, which is the app's own: libwebsockets is handed
 * connections that have been accepted. So accepting can pause when the process is out of
 * descriptors, where libwebsockets would spin, stops when a shutdown wants it, and can go on for
 * another vhost after the configuration has been read again.
 */
struct listener {
    int fd; /* -1: closed; the rest is zero at first */
    uv_poll_t readable;
    uv_timer_t pause;
    int first_reserved;      /* from this descriptor on they are not for its connections */
    bool crowded;            /* the last connection got one of those */
    bool starved;            /* no descriptor was left the last time; said once */
    struct lws_vhost *vhost; /* of the next connection; the owner may change it */
};

/**
 * Starts accepting connections, for the vhost that is set, from @fd, which it owns from then on.
 *
 * Accepting pauses while no descriptor below @first_reserved is free: others are kept for what else
 * the process has to open. Returns 0, or -1 after one line in the log; listener_close() releases it
 * either way.
 */
int listener_start(struct listener *listener, uv_loop_t *loop, int fd, int first_reserved);

/**
 * Accepts what waits already, as far as there are descriptors, and closes the socket. What has not
 * been accepted is reset, unless another process has the same socket open.
 */
void listener_finish(struct listener *listener);

/** Stops accepting and closes the socket at once. */
void listener_close(struct listener *listener);
