/*
 * Preloaded into a server: its sockets often take less than they are given, or nothing, anywhere in
 * what is sent, and give less than there is. A real socket does so only where its buffer happens to
 * end. Calls are interrupted; connections cannot be accepted for lack of this or that; with
 * SOCKET_FAULTS_RESETS, one in so many calls of a connection finds it reset.
 */

#define _GNU_SOURCE /* RTLD_NEXT */

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define PARTS_MAX 4

/* xorshift32; the server has one thread */
static uint32_t next_random(void)
{
    static uint32_t state;

    if (!state) {
        const char *seed = getenv("SOCKET_FAULTS_SEED");

        state = seed ? (uint32_t)strtoul(seed, NULL, 10) : 1;
    }
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;

    return state;
}

/* How many of @bytes, in parts of which the first has @first, are taken: often an edge case. */
static size_t taken(size_t bytes, size_t first)
{
    switch (next_random() % 10) {
    case 0:
        return 0;
    case 1:
        return first;
    case 2:
        return bytes - 1;
    case 3:
        return 1 + next_random() % first;
    case 4:
    case 5:
        return 1 + next_random() % bytes;
    default:
        return bytes;
    }
}

/* Says whether the call shall fail before it does anything, and sets errno. */
static bool fails_at_once(int fd)
{
    const char *resets = getenv("SOCKET_FAULTS_RESETS");
    const struct linger reset = {.l_onoff = 1};

    if (resets && !(next_random() % (uint32_t)strtoul(resets, NULL, 10))) {
        /* the peer learns of it when the server closes */
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        errno = ECONNRESET;
        return true;
    }
    switch (next_random() % 10) {
    case 0:
        errno = EINTR;
        return true;
    case 1:
        errno = EAGAIN;
        return true;
    default:
        return false;
    }
}

static ssize_t send_parts(int fd, const struct iovec *parts, size_t count, int flags)
{
    static ssize_t (*real)(int fd, const struct msghdr *message, int flags);
    struct iovec left[PARTS_MAX];
    struct msghdr message = {.msg_iov = left};
    size_t bytes = 0;
    size_t limit;

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
    if (fails_at_once(fd))
        return -1;
    for (size_t i = 0; i < count; i++)
        bytes += parts[i].iov_len;
    limit = bytes > 1 ? taken(bytes, parts[0].iov_len) : bytes;
    if (!limit) {
        errno = EAGAIN;
        return -1;
    }

    for (size_t i = 0; i < count && limit; i++) {
        left[i] = parts[i];
        if (left[i].iov_len > limit)
            left[i].iov_len = limit;
        limit -= left[i].iov_len;
        message.msg_iovlen = i + 1;
    }

    return real(fd, &message, flags);
}

ssize_t send(int fd, const void *data, size_t bytes, int flags)
{
    const struct iovec part = {(void *)data, bytes};

    return send_parts(fd, &part, 1, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (message->msg_iovlen > PARTS_MAX || message->msg_control) {
        errno = EINVAL; /* of no use here */
        return -1;
    }

    return send_parts(fd, message->msg_iov, message->msg_iovlen, flags);
}

ssize_t recv(int fd, void *data, size_t bytes, int flags)
{
    static ssize_t (*real)(int fd, void *data, size_t bytes, int flags);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "recv");
    if (fails_at_once(fd))
        return -1;

    return real(fd, data, bytes && !(next_random() % 4) ? 1 + next_random() % bytes : bytes, flags);
}

int accept4(int fd, struct sockaddr *address, socklen_t *bytes, int flags)
{
    static const int failures[] = {EINTR,  ECONNABORTED, EPROTO, EPERM,
                                   EMFILE, ENFILE,       ENOMEM, ENOBUFS};
    static int (*real)(int fd, struct sockaddr *address, socklen_t *bytes, int flags);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "accept4");
    if (next_random() % 2) {
        errno = failures[next_random() % (sizeof(failures) / sizeof(failures[0]))];
        return -1;
    }

    return real(fd, address, bytes, flags);
}
