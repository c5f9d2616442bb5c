#define _GNU_SOURCE /* memmem() */

#include "connection.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "clock.h"
#include "load.h"

/*
 * How many connections share a source address. An address has 28000 ports by default; beyond half
 * of them the kernel searches so long for a free one that connections come one by one, and the
 * server's handshakes cost three times as much.
 */
#define CONNECTIONS_A_SOURCE 10000

/* Says what is wrong with a connection. Returns -1. */
__attribute__((format(printf, 2, 3))) static int fail(const struct connection *connection,
                                                      const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fprintf(stderr, "echo-load: connection %u: %s\n", connection->index, text);

    return -1;
}

static unsigned choose_source(const struct load *load, const struct connection *connection)
{
    if (load->mode->spreads_sources)
        return (unsigned)load->begun_connections;

    return connection->index / CONNECTIONS_A_SOURCE;
}

int connection_begin(struct load *load, struct connection *connection)
{
    /* edge-triggered: registered once for everything, and each event is reported once */
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = connection,
    };
    uint64_t *stamps = connection->stamps;

    *connection = (struct connection){
        .index = connection->index,
        .state = CONNECTION_CONNECTING,
        .stamps = stamps,
        .begun_ns = clock_ns(),
    };
    load->begun_connections++;
    receiver_init(&connection->receiver, &load->rules);
    if (transport_connect(&connection->transport, load->arguments,
                          choose_source(load, connection)) ||
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->transport.fd, &event))
        return fail(connection, "cannot connect to %s: %s", load->arguments->target,
                    transport_error());
    load->opening++;

    return 0;
}

void connection_drop(struct connection *connection)
{
    receiver_fini(&connection->receiver);
    transport_close(&connection->transport);
    free(connection->head);
    connection->head = NULL;
    connection->state = CONNECTION_NONE;
}

/* Sends the pending Pong or Close. Returns 1 when it is out, 0 when blocked, or -1. */
static int send_control(struct connection *connection)
{
    ssize_t sent =
        transport_send(&connection->transport, connection->control + connection->control_sent,
                       connection->control_bytes - connection->control_sent);

    if (sent == TRANSPORT_FAILED)
        return fail(connection, "cannot send: %s", transport_error());
    connection->control_begun = true;
    if (sent > 0)
        connection->control_sent += (size_t)sent;
    if (connection->control_sent < connection->control_bytes)
        return 0;
    connection->control_bytes = connection->control_sent = 0;
    connection->control_begun = false;

    return 1;
}

/* Sends the next frames. Returns 1 when the socket took them, 0 when blocked, or -1. */
static int send_frames(struct load *load, struct connection *connection)
{
    struct frames *frames = &load->frames;
    size_t frame_bytes = frames->frame.size;
    uint64_t waiting = connection->released - connection->sent;
    size_t count = waiting < frames->train_frames ? (size_t)waiting : frames->train_frames;
    const uint8_t *train;
    size_t bytes;
    ssize_t sent;

    if (connection->control_bytes)
        count = 1; /* finish the frame that is half sent; the control frame is next */
    if (connection->retried)
        count = connection->retried;
    train = frames_train(frames, connection->sent, count);
    bytes = count * frame_bytes - connection->frame_sent;
    sent = transport_send(&connection->transport, train + connection->frame_sent, bytes);
    if (sent == TRANSPORT_FAILED)
        return fail(connection, "cannot send: %s", transport_error());
    connection->retried = sent < 0 && connection->transport.ssl ? count : 0;
    if (sent == (ssize_t)bytes) {
        connection->sent += count;
        connection->frame_sent = 0;
        return 1;
    }
    if (sent > 0) {
        size_t total = connection->frame_sent + (size_t)sent;

        connection->sent += total / frame_bytes;
        connection->frame_sent = total % frame_bytes;
    }

    /* over TLS only what blocks is reported when it no longer does */
    return sent > 0 && connection->transport.ssl ? 1 : 0;
}

/* Sends what may be sent, as far as the socket takes it. Returns 0 or -1. */
static int flush(struct load *load, struct connection *connection)
{
    int more = 1;

    while (more > 0 && (connection->control_bytes || connection->sent < connection->released)) {
        bool between_frames = !connection->frame_sent && !connection->retried;

        more = connection->control_bytes && (between_frames || connection->control_begun)
                   ? send_control(connection)
                   : send_frames(load, connection);
    }

    return more < 0 ? -1 : 0;
}

int connection_release(struct load *load, struct connection *connection, uint64_t count,
                       uint64_t now_ns)
{
    for (uint64_t i = 0; i < count; i++)
        connection->stamps[(connection->released + i) & load->stamp_mask] = now_ns;
    connection->released += count;
    connection->receiver.begun = connection->released;

    return flush(load, connection);
}

int connection_close(struct load *load, struct connection *connection)
{
    static const uint8_t normal[] = {0x03, 0xe8}; /* 1000 (RFC 6455 section 7.4.1) */

    connection->state = CONNECTION_CLOSING;
    connection->control_bytes =
        frames_control(&load->frames, FRAME_CLOSE, normal, sizeof(normal), connection->control);

    return flush(load, connection);
}

/* Answers a Ping; this answer replaces one that is still waiting (section 5.5.3). */
static int answer_ping(struct load *load, struct connection *connection)
{
    const struct receiver *receiver = &connection->receiver;

    connection->pings++;
    if (connection->state == CONNECTION_CLOSING || connection->control_begun)
        return 0;
    connection->control_bytes = frames_control(&load->frames, FRAME_PONG, receiver->control,
                                               receiver->control_bytes, connection->control);

    return flush(load, connection);
}

/* Answers the server's Close with the same (section 5.5.1). */
static int answer_close(struct load *load, struct connection *connection)
{
    const struct receiver *receiver = &connection->receiver;

    connection->state = CONNECTION_CLOSING;
    connection->closed = true;
    connection->control_bytes = frames_control(&load->frames, FRAME_CLOSE, receiver->control,
                                               receiver->control_bytes, connection->control);

    return flush(load, connection);
}

/* The server's Close: correct as an answer to ours, or when "closed CODE" expects it. */
static int take_close(struct load *load, struct connection *connection)
{
    const struct receiver *receiver = &connection->receiver;
    unsigned code = receiver->control_bytes < 2
                        ? 0
                        : (unsigned)receiver->control[0] << 8 | receiver->control[1];

    if (connection->state == CONNECTION_CLOSING && !connection->closed) {
        connection->closed = true;
        return 0;
    }
    if (connection->state == CONNECTION_OPEN && code && code == load->farewell)
        return answer_close(load, connection);

    return fail(connection, "message %llu: the server closed with code %u: \"%.*s\"",
                (unsigned long long)receiver->received, code,
                receiver->control_bytes < 2 ? 0 : receiver->control_bytes - 2,
                (const char *)receiver->control + 2);
}

/* Handles input on an open connection. */
static int take(struct load *load, struct connection *connection, const uint8_t *data, size_t bytes)
{
    while (bytes) {
        int result = 0;

        switch (receiver_take(&connection->receiver, &data, &bytes)) {
        case RECEIVER_PING:
            result = answer_ping(load, connection);
            break;
        case RECEIVER_CLOSE:
            result = take_close(load, connection);
            break;
        case RECEIVER_FAULT:
            return fail(connection, "%s", connection->receiver.fault);
        case RECEIVER_DONE:
            break;
        }
        if (result)
            return -1;
    }

    return 0;
}

static int be_open(struct load *load, struct connection *connection)
{
    connection->state = CONNECTION_OPEN;
    load->opening--;
    load->open++;

    return load->mode->opened(load, connection);
}

/* Checks the whole head of the answer, and deals with what came after it. */
static int end_upgrade(struct load *load, struct connection *connection, const char *data,
                       size_t bytes, size_t head_bytes)
{
    struct handshake_answer answer;

    if (handshake_check(&load->handshake, data, head_bytes, &answer))
        return fail(connection, "opening handshake: %s", answer.fault);
    connection->receiver.may_compress = load->arguments->compress;
    connection->receiver.keeps_context = answer.keeps_context;
    connection->receiver.window_bits = answer.window_bits;
    if (be_open(load, connection))
        return -1;

    return take(load, connection, (const uint8_t *)data + head_bytes, bytes - head_bytes);
}

/* Takes a piece of the answer, usually all of it. */
static int take_upgrade(struct load *load, struct connection *connection, const uint8_t *data,
                        size_t bytes)
{
    const char *text = (const char *)data;
    const char *end;
    char *head;
    int result;

    if (connection->head_bytes + bytes > HANDSHAKE_ANSWER_MAX)
        return fail(connection, "opening handshake: the answer is longer than %d bytes",
                    HANDSHAKE_ANSWER_MAX);
    if (!connection->head) {
        end = memmem(text, bytes, "\r\n\r\n", 4);
        if (end)
            return end_upgrade(load, connection, text, bytes, (size_t)(end - text) + 4);
        connection->head = malloc(HANDSHAKE_ANSWER_MAX);
        if (!connection->head)
            return fail(connection, "no memory");
    }
    memcpy(connection->head + connection->head_bytes, data, bytes);
    connection->head_bytes += bytes;
    end = memmem(connection->head, connection->head_bytes, "\r\n\r\n", 4);
    if (!end)
        return 0;

    head = connection->head;
    connection->head = NULL;
    result = end_upgrade(load, connection, head, connection->head_bytes, (size_t)(end - head) + 4);
    free(head);

    return result;
}

/* Gets as far towards an open connection as it can without waiting for the server. */
static int advance(struct load *load, struct connection *connection, uint32_t events)
{
    struct transport *transport = &connection->transport;
    const struct handshake *handshake = &load->handshake;
    int result = 0;

    if (connection->state == CONNECTION_CONNECTING) {
        result = transport_connected(transport, events);
        if (!result)
            connection->state = load->tls ? CONNECTION_SECURING : CONNECTION_UPGRADING;
    }
    if (!result && connection->state == CONNECTION_SECURING) {
        result = transport_secure(transport, load->tls);
        if (!result)
            connection->state = CONNECTION_UPGRADING;
    }
    if (result == TRANSPORT_BLOCKED)
        return 0;
    if (result == TRANSPORT_FAILED)
        return fail(connection, "cannot connect to %s: %s", load->arguments->target,
                    transport_error());
    if (load->arguments->raw)
        return be_open(load, connection);
    /* a request is small enough for a new connection to take at once */
    if (transport_send(transport, handshake->request, handshake->request_bytes) !=
        (ssize_t)handshake->request_bytes)
        return fail(connection, "cannot send the opening handshake: %s", transport_error());

    return 0;
}

/* The server has ended the connection. */
static int end(struct load *load, struct connection *connection)
{
    if (connection->state == CONNECTION_CLOSING && connection->closed)
        return load->mode->ended(load, connection);
    if (connection->state < CONNECTION_OPEN)
        return fail(connection, "the server ended the connection during the opening handshake");

    return fail(connection, "message %llu: the server ended the connection after %zu bytes of it",
                (unsigned long long)connection->receiver.received, connection->receiver.place);
}

/* Says whether the server ended the connection while bytes of ours were on the way to it, which
 * TCP reports as an error. */
static bool is_reset_after_close(const struct connection *connection)
{
    return connection->state == CONNECTION_CLOSING && connection->closed && errno == ECONNRESET;
}

/* Receives what is available; if the connection is @ending, up to its end. Returns 0 or -1. */
static int receive(struct load *load, struct connection *connection, bool ending)
{
    struct transport *transport = &connection->transport;

    do {
        ssize_t got = transport_receive(transport, load->input, LOAD_INPUT_BYTES);
        int result;

        if (got == TRANSPORT_BLOCKED)
            return 0;
        if (!got || (got == TRANSPORT_FAILED && is_reset_after_close(connection)))
            return end(load, connection);
        if (got == TRANSPORT_FAILED)
            return fail(connection, "message %llu: cannot receive: %s",
                        (unsigned long long)connection->receiver.received, transport_error());
        load->heard = true;
        result = connection->state == CONNECTION_UPGRADING
                     ? take_upgrade(load, connection, load->input, (size_t)got)
                     : take(load, connection, load->input, (size_t)got);
        if (result)
            return -1;
    } while (ending || !transport->exhausted);

    return 0;
}

int connection_event(struct load *load, struct connection *connection, uint32_t events)
{
    const uint32_t end_events = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    uint64_t before;

    if (connection->state < CONNECTION_UPGRADING && advance(load, connection, events))
        return -1;
    if (connection->state < CONNECTION_UPGRADING)
        return 0;

    before = connection->receiver.received;
    if (events & (EPOLLIN | end_events) && receive(load, connection, events & end_events))
        return -1;
    /* fewer: another connection has begun in its place */
    if (connection->receiver.received > before &&
        load->mode->came(load, connection, connection->receiver.received - before))
        return -1;

    return events & EPOLLOUT ? flush(load, connection) : 0;
}
