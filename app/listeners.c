#define _GNU_SOURCE /* accept4() */

#include "listeners.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Accepted in one go, so that a flood of connections does not starve the open ones. */
#define ACCEPT_BATCH 64

/* How long to wait for a descriptor to become free. */
#define PAUSE_MS 100

/* Lets other sockets with SO_REUSEPORT have the same port. Returns 0, or -1 with errno set. */
static int share_port(int fd)
{
    const int on = 1;

    return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
}

/* Makes @fd a listening socket with @name. Returns 0, or -1 with errno set. */
static int set_up(int fd, const struct sockaddr *name, socklen_t name_bytes)
{
    const int on = 1;
    const int off = 0;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
        return -1;
    /* accepted sockets inherit it: no system call for each */
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
        return -1;
    /* "::" takes IPv4 connections, too */
    if (name->sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)))
        return -1;

    return bind(fd, name, name_bytes) || listen(fd, SOMAXCONN) ? -1 : 0;
}

/* Returns a listening socket, or -1 with errno set. */
static int open_socket(const struct sockaddr *name, socklen_t name_bytes, bool shared)
{
    int fd = socket(name->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int failure;

    if (fd < 0 || !((shared && share_port(fd)) || set_up(fd, name, name_bytes)))
        return fd;
    failure = errno;
    close(fd);
    errno = failure;

    return -1;
}

/* Returns a listening socket, or -1 with errno set. */
static int listen_on(const char *address, uint64_t port)
{
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *name;
    char service[8];
    int fd;

    snprintf(service, sizeof(service), "%u", (unsigned)port);
    if (getaddrinfo(address, service, &hints, &name)) {
        errno = EADDRNOTAVAIL;
        return -1;
    }

    fd = open_socket(name->ai_addr, name->ai_addrlen, false);
    freeaddrinfo(name);

    return fd;
}

static void report(const char *address, uint64_t port)
{
    fprintf(stderr, "lws-echo: cannot listen on %s port %u: %s\n",
            *address ? address : "all interfaces,", (unsigned)port, strerror(errno));
}

int listener_bind(const char *address, uint64_t port)
{
    int fd = listen_on(*address ? address : "::", port);

    if (fd < 0 && !*address && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
        fd = listen_on("0.0.0.0", port); /* a kernel without IPv6 */
    if (fd < 0)
        report(address, port);

    return fd;
}

/* Opens sockets with the name of @fds[0]. Returns 0, or -1 with errno set. */
static int open_others(int *fds, size_t count)
{
    struct sockaddr_storage name = {0};
    socklen_t bytes = sizeof(name);

    if (share_port(fds[0]) || getsockname(fds[0], (struct sockaddr *)&name, &bytes))
        return -1;
    for (size_t i = 1; i < count; i++) {
        fds[i] = open_socket((const struct sockaddr *)&name, bytes, true);
        if (fds[i] < 0)
            return -1;
    }

    return 0;
}

int listener_bind_shared(const char *address, uint64_t port, int *fds, size_t count)
{
    for (size_t i = 1; i < count; i++)
        fds[i] = -1;
    /*
     * The first shares only when it listens: until then the port must be free. Otherwise a second
     * supervisor would get its part of the connections of this one unnoticed.
     */
    fds[0] = listener_bind(address, port);
    if (fds[0] < 0)
        return -1;
    if (!open_others(fds, count))
        return 0;

    report(address, port);
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0)
            close(fds[i]);

    return -1;
}

void listener_url(int fd, const char *address, bool tls, char *out, size_t size)
{
    const char *scheme = tls ? "https" : "http";
    struct sockaddr_storage name;
    socklen_t bytes = sizeof(name);
    char port[8] = "";

    if (!getsockname(fd, (struct sockaddr *)&name, &bytes))
        getnameinfo((const struct sockaddr *)&name, bytes, NULL, 0, port, sizeof(port),
                    NI_NUMERICSERV);

    if (!*address || !strcmp(address, "::") || !strcmp(address, "0.0.0.0"))
        snprintf(out, size, "%s://localhost:%s/", scheme, port);
    else
        snprintf(out, size, strchr(address, ':') ? "%s://[%s]:%s/" : "%s://%s:%s/", scheme, address,
                 port);
}

static void on_readable(uv_poll_t *readable, int status, int events);

static void on_pause_end(uv_timer_t *pause)
{
    struct listener *listener = pause->data;

    uv_poll_start(&listener->readable, UV_READABLE, on_readable);
}

static void pause_accepting(struct listener *listener, int why)
{
    if (!listener->starved)
        lwsl_warn("accepting pauses: %s\n", strerror(why));
    listener->starved = true;
    uv_poll_stop(&listener->readable);
    uv_timer_start(&listener->pause, on_pause_end, PAUSE_MS, 0);
}

/* Says whether a failed accept4() concerns one connection only. */
static bool is_passing(int failure)
{
    return failure == EINTR || failure == ECONNABORTED || failure == EPROTO || failure == EPERM;
}

static void on_readable(uv_poll_t *readable, int status, int events)
{
    struct listener *listener = readable->data;

    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            listener->starved = false;
            lws_adopt_socket_vhost(listener->vhost, fd); /* closes it on failure */
        } else if (errno == EAGAIN) {
            return;
        } else if (!is_passing(errno)) {
            pause_accepting(listener, errno);
            return;
        }
    }
}

int listener_start(struct listener *listener, uv_loop_t *loop, int fd, struct lws_vhost *vhost)
{
    int failure;

    listener->fd = fd;
    listener->starved = false;
    listener->vhost = vhost;
    failure = uv_timer_init(loop, &listener->pause);
    if (!failure)
        failure = uv_poll_init(loop, &listener->readable, fd);
    if (failure)
        return failure;
    listener->pause.data = listener->readable.data = listener;

    return uv_poll_start(&listener->readable, UV_READABLE, on_readable);
}

void listener_close(struct listener *listener)
{
    if (listener->fd < 0)
        return;

    uv_close((uv_handle_t *)&listener->readable, NULL);
    uv_close((uv_handle_t *)&listener->pause, NULL);
    close(listener->fd);
    listener->fd = -1;
}
