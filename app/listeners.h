#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libwebsockets.h>
#include <uv.h>

/*
 * The listening socket, which is the app's own: libwebsockets is handed connections that have
 * been accepted. So accepting can pause when the process is out of descriptors, where
 * libwebsockets would spin, and stops at once for a shutdown.
 */
struct listener {
    int fd; /* -1: closed */
    uv_poll_t readable;
    uv_timer_t pause;
    bool starved; /* no descriptor was left the last time; said once */
    struct lws_vhost *vhost;
};

/**
 * Binds and listens on @address, empty for all interfaces and both IP families, and @port, 0 for
 * a free one.
 *
 * Returns the socket, non-blocking, or -1 after one line on standard error.
 */
int listener_bind(const char *address, uint64_t port);

/**
 * The same for @count sockets, among which the kernel spreads the connections.
 *
 * It fails as listener_bind() does where another program listens on the port, or this one once
 * more. Afterwards a program of the same user could share it that asks for SO_REUSEPORT. Returns 0,
 * or -1 after one line on standard error, with none open.
 */
int listener_bind_shared(const char *address, uint64_t port, int *fds, size_t count);

/** Writes the URL at which a browser on this machine reaches @fd. */
void listener_url(int fd, const char *address, bool tls, char *out, size_t size);

/**
 * Starts accepting connections for @vhost from @fd, which it owns from then on.
 *
 * Returns 0 or a libuv error.
 */
int listener_start(struct listener *listener, uv_loop_t *loop, int fd, struct lws_vhost *vhost);

/** Stops accepting and closes the socket; connections not yet accepted are reset. */
void listener_close(struct listener *listener);
