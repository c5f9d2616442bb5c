#include "sockets/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* Lets other sockets with SO_REUSEPORT have the same port. Returns 0, or -1 with errno set. */
static int share_port(int fd)
{
    const int on = 1;

    return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
}

/* Returns 0, or -1 with errno set. */
static int set_up_tcp(int fd, sa_family_t family)
{
    const int on = 1;
    const int off = 0;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
        return -1;
    /* accepted sockets inherit it: no system call for each */
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
        return -1;

    /* "::" takes IPv4 connections, too */
    return family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) : 0;
}

/* Returns 0, or -1 with errno set. */
static int bind_to(int fd, const struct listen_address *address)
{
    return bind(fd, (const struct sockaddr *)&address->name, address->name_bytes);
}

/* Returns a bound socket, or -1 with errno set. */
static int bind_tcp(const struct listen_address *address, bool shared)
{
    sa_family_t family = address->name.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int failure;

    if (fd < 0 || (!set_up_tcp(fd, family) && !(shared && share_port(fd)) && !bind_to(fd, address)))
        return fd;
    failure = errno;
    close(fd);
    errno = failure;

    return -1;
}

/* The same; on a kernel without IPv6 all interfaces are those of IPv4. */
static int bind_first_tcp(const struct listen_address *address)
{
    int fd = bind_tcp(address, false);
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->name;
    struct listen_address other;

    if (fd >= 0 || !address->any || address->name.ss_family != AF_INET6 ||
        (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
        return fd;

    listen_address_parse(&other, "0.0.0.0", ntohs(six->sin6_port));

    return bind_tcp(&other, false);
}

/* Opens sockets with the name of @fds[0]. Returns 0, or -1 with errno set. */
static int bind_others(int *fds, size_t count)
{
    struct listen_address same = {.name_bytes = sizeof(same.name)};

    /*
     * The first one allows sharing only now, so that its bind() failed if the port was in use.
     * Otherwise a second supervisor would silently get a part of the connections.
     */
    if (share_port(fds[0]) || getsockname(fds[0], (struct sockaddr *)&same.name, &same.name_bytes))
        return -1;
    for (size_t i = 1; i < count; i++) {
        fds[i] = bind_tcp(&same, true);
        if (fds[i] < 0)
            return -1;
    }

    return 0;
}

/* Opens other descriptors of @fds[0]. Returns 0, or -1 with errno set. */
static int duplicate(int *fds, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        fds[i] = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
        if (fds[i] < 0)
            return -1;
    }

    return 0;
}

/* Says whether @address is a stale socket, on which nobody listens. */
static bool is_stale(int fd, const struct listen_address *address)
{
    struct stat file;

    return !lstat(listen_address_path(address), &file) && S_ISSOCK(file.st_mode) &&
           connect(fd, (const struct sockaddr *)&address->name, address->name_bytes) &&
           errno == ECONNREFUSED;
}

/* Returns a bound socket, or -1 with errno set. */
static int bind_unix(const struct listen_address *address, const struct sockets_access *access)
{
    const char *path = listen_address_path(address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t mask = umask(~access->mode & 0777);
    int failure = fd < 0 ? errno : 0;

    if (!failure && bind_to(fd, address)) {
        failure = errno;
        if (failure == EADDRINUSE && is_stale(fd, address) && !unlink(path))
            failure = bind_to(fd, address) ? errno : 0;
    }
    umask(mask);
    /* lchown(): whoever can write to the directory may have replaced it by a link */
    if (!failure && (access->user != (uid_t)-1 || access->group != (gid_t)-1) &&
        lchown(path, access->user, access->group)) {
        failure = errno;
        unlink(path);
    }
    if (failure && fd >= 0)
        close(fd);
    errno = failure;

    return failure ? -1 : fd;
}

static int fail(const char *text)
{
    log_say(LLL_ERR, "cannot listen on %s: %s", text, strerror(errno));

    return -1;
}

int sockets_bind(const struct listen_address *address, const struct sockets_access *access,
                 int *fds, size_t count)
{
    bool is_unix = listen_address_path(address) != NULL;

    for (size_t i = 0; i < count; i++)
        fds[i] = -1;
    fds[0] = is_unix ? bind_unix(address, access) : bind_first_tcp(address);
    if (fds[0] < 0)
        return fail(address->text);
    if (count == 1 || !(is_unix ? duplicate(fds, count) : bind_others(fds, count)))
        return 0;

    fail(address->text);
    if (is_unix)
        unlink(listen_address_path(address));
    sockets_close(fds, count);

    return -1;
}

int sockets_inherit(int *fds, size_t count)
{
    const int on = 1;

    fcntl(fds[0], F_SETFL, fcntl(fds[0], F_GETFL) | O_NONBLOCK);
    setsockopt(fds[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* a unix socket has no such */
    for (size_t i = 1; i < count; i++)
        fds[i] = -1;
    if (!duplicate(fds, count))
        return 0;

    fail("the socket that was handed over");
    sockets_close(fds + 1, count - 1);

    return -1;
}

int sockets_listen(const int *fds, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (listen(fds[i], SOMAXCONN))
            return fail(text);

    return 0;
}

void sockets_close(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
        fds[i] = -1;
    }
}

void sockets_url(int fd, const char *scheme, char *out, size_t size)
{
    struct listen_address address = {.name_bytes = sizeof(address.name)};
    char host[INET6_ADDRSTRLEN] = "";
    char port[8] = "";

    if (getsockname(fd, (struct sockaddr *)&address.name, &address.name_bytes))
        address.name_bytes = 0;
    if (listen_address_path(&address)) {
        snprintf(out, size, LISTEN_ADDRESS_UNIX_PREFIX "%s", listen_address_path(&address));
        return;
    }
    getnameinfo((const struct sockaddr *)&address.name, address.name_bytes, host, sizeof(host),
                port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
    if (!strcmp(host, "::") || !strcmp(host, "0.0.0.0"))
        snprintf(out, size, "%s://localhost:%s/", scheme, port);
    else
        snprintf(out, size, strchr(host, ':') ? "%s://[%s]:%s/" : "%s://%s:%s/", scheme, host,
                 port);
}
