#define _GNU_SOURCE /* accept4() */

#include "listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Accepted in one go, so that a flood of connections does not starve the open ones. */
#define ACCEPT_BATCH 64

/* How long to wait for a descriptor to become free. */
#define PAUSE_MS 100

/* Fills @out for @address, or for all of @family when @address is empty. Returns its size. */
static socklen_t compose(struct sockaddr_storage *out, int family, const char *address,
                         uint64_t port)
{
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    struct sockaddr_in *in = (struct sockaddr_in *)out;

    memset(out, 0, sizeof(*out));
    out->ss_family = (sa_family_t)family;
    if (family == AF_INET6) {
        in6->sin6_port = htons((uint16_t)port);
        inet_pton(AF_INET6, *address ? address : "::", &in6->sin6_addr);
        return sizeof(*in6);
    }
    in->sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, *address ? address : "0.0.0.0", &in->sin_addr);

    return sizeof(*in);
}

/* Returns a listening socket, or -1 with errno set. */
static int listen_on(int family, const char *address, uint64_t port)
{
    const int on = 1;
    const int both_families = 0;
    struct sockaddr_storage name;
    socklen_t bytes = compose(&name, family, address, port);
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;

    /* accepted sockets inherit TCP_NODELAY: no system call for each */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
        (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both_families,
                                          sizeof(both_families))) ||
        bind(fd, (const struct sockaddr *)&name, bytes) || listen(fd, SOMAXCONN)) {
        int failure = errno;

        close(fd);
        errno = failure;
        return -1;
    }

    return fd;
}

int listener_bind(const char *address, uint64_t port)
{
    bool is_ipv4 = *address && !strchr(address, ':');
    int fd = listen_on(is_ipv4 ? AF_INET : AF_INET6, address, port);

    if (fd < 0 && !*address && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
        fd = listen_on(AF_INET, address, port); /* a kernel without IPv6 */
    if (fd < 0)
        fprintf(stderr, "lws-echo: cannot listen on %s port %u: %s\n",
                *address ? address : "all interfaces,", (unsigned)port, strerror(errno));

    return fd;
}

void listener_url(int fd, const char *address, int tls, char *out, size_t size)
{
    bool is_ipv6 = strchr(address, ':') != NULL;
    bool is_any = !*address || !strcmp(address, "::") || !strcmp(address, "0.0.0.0");
    struct sockaddr_storage name;
    socklen_t bytes = sizeof(name);
    uint16_t port = 0;

    if (!getsockname(fd, (struct sockaddr *)&name, &bytes))
        port = name.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&name)->sin6_port
                                          : ((const struct sockaddr_in *)&name)->sin_port;

    snprintf(out, size, "http%s://%s%s%s:%u/", tls ? "s" : "", is_ipv6 && !is_any ? "[" : "",
             is_any ? "localhost" : address, is_ipv6 && !is_any ? "]" : "", ntohs(port));
}

static void on_readable(uv_poll_t *readable, int status, int events);

static void on_pause_end(uv_timer_t *pause)
{
    struct listener *listener = pause->data;

    uv_poll_start(&listener->readable, UV_READABLE, on_readable);
}

static void pause_accepting(struct listener *listener, int why)
{
    lwsl_warn("accepting pauses: %s\n", strerror(why));
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
