/*
 * raw-echo: sends back the bytes that come over TCP, with as few system calls as one thread with
 * epoll can. It is the ceiling that WebSocket echoes are measured against.
 */

#define _GNU_SOURCE /* accept4() */

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "files.h"

#define EXIT_WRONG_ARGUMENTS 2

/* The most that is read at once from a connection, and kept for it. */
#define BUFFER_BYTES ((size_t)262144)

#define EVENTS_MAX 512

struct peer {
    int fd;
    size_t kept_bytes; /* read, but not yet taken by the socket */
    size_t kept_sent;
    uint8_t *kept; /* NULL until needed */
};

/* There is nothing to clean up, and a flag would cost the loop a check and epoll_pwait(). */
static void on_signal(int number)
{
    (void)number;
    _exit(EXIT_SUCCESS);
}

static int watch(int epoll, int operation, struct peer *peer, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = peer};

    return epoll_ctl(epoll, operation, peer->fd, &event);
}

static void hang_up(struct peer *peer)
{
    close(peer->fd);
    free(peer->kept);
}

/* Keeps what the socket has not taken; reads no more from the peer until it has. */
static int keep(int epoll, struct peer *peer, const uint8_t *rest, size_t bytes)
{
    if (!peer->kept)
        peer->kept = malloc(BUFFER_BYTES);
    if (!peer->kept)
        return -1;
    memcpy(peer->kept, rest, bytes);
    peer->kept_bytes = bytes;
    peer->kept_sent = 0;

    return watch(epoll, EPOLL_CTL_MOD, peer, EPOLLOUT);
}

/* Returns how much the socket took, or -1 when the connection is gone. */
static ssize_t push(int fd, const uint8_t *data, size_t bytes)
{
    ssize_t sent = send(fd, data, bytes, MSG_NOSIGNAL);

    return sent < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : sent;
}

static int drain(int epoll, struct peer *peer)
{
    ssize_t sent = push(peer->fd, peer->kept + peer->kept_sent, peer->kept_bytes - peer->kept_sent);

    if (sent < 0)
        return -1;
    peer->kept_sent += (size_t)sent;
    if (peer->kept_sent < peer->kept_bytes)
        return 0;
    peer->kept_bytes = 0;

    return watch(epoll, EPOLL_CTL_MOD, peer, EPOLLIN);
}

/* Returns 0, or -1 when the connection has ended. */
static int echo(int epoll, struct peer *peer)
{
    static uint8_t buffer[BUFFER_BYTES];
    ssize_t got = recv(peer->fd, buffer, sizeof(buffer), 0);
    ssize_t sent;

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got <= 0)
        return -1;
    sent = push(peer->fd, buffer, (size_t)got);
    if (sent < 0)
        return -1;

    return sent < got ? keep(epoll, peer, buffer + sent, (size_t)(got - sent)) : 0;
}

/* @peers has a place for each file this process may open, indexed by descriptor. */
static void take_new_peers(int epoll, int listener, struct peer *peers)
{
    int fd;

    /* when files run out, new connections wait in the backlog */
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        peers[fd] = (struct peer){.fd = fd};
        if (watch(epoll, EPOLL_CTL_ADD, &peers[fd], EPOLLIN))
            hang_up(&peers[fd]);
    }
}

static int serve(int listener, struct peer *peers)
{
    static struct epoll_event events[EVENTS_MAX];
    struct peer *door = &peers[listener];
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    door->fd = listener;
    if (epoll < 0 || watch(epoll, EPOLL_CTL_ADD, door, EPOLLIN | EPOLLET)) {
        perror("raw-echo: epoll");
        return EXIT_FAILURE;
    }

    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);

        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;

            if (peer == door)
                take_new_peers(epoll, listener, peers);
            else if (peer->kept_bytes ? drain(epoll, peer) : echo(epoll, peer))
                hang_up(peer);
        }
    }
}

/* Returns a socket that listens on @port of 127.0.0.1, or -1 with errno set. */
static int listen_on(uint16_t port)
{
    const int on = 1;
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
        return -1;
    /* accepted sockets inherit it: no system call for each */
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
        return -1;

    return bind(fd, (struct sockaddr *)&name, sizeof(name)) || listen(fd, SOMAXCONN) ? -1 : fd;
}

/* Returns the port, or -1 after saying what is wrong with @text. */
static int read_port(const char *text)
{
    char *end;
    unsigned long port;

    errno = 0;
    port = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || port > UINT16_MAX) {
        fprintf(stderr, "raw-echo: --port: \"%s\" is not a number from 0 to 65535\n", text);
        return -1;
    }

    return (int)port;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'}, {0}};
    struct sockaddr_in name = {0};
    struct peer *peers;
    socklen_t name_bytes = sizeof(name);
    int port = 0;
    int listener;
    int status;
    int found;

    while ((found = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (found == 'h') {
            puts("Usage: raw-echo [--port N]\n"
                 "Sends back the bytes that come over TCP to 127.0.0.1; --port 0, the default, "
                 "takes a free one.");
            return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
        }
        if (found != 'p' || (port = read_port(optarg)) < 0)
            return EXIT_WRONG_ARGUMENTS;
    }
    if (optind < argc) {
        fprintf(stderr, "raw-echo: unexpected argument \"%s\"\n", argv[optind]);
        return EXIT_WRONG_ARGUMENTS;
    }

    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    listener = listen_on((uint16_t)port);
    if (listener < 0 || getsockname(listener, (struct sockaddr *)&name, &name_bytes)) {
        fprintf(stderr, "raw-echo: cannot listen on 127.0.0.1 port %d: %s\n", port,
                strerror(errno));
        return EXIT_FAILURE;
    }
    peers = calloc(files_raise_limit(), sizeof(*peers));
    if (!peers) {
        fputs("raw-echo: no memory\n", stderr);
        return EXIT_FAILURE;
    }
    printf("raw-echo is ready: 127.0.0.1:%u\n", ntohs(name.sin_port));
    status = fflush(stdout) ? EXIT_FAILURE : serve(listener, peers);
    free(peers);

    return status;
}
