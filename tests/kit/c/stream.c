#include "stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "clock.h"
#include "runner.h"
#include "server.h"

/* The byte at @place; it differs between neighbours, pages and megabytes. */
static uint8_t pattern(uint64_t place)
{
    return (uint8_t)(place * 31 + (place >> 8) * 7 + (place >> 16) * 13 + (place >> 24));
}

void stream_init(struct stream *stream, struct client *client, size_t message_bytes,
                 size_t messages)
{
    memset(stream, 0, sizeof(*stream));
    stream->client = client;
    stream->message_bytes = message_bytes;
    stream->messages = messages;
    fcntl(client->fd, F_SETFL, fcntl(client->fd, F_GETFL) | O_NONBLOCK);
}

static uint64_t total(const struct stream *stream)
{
    return (uint64_t)stream->message_bytes * stream->messages;
}

/* Fills the output buffer up to payload byte @limit. */
static void compose(struct stream *stream, uint64_t limit)
{
    stream->out_used = stream->out_bytes = 0;
    if (stream->pong_owed && !stream->place)
        stream->out_bytes =
            compose_frame(stream->out, FIN | OPCODE_PONG, stream->ping, stream->ping_bytes);
    stream->pong_owed = stream->pong_owed && stream->place;
    while (stream->composed < limit && stream->out_bytes < sizeof(stream->out) - 14) {
        if (!stream->place)
            stream->out_bytes += compose_header(stream->out + stream->out_bytes,
                                                FIN | OPCODE_BINARY, stream->message_bytes);
        while (stream->place < stream->message_bytes && stream->composed < limit &&
               stream->out_bytes < sizeof(stream->out))
            stream->out[stream->out_bytes++] =
                (uint8_t)(pattern(stream->composed++) ^ mask_key(stream->place++));
        if (stream->place == stream->message_bytes)
            stream->place = 0;
    }
}

/* Both return the bytes moved, 0 if blocked, -1 at the end. */
static ssize_t move_out(struct client *client, const uint8_t *data, size_t bytes)
{
    ssize_t moved;

    if (!client->ssl) {
        moved = send(client->fd, data, bytes, MSG_NOSIGNAL);
        return moved < 0 && errno == EAGAIN ? 0 : moved;
    }
    moved = SSL_write(client->ssl, data, (int)bytes);
    if (moved > 0)
        return moved;

    return SSL_get_error(client->ssl, (int)moved) == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static ssize_t move_in(struct client *client, uint8_t *data, size_t bytes)
{
    ssize_t moved;

    if (!client->ssl) {
        moved = recv(client->fd, data, bytes, 0);
        return moved < 0 && errno == EAGAIN ? 0 : moved ? moved : -1;
    }
    moved = SSL_read(client->ssl, data, (int)bytes);
    if (moved > 0)
        return moved;

    return SSL_get_error(client->ssl, (int)moved) == SSL_ERROR_WANT_READ ? 0 : -1;
}

static bool send_some(struct stream *stream, uint64_t limit)
{
    ssize_t moved;

    if (stream->out_used == stream->out_bytes)
        compose(stream, limit);
    if (stream->out_used == stream->out_bytes)
        return true;
    moved = move_out(stream->client, stream->out + stream->out_used,
                     stream->out_bytes - stream->out_used);
    if (moved < 0)
        stream->fault = "the connection ended while sending";
    else
        stream->out_used += (size_t)moved;

    return moved >= 0;
}

static void take_header(struct stream *stream)
{
    unsigned opcode = stream->header[0] & 0x0f;
    bool fin = stream->header[0] & FIN;
    unsigned extended = stream->header[1] == 126 ? 2 : stream->header[1] == 127 ? 8 : 0;

    if (stream->header_bytes < 2 || stream->header_bytes < 2 + extended)
        return;

    stream->frame_left = extended ? 0 : stream->header[1];
    for (unsigned i = 0; i < extended; i++)
        stream->frame_left = stream->frame_left << 8 | stream->header[2 + i];
    stream->header_bytes = 0;
    if (opcode == OPCODE_CLOSE) {
        stream->close_received = true;
        return;
    }
    if (opcode == OPCODE_PING && stream->frame_left <= sizeof(stream->ping)) {
        stream->inside_ping = true;
        stream->ping_bytes = 0;
        return;
    }
    if (opcode != (stream->inside_message ? OPCODE_CONTINUATION : OPCODE_BINARY))
        stream->fault = "an opcode out of order";
    stream->inside_message = !fin;
    if (fin) {
        stream->received_messages++;
        if (stream->received + stream->frame_left !=
            (uint64_t)stream->message_bytes * stream->received_messages)
            stream->fault = "a message with another length";
    }
}

static void take(struct stream *stream, const uint8_t *data, size_t bytes)
{
    while (bytes && !stream->fault && !stream->close_received) {
        if (!stream->frame_left) {
            stream->header[stream->header_bytes++] = *data++;
            bytes--;
            take_header(stream);
            continue;
        }
        if (stream->inside_ping) {
            stream->ping[stream->ping_bytes++] = *data++;
            bytes--;
            stream->inside_ping = --stream->frame_left;
            stream->pong_owed = !stream->inside_ping;
            continue;
        }
        for (; bytes && stream->frame_left; bytes--, stream->frame_left--)
            if (*data++ != pattern(stream->received++))
                stream->fault = "a byte was altered";
    }
}

static bool receive_some(struct stream *stream)
{
    static uint8_t data[262144];
    ssize_t moved = move_in(stream->client, data, sizeof(data));

    if (moved < 0)
        stream->fault = "the connection ended while reading";
    else
        take(stream, data, (size_t)moved);

    return !stream->fault;
}

static bool wait_for(const struct stream *stream, short events, int patience_ms)
{
    struct pollfd ready = {.fd = stream->client->fd, .events = events};

    return (stream->client->ssl && SSL_pending(stream->client->ssl) && events & POLLIN) ||
           poll(&ready, 1, patience_ms) > 0;
}

/* Opens another connection to the same server. */
static bool open_witness(const struct stream *stream, struct client *witness)
{
    struct sockaddr_in server = {.sin_port = 0};
    socklen_t size = sizeof(server);

    if (getpeername(stream->client->fd, (struct sockaddr *)&server, &size))
        return false;

    return stream->client->ssl ? client_open_tls(witness, ntohs(server.sin_port))
                               : client_open(witness, ntohs(server.sin_port));
}

/* Still no room after @witness has had several turns: the server does not read. */
void stream_push(struct stream *stream)
{
    struct client witness = {.fd = -1};

    while (!stream->fault &&
           (stream->composed < total(stream) || stream->out_used < stream->out_bytes)) {
        if (wait_for(stream, POLLOUT, 0)) {
            send_some(stream, total(stream));
            continue;
        }
        if (witness.fd < 0 && !open_witness(stream, &witness))
            break;
        wait_turns(&witness);
        if (!wait_for(stream, POLLOUT, 0))
            break;
    }
    if (witness.fd >= 0)
        client_close(&witness);
}

bool stream_exchange(struct stream *stream, uint64_t payload_bytes)
{
    uint64_t limit = payload_bytes < total(stream) ? payload_bytes : total(stream);

    while (stream->received < limit) {
        bool sending =
            stream->composed < limit || stream->out_used < stream->out_bytes || stream->pong_owed;

        if (!wait_for(stream, (short)(POLLIN | (sending ? POLLOUT : 0)), clock_patience_ms())) {
            stream->fault = "the server hangs";
            return false;
        }
        if (!receive_some(stream) || (sending && !send_some(stream, limit)))
            return false;
    }

    return true;
}

bool stream_read_to_close(struct stream *stream)
{
    while (!stream->close_received) {
        if (!wait_for(stream, POLLIN, clock_patience_ms())) {
            stream->fault = "the server hangs";
            return false;
        }
        if (!receive_some(stream))
            return false;
    }

    return true;
}

#define MIB ((uint64_t)1 << 20)

static bool open_client(struct client *client, const struct server *server, bool tls)
{
    return tls ? client_open_tls(client, server->port) : client_open(client, server->port);
}

static void check_exchange(struct stream *stream, uint64_t payload_bytes, const char *row)
{
    bool whole = stream_exchange(stream, payload_bytes);

    CHECK_ROW(whole, row);
    if (!whole)
        printf("    %s: %s\n", row, stream->fault);
}

void check_large_message(const char *members, bool tls, size_t bytes)
{
    struct stream stream;
    struct server server;
    struct client client;
    uint64_t before;

    if (!server_start(&server, members))
        return;
    if (open_client(&client, &server, tls)) {
        /* warms up allocator and buffers */
        stream_init(&stream, &client, 4 * MIB, 1);
        check_exchange(&stream, UINT64_MAX, "warm up");

        before = server_memory(&server, "VmRSS");
        server_reset_peak(&server);
        stream_init(&stream, &client, bytes, 1);
        check_exchange(&stream, bytes - 1, "all but the last byte");
        check_exchange(&stream, UINT64_MAX, "the last byte");
        CU_ASSERT_TRUE(server_memory(&server, "VmHWM") < before + 4 * MIB);
        client_close(&client);
    }
    server_stop(&server);
}

static void check_slow_reader(const struct slow_reader *row, bool tls)
{
    struct stream stream;
    struct server server;
    struct client client;
    uint64_t before;

    if (!server_start(&server, row->members))
        return;
    if (open_client(&client, &server, tls)) {
        before = server_memory(&server, "VmRSS");
        stream_init(&stream, &client, row->message_bytes, row->messages);
        stream_push(&stream);
        CHECK_ROW(stream.composed < total(&stream), row->name);
        CHECK_ROW(server_memory(&server, "VmHWM") < before + 12 * MIB, row->name);
        check_exchange(&stream, UINT64_MAX, row->name);
        CHECK_ROW(stream.received_messages == row->messages, row->name);
        client_close(&client);
    }
    server_stop(&server);
}

void check_slow_readers(const struct slow_reader *rows, size_t count, bool tls)
{
    for (size_t i = 0; i < count; i++)
        check_slow_reader(&rows[i], tls);
}
