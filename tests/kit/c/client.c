#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

#include "clock.h"
#include "runner.h"

#define READ_BYTES ((size_t)1 << 17)

/* Small enough that unread data stays with the server, large enough to read it within seconds. */
#define NARROW_BYTES 16384

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static const uint8_t masking_key[4] = {0x37, 0xfa, 0x21, 0x3d};

uint8_t *random_bytes(uint32_t seed, size_t bytes)
{
    uint8_t *out = malloc(bytes + 1);

    for (size_t i = 0; i < bytes; i++) {
        seed = seed * 1664525u + 1013904223u;
        out[i] = (uint8_t)(seed >> 24);
    }

    return out;
}

static bool connect_with(struct client *client, uint16_t port, int receive_bytes)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int on = 1;
    bool connected;

    memset(client, 0, sizeof(*client));
    corpus_begin(&client->corpus);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_bytes)
        setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    connected = !connect(client->fd, (const struct sockaddr *)&name, sizeof(name));
    CU_ASSERT_TRUE(connected);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

    return connected;
}

bool can_connect(uint16_t port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failure;

    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    failure = connect(fd, (const struct sockaddr *)&name, sizeof(name));
    close(fd);

    return !failure;
}

bool client_connect(struct client *client, uint16_t port)
{
    return connect_with(client, port, 0);
}

bool client_connect_local(struct client *client, const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    bool connected;

    memset(client, 0, sizeof(*client));
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connected = !connect(client->fd, (const struct sockaddr *)&name, sizeof(name));
    CU_ASSERT_TRUE(connected);

    return connected;
}

/* Returns false, and fails the test, when it fails; @alpn and @session may be NULL. */
static bool connect_tls(struct client *client, uint16_t port, const char *alpn, int version,
                        SSL_SESSION *session)
{
    SSL_CTX *context;
    bool connected;

    if (!client_connect(client, port))
        return false;

    context = SSL_CTX_new(TLS_client_method());
    client->ssl = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set_fd(client->ssl, client->fd);
    SSL_set_mode(client->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_max_proto_version(client->ssl, version);
    if (alpn)
        SSL_set_alpn_protos(client->ssl, (const unsigned char *)alpn, (unsigned)strlen(alpn));
    if (session) {
        session = SSL_SESSION_dup(session);
        SSL_set_session(client->ssl, session);
        SSL_SESSION_free(session);
    }
    connected = SSL_connect(client->ssl) == 1;
    CU_ASSERT_TRUE(connected);

    return connected;
}

bool client_connect_tls(struct client *client, uint16_t port, const char *alpn)
{
    return connect_tls(client, port, alpn, TLS1_3_VERSION, NULL);
}

SSL_SESSION *client_session(const struct client *client)
{
    return SSL_SESSION_dup(SSL_get0_session(client->ssl));
}

bool client_resume_tls(struct client *client, uint16_t port, int version, SSL_SESSION *session)
{
    return connect_tls(client, port, NULL, version, session);
}

static void expected_accept(char out[64])
{
    unsigned char hash[SHA_DIGEST_LENGTH];

    SHA1((const unsigned char *)KEY GUID, strlen(KEY GUID), hash);
    EVP_EncodeBlock((unsigned char *)out, hash, sizeof(hash));
}

bool client_offer(struct client *client, const char *path, const char *headers, char *response,
                  size_t size)
{
    char request[2048];

    snprintf(request, sizeof(request),
             "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY "\r\n"
             "Sec-WebSocket-Version: 13\r\n%s\r\n",
             path, headers);
    client_request(client, request, response, size);
    client->may_compress = strcasestr(response, "sec-websocket-extensions: permessage-deflate");
    if (strncmp(response, "HTTP/1.1 101 ", 13) != 0)
        return false;
    corpus_upgrade(&client->corpus);

    return true;
}

bool client_upgrade(struct client *client, const char *path)
{
    char response[2048];
    char accept[64];
    bool accepted;

    expected_accept(accept);
    accepted =
        client_offer(client, path, "", response, sizeof(response)) && strstr(response, accept);
    CU_ASSERT_TRUE(accepted);

    return accepted;
}

static bool upgrade_with(struct client *client, const char *headers)
{
    char response[2048];
    bool accepted = client_offer(client, "/ws", headers, response, sizeof(response));

    CU_ASSERT_TRUE(accepted);

    return accepted;
}

bool client_open_with(struct client *client, uint16_t port, const char *headers)
{
    return client_connect(client, port) && upgrade_with(client, headers);
}

bool client_open(struct client *client, uint16_t port)
{
    return client_connect(client, port) && client_upgrade(client, "/ws");
}

bool client_open_narrow(struct client *client, uint16_t port, const char *headers)
{
    return connect_with(client, port, NARROW_BYTES) && upgrade_with(client, headers);
}

bool client_open_tls(struct client *client, uint16_t port)
{
    return client_connect_tls(client, port, NULL) && client_upgrade(client, "/ws");
}

void client_close(struct client *client)
{
    corpus_end(&client->corpus, client->may_compress);
    SSL_free(client->ssl);
    close(client->fd);
    free(client->input);
    memset(client, 0, sizeof(*client));
    client->fd = -1;
}

bool client_send(struct client *client, const void *data, size_t bytes)
{
    const uint8_t *p = data;

    while (bytes) {
        ssize_t sent = client->ssl ? SSL_write(client->ssl, p, (int)(bytes < 16384 ? bytes : 16384))
                                   : send(client->fd, p, bytes, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        corpus_add(&client->corpus, p, (size_t)sent);
        p += sent;
        bytes -= (size_t)sent;
    }

    return true;
}

bool client_send_reading(struct client *client, const void *data, size_t bytes)
{
    const uint8_t *p = data;

    while (bytes) {
        struct pollfd ready = {.fd = client->fd, .events = POLLIN | POLLOUT};
        ssize_t sent = 0;

        if (poll(&ready, 1, clock_patience_ms()) <= 0)
            return false;
        if (ready.revents & POLLOUT)
            sent = send(client->fd, p, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            return false;
        if (sent > 0) {
            p += sent;
            bytes -= (size_t)sent;
        }
        if (ready.revents & POLLIN && client_receive(client) != READ_OK)
            return false;
    }

    return true;
}

uint8_t mask_key(uint64_t i)
{
    return masking_key[i & 3];
}

size_t compose_header(uint8_t *out, unsigned first, uint64_t bytes)
{
    size_t used = 0;
    unsigned extended = bytes < 126 ? 0 : bytes <= 65535 ? 2 : 8;

    out[used++] = (uint8_t)first;
    out[used++] = (uint8_t)(0x80 | (!extended ? bytes : extended == 2 ? 126 : 127));
    while (extended--)
        out[used++] = (uint8_t)(bytes >> (8 * extended));
    memcpy(out + used, masking_key, sizeof(masking_key));

    return used + sizeof(masking_key);
}

size_t compose_frame(uint8_t *out, unsigned first, const void *payload, size_t bytes)
{
    size_t used = compose_header(out, first, bytes);

    for (size_t i = 0; i < bytes; i++)
        out[used++] = (uint8_t)(((const uint8_t *)payload)[i] ^ mask_key(i));

    return used;
}

bool client_wait_taken(struct client *client)
{
    int64_t deadline_ms = clock_deadline_ms();
    int waiting = 1;

    do
        if (ioctl(client->fd, SIOCOUTQ, &waiting))
            return false;
    while (waiting && clock_tick(deadline_ms));

    return !waiting;
}

bool client_send_frame(struct client *client, unsigned first, const void *payload, size_t bytes)
{
    uint8_t *out = malloc(bytes + 14);
    bool sent = client_send(client, out, compose_frame(out, first, payload, bytes));

    free(out);

    return sent;
}

enum read_result client_receive(struct client *client)
{
    ssize_t got;

    if (client->input_room - client->input_bytes < READ_BYTES) {
        client->input_room = 2 * client->input_room + READ_BYTES;
        client->input = realloc(client->input, client->input_room);
    }
    if (!client->ssl || !SSL_pending(client->ssl)) {
        struct pollfd readable = {.fd = client->fd, .events = POLLIN};

        if (poll(&readable, 1, clock_patience_ms()) <= 0)
            return READ_TIMEOUT;
    }
    got = client->ssl ? SSL_read(client->ssl, client->input + client->input_bytes, READ_BYTES)
                      : recv(client->fd, client->input + client->input_bytes, READ_BYTES, 0);
    if (got <= 0)
        return READ_END;
    client->input_bytes += (size_t)got;

    return READ_OK;
}

void check_end(struct client *client)
{
    enum read_result result;

    while ((result = client_receive(client)) == READ_OK)
        ;
    CU_ASSERT_EQUAL(result, READ_END);
}

static void take_input(struct client *client, size_t bytes)
{
    client->input_bytes -= bytes;
    memmove(client->input, client->input + bytes, client->input_bytes);
}

static enum read_result need_input(struct client *client, size_t bytes)
{
    while (client->input_bytes < bytes) {
        enum read_result result = client_receive(client);

        if (result != READ_OK)
            return result;
    }

    return READ_OK;
}

/* Returns the size of the whole response at the input's start, or 0 while it is not complete. */
static size_t response_bytes(const struct client *client)
{
    const char *input = (const char *)client->input;
    const char *end =
        client->input_bytes ? memmem(input, client->input_bytes, "\r\n\r\n", 4) : NULL;
    const char *length;
    size_t total;

    if (!end)
        return 0;
    total = (size_t)(end - input) + 4;
    length = memmem(input, total, "ontent-", 7);
    for (; length && strncasecmp(length, "ontent-length:", 14) != 0;
         length = memmem(length + 1, total - (size_t)(length + 1 - input), "ontent-", 7))
        ;
    if (length)
        total += strtoul(length + 14, NULL, 10);

    return total <= client->input_bytes ? total : 0;
}

bool client_request(struct client *client, const char *request, char *response, size_t size)
{
    size_t bytes;

    response[0] = '\0';
    if (!client_send(client, request, strlen(request)))
        return false;
    while (!(bytes = response_bytes(client)))
        if (client_receive(client) != READ_OK)
            return false;

    snprintf(response, size, "%.*s", (int)bytes, (const char *)client->input);
    take_input(client, bytes);

    return true;
}

enum read_result client_read_frame(struct client *client, struct received_frame *frame)
{
    static uint8_t *kept; /* the payload that the frame points to; freed by the next read */
    size_t header = 2;
    uint64_t bytes;
    enum read_result result = need_input(client, header);

    if (result != READ_OK)
        return result;
    bytes = client->input[1] & 0x7f;
    header += bytes == 126 ? 2 : bytes == 127 ? 8 : 0;
    result = need_input(client, header);
    if (result != READ_OK)
        return result;
    if (header > 2) {
        bytes = 0;
        for (size_t i = 2; i < header; i++)
            bytes = bytes << 8 | client->input[i];
    }
    result = need_input(client, header + bytes);
    if (result != READ_OK)
        return result;

    frame->fin = client->input[0] & 0x80;
    frame->rsv = client->input[0] & 0x70;
    frame->opcode = client->input[0] & 0x0f;
    frame->masked = client->input[1] & 0x80;
    frame->bytes = (size_t)bytes;
    free(kept);
    kept = malloc((size_t)bytes + 1);
    memcpy(kept, client->input + header, (size_t)bytes);
    frame->payload = kept;
    take_input(client, header + (size_t)bytes);

    /* RSV1 is for a compressed message's first frame; nothing uses RSV2 and RSV3 (RFC 7692 section
     * 6) */
    CU_ASSERT_EQUAL(frame->rsv & (client->may_compress && frame->opcode <= OPCODE_BINARY &&
                                          frame->opcode != OPCODE_CONTINUATION
                                      ? 0x30
                                      : 0x70),
                    0);
    CU_ASSERT_FALSE(frame->masked); /* a server does not mask (section 5.1) */

    return READ_OK;
}

enum read_result client_read_message(struct client *client, struct message *message)
{
    struct received_frame frame;
    enum read_result result;
    size_t room = 0;

    memset(message, 0, sizeof(*message));
    do {
        result = client_read_frame(client, &frame);
        if (result != READ_OK)
            return result;
        if (frame.opcode == OPCODE_CLOSE)
            return READ_END;
        if (frame.opcode & 8)
            continue;

        /* the first frame has the type, the others continue it (RFC 6455 section 5.4) */
        CU_ASSERT_EQUAL(frame.opcode == OPCODE_CONTINUATION, message->frames != 0);
        if (!message->frames++) {
            message->opcode = frame.opcode;
            message->compressed = frame.rsv != 0;
        }
        if (message->bytes + frame.bytes >= room) {
            room = 2 * (message->bytes + frame.bytes + 1);
            message->payload = realloc(message->payload, room);
        }
        memcpy(message->payload + message->bytes, frame.payload, frame.bytes);
        message->bytes += frame.bytes;
    } while (frame.opcode & 8 || !frame.fin);

    return READ_OK;
}

void message_free(struct message *message)
{
    free(message->payload);
}

void check_message(struct client *client, unsigned opcode, const void *payload, size_t bytes,
                   const char *row)
{
    struct message message;

    CHECK_ROW(client_read_message(client, &message) == READ_OK, row);
    CHECK_ROW(message.opcode == opcode, row);
    CHECK_ROW(message.bytes == bytes, row);
    CHECK_ROW(message.bytes == bytes &&
                  !memcmp(message.payload ? message.payload : payload, payload, bytes),
              row);
    message_free(&message);
}

void check_echo(struct client *client, unsigned opcode, const void *payload, size_t bytes,
                const char *row)
{
    CHECK_ROW(client_send_frame(client, FIN | opcode, payload, bytes), row);
    check_message(client, opcode, payload, bytes, row);
}

void wait_settled(struct client *client, struct client *witness)
{
    CU_ASSERT_TRUE(client_wait_taken(client));
    wait_turns(witness);
}

void wait_turns(struct client *witness)
{
    enum { TURNS = 4 };

    for (int turn = 0; turn < TURNS; turn++)
        check_echo(witness, OPCODE_TEXT, "turn", 4, "witness");
}

void check_close(struct client *client, const void *payload, size_t bytes, const char *row)
{
    struct received_frame frame;
    enum read_result result;

    do
        result = client_read_frame(client, &frame);
    while (result == READ_OK && frame.opcode != OPCODE_CLOSE);
    CHECK_ROW(result == READ_OK, row);
    if (result != READ_OK)
        return;

    CHECK_ROW(frame.fin, row);
    CHECK_ROW(frame.bytes == bytes, row);
    CHECK_ROW(frame.bytes == bytes && !memcmp(frame.payload, payload, bytes), row);
    CHECK_ROW(client_read_frame(client, &frame) == READ_END, row);
}

void check_close_code(struct client *client, unsigned code, const char *row)
{
    struct received_frame frame;
    enum read_result result = client_read_frame(client, &frame);

    CHECK_ROW(result == READ_OK, row);
    if (result != READ_OK)
        return;

    CHECK_ROW(frame.opcode == OPCODE_CLOSE, row);
    CHECK_ROW(frame.bytes >= 2 && (unsigned)(frame.payload[0] << 8 | frame.payload[1]) == code,
              row);
}

void check_protocol_error(struct client *client, const char *row)
{
    check_close_code(client, 1002, row);
}

void client_say_goodbye(struct client *client)
{
    client_send_frame(client, FIN | OPCODE_CLOSE, "\x03\xe8", 2);
    check_close(client, "\x03\xe8", 2, "goodbye");
    client_close(client);
}
