#define _GNU_SOURCE /* SOCK_NONBLOCK, IP_BIND_ADDRESS_NO_PORT */

#include "transport.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

/* Sources are 127.0.0.2 to 127.0.0.254. */
#define SOURCES 253

/* What OpenSSL reads from a socket at once: a few records. */
#define TLS_READ_BYTES 65536

/* The measured servers make their own certificates: there is nothing to verify and no secret. */
static int trust_anybody(X509_STORE_CTX *certificates, void *argument)
{
    (void)certificates;
    (void)argument;

    return 1;
}

SSL_CTX *transport_tls(void)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

    if (!tls)
        return NULL;
    /* without this the chain is still verified, and the result ignored */
    SSL_CTX_set_cert_verify_callback(tls, trust_anybody, NULL);
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(tls, 1);
    SSL_CTX_set_default_read_buffer_len(tls, TLS_READ_BYTES);
    /* an end without close_notify is no error: the WebSocket Close marks the proper end */
    SSL_CTX_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF);

    return tls;
}

static bool is_loopback(const struct arguments *arguments)
{
    const struct sockaddr_in *name = (const struct sockaddr_in *)&arguments->address;

    return name->sin_family == AF_INET &&
           ntohl(name->sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

/* Returns 0, or -1 with errno set. */
static int bind_source(int fd, unsigned source)
{
    const int on = 1;
    struct sockaddr_in name = {.sin_family = AF_INET};

    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (source - 1) % SOURCES);
    /* the port is chosen when connecting: it must be free only for that pair of addresses */
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)))
        return -1;

    return bind(fd, (struct sockaddr *)&name, sizeof(name));
}

int transport_connect(struct transport *transport, const struct arguments *arguments,
                      unsigned source)
{
    const struct sockaddr *name = (const struct sockaddr *)&arguments->address;
    const int on = 1;
    int fd = socket(name->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    *transport = (struct transport){.fd = fd};
    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
        return TRANSPORT_FAILED;
    /* the simplest one: pacing, where it is the default, costs CPU time and is useless here */
    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", strlen("reno"));
    if (source && is_loopback(arguments) && bind_source(fd, source))
        return TRANSPORT_FAILED;

    return connect(fd, name, arguments->address_bytes) && errno != EINPROGRESS ? TRANSPORT_FAILED
                                                                               : 0;
}

int transport_connected(struct transport *transport, uint32_t events)
{
    socklen_t bytes = sizeof(int);
    int failure = 0;

    if (!(events & (EPOLLERR | EPOLLHUP)))
        return events & EPOLLOUT ? 0 : TRANSPORT_BLOCKED;
    if (!getsockopt(transport->fd, SOL_SOCKET, SO_ERROR, &failure, &bytes))
        errno = failure;

    return TRANSPORT_FAILED;
}

/* Notes whether a read emptied the socket, which saves a read that would only find it empty. */
static long watch_reads(BIO *bio, int operation, const char *data, size_t room, int argument,
                        long number, int result, size_t *bytes)
{
    struct transport *transport = (struct transport *)BIO_get_callback_arg(bio);

    (void)data;
    (void)argument;
    (void)number;
    if (operation == (BIO_CB_READ | BIO_CB_RETURN))
        transport->short_read = result <= 0 || *bytes < room;

    return result;
}

static int tls_result(const struct transport *transport, int result)
{
    switch (SSL_get_error(transport->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return TRANSPORT_BLOCKED;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        return TRANSPORT_FAILED;
    }
}

int transport_secure(struct transport *transport, SSL_CTX *tls)
{
    int result;

    if (!transport->ssl) {
        transport->ssl = SSL_new(tls);
        if (!transport->ssl || !SSL_set_fd(transport->ssl, transport->fd))
            return TRANSPORT_FAILED;
        BIO_set_callback_ex(SSL_get_rbio(transport->ssl), watch_reads);
        BIO_set_callback_arg(SSL_get_rbio(transport->ssl), (char *)transport);
        SSL_set_connect_state(transport->ssl);
    }
    ERR_clear_error();
    result = SSL_do_handshake(transport->ssl);
    if (result == 1)
        return 0;

    return tls_result(transport, result) == TRANSPORT_BLOCKED ? TRANSPORT_BLOCKED
                                                              : TRANSPORT_FAILED;
}

ssize_t transport_send(struct transport *transport, const void *data, size_t bytes)
{
    ssize_t sent;

    if (transport->ssl) {
        int result;

        ERR_clear_error();
        result = SSL_write(transport->ssl, data, bytes < INT_MAX ? (int)bytes : INT_MAX);
        return result > 0 ? result : tls_result(transport, result);
    }
    sent = send(transport->fd, data, bytes, MSG_NOSIGNAL);
    if (sent >= 0)
        return sent;

    return errno == EAGAIN || errno == EINTR ? TRANSPORT_BLOCKED : TRANSPORT_FAILED;
}

ssize_t transport_receive(struct transport *transport, void *buffer, size_t room)
{
    ssize_t got;

    if (transport->ssl) {
        int result;

        ERR_clear_error();
        result = SSL_read(transport->ssl, buffer, room < INT_MAX ? (int)room : INT_MAX);
        transport->exhausted = transport->short_read && !SSL_has_pending(transport->ssl);
        return result > 0 ? result : tls_result(transport, result);
    }
    got = recv(transport->fd, buffer, room, 0);
    transport->exhausted = got < (ssize_t)room;
    if (got >= 0)
        return got;

    return errno == EAGAIN || errno == EINTR ? TRANSPORT_BLOCKED : TRANSPORT_FAILED;
}

void transport_close(struct transport *transport)
{
    SSL_free(transport->ssl);
    if (transport->fd >= 0)
        close(transport->fd);
    *transport = (struct transport){.fd = -1};
}

const char *transport_error(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    return reason ? reason : errno ? strerror(errno) : "the server ended the connection";
}
