/*
 * Random frames, valid and invalid, have the same answers however they arrive: at once, with a cut
 * behind each header, cut anywhere, and a byte at a time. libwebsockets has several ways to parse
 * them; byte by byte it is always the same one.
 *
 * The server listens on a unix socket, as only that tells when it has read what was sent.
 */

#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"
#include "runner.h"
#include "server.h"

#define STREAMS 300
#define FRAMES_MAX 12
/* Longer streams are not sent a byte at a time. */
#define BYTEWISE_MAX 1000

enum delivery {
    BYTES,
    HEADERS,
    PIECES,
    WHOLE,
    DELIVERIES,
};

static const char *const delivery_names[] = {"by bytes", "by headers", "by pieces", "whole"};

/* Bytes that grow. */
struct bytes {
    uint8_t *first;
    size_t used;
    size_t room;
};

/* What one connection sends after its handshake. */
struct stream {
    struct bytes bytes;
    size_t header_ends[2 * FRAMES_MAX];
    size_t frames;
    uint32_t seed;
    uint32_t random;
    bool inside_message;
};

static char directory[] = "/tmp/lws-echo-deliveries-XXXXXX";
static char path[64];

static int start(void)
{
    if (!mkdtemp(directory))
        return 1;
    snprintf(path, sizeof(path), "%s/echo", directory);

    return 0;
}

static int stop(void)
{
    return rmdir(directory);
}

static uint32_t random_below(uint32_t *random, uint32_t limit)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;

    return *random % limit;
}

static uint32_t below(struct stream *stream, uint32_t limit)
{
    return random_below(&stream->random, limit);
}

static void append(struct bytes *bytes, const void *data, size_t count)
{
    if (bytes->used + count > bytes->room) {
        bytes->room = 2 * (bytes->used + count);
        bytes->first = realloc(bytes->first, bytes->room);
        if (!bytes->first)
            abort();
    }
    if (count)
        memcpy(bytes->first + bytes->used, data, count);
    bytes->used += count;
}

static bool same(const struct bytes *one, const struct bytes *other)
{
    return one->first && other->first && one->used == other->used &&
           !memcmp(one->first, other->first, one->used);
}

static void append_byte(struct bytes *bytes, unsigned byte)
{
    append(bytes, &(uint8_t){(uint8_t)byte}, 1);
}

/* How a frame's header is written. */
struct form {
    unsigned first;
    bool unmasked;
    unsigned length_bytes; /* 0: as short as it can be */
};

static unsigned shortest(size_t payload_bytes)
{
    return payload_bytes < 126 ? 1 : payload_bytes <= UINT16_MAX ? 3 : 9;
}

/* Letters, so that any part of a text is UTF-8. */
static void add_frame(struct stream *stream, struct form form, size_t payload_bytes)
{
    unsigned length_bytes = form.length_bytes ? form.length_bytes : shortest(payload_bytes);
    uint8_t key[4] = {0};
    struct bytes *out = &stream->bytes;

    append_byte(out, form.first);
    append_byte(out, (form.unmasked ? 0 : 0x80) | (length_bytes == 1   ? (unsigned)payload_bytes
                                                   : length_bytes == 3 ? 126
                                                                       : 127));
    for (unsigned i = length_bytes - 1; i > 0; i--)
        append_byte(out, (unsigned)(payload_bytes >> 8 * (i - 1)));
    for (size_t i = 0; i < sizeof(key) && below(stream, 8); i++)
        key[i] = (uint8_t)below(stream, 256);
    if (form.unmasked)
        memset(key, 0, sizeof(key));
    else
        append(out, key, sizeof(key));
    stream->header_ends[stream->frames++] = out->used;
    for (size_t i = 0; i < payload_bytes; i++)
        append_byte(out, ('a' + below(stream, 26)) ^ key[i % sizeof(key)]);
}

static size_t some_length(struct stream *stream)
{
    static const uint32_t lengths[] = {0,   1,   2,   3,   4,   7,   8,   9,    15,   16,
                                       17,  31,  63,  64,  65,  124, 125, 126,  127,  128,
                                       200, 255, 256, 257, 500, 64,  1,   1023, 1024, 1025};

    if (!below(stream, 100))
        return 65530 + below(stream, 10);
    if (!below(stream, 20))
        return 1000 + below(stream, 3000);

    return lengths[below(stream, sizeof(lengths) / sizeof(lengths[0]))];
}

static unsigned some_control(struct stream *stream)
{
    return FIN | (below(stream, 2) ? OPCODE_PING : OPCODE_PONG);
}

/* Adds the next frame of a message, or a control frame. */
static void add_valid(struct stream *stream)
{
    struct form form = {.first = OPCODE_CONTINUATION};
    bool final = below(stream, 2);

    if (!below(stream, 5)) {
        form.first = some_control(stream);
        add_frame(stream, form, below(stream, 126));
        return;
    }
    if (!stream->inside_message)
        form.first = below(stream, 2) ? OPCODE_TEXT : OPCODE_BINARY;
    stream->inside_message = !final;
    form.first |= final ? FIN : 0;
    add_frame(stream, form, some_length(stream));
}

/* Adds a frame that RFC 6455 forbids. Some libraries accept some of them. */
static void add_invalid(struct stream *stream)
{
    static const unsigned reserved[] = {0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf};
    unsigned next = stream->inside_message ? OPCODE_CONTINUATION : OPCODE_BINARY;
    unsigned wrong = stream->inside_message ? OPCODE_BINARY : OPCODE_CONTINUATION;
    struct form form = {.first = FIN | next};
    size_t bytes = below(stream, 300);

    switch (below(stream, 9)) {
    case 0:
        form.first |= below(stream, 2) ? 0x20 : 0x10; /* RSV2, RSV3 */
        break;
    case 1:
        form.first = FIN | reserved[below(stream, sizeof(reserved) / sizeof(reserved[0]))];
        break;
    case 2:
        form.first = FIN | wrong;
        break;
    case 3:
        form.first = wrong;
        break;
    case 4:
        form.unmasked = true;
        break;
    case 5:
        form.length_bytes = 3;
        bytes = 1 + below(stream, 125);
        break;
    case 6:
        form.length_bytes = 9;
        bytes = 1 + below(stream, 300);
        break;
    case 7:
        form.first = some_control(stream) & ~(unsigned)FIN;
        bytes = below(stream, 126);
        break;
    default:
        form.first = some_control(stream);
        bytes = 126 + below(stream, 20);
        break;
    }
    stream->inside_message = false;
    add_frame(stream, form, bytes);
}

/* Composes valid frames, in half of the streams an invalid one among them, and a Close. */
static void compose(struct stream *stream, uint32_t seed)
{
    const struct form close = {.first = FIN | OPCODE_CLOSE};
    size_t frames;
    size_t invalid;

    memset(stream, 0, sizeof(*stream));
    stream->seed = seed;
    stream->random = seed * 2654435761u | 1;
    for (int i = 0; i < 8; i++)
        below(stream, 2);
    frames = 1 + below(stream, FRAMES_MAX);
    invalid = below(stream, (uint32_t)(2 * frames));
    for (size_t i = 0; i < frames; i++) {
        if (i == invalid)
            add_invalid(stream);
        else
            add_valid(stream);
    }
    add_frame(stream, close, 0);
}

/* Returns the end of the piece that begins at @from. */
static size_t piece_end(const struct stream *stream, enum delivery delivery, size_t from,
                        uint32_t *random)
{
    size_t end = stream->bytes.used;

    switch (delivery) {
    case BYTES:
        return from + 1;
    case HEADERS:
        for (size_t i = stream->frames; i-- > 0;)
            if (stream->header_ends[i] > from)
                end = stream->header_ends[i];
        return end;
    case PIECES:
        end = from + 1 + random_below(random, random_below(random, 2) ? 20 : 400);
        return end < stream->bytes.used ? end : stream->bytes.used;
    default:
        return end;
    }
}

/* Waits until the server has read everything, and takes what comes. Returns false at its end. */
static bool wait_read(struct client *client)
{
    int64_t deadline_ms = clock_deadline_ms();
    int waiting = 0;

    while (!ioctl(client->fd, SIOCOUTQ, &waiting) && waiting) {
        struct pollfd ready = {.fd = client->fd, .events = POLLIN};

        if (clock_ms() > deadline_ms || poll(&ready, 1, 0) < 0)
            return false;
        if (ready.revents && client_receive(client) != READ_OK)
            return false;
    }

    return true;
}

static void deliver(struct client *client, const struct stream *stream, enum delivery delivery)
{
    uint32_t random = stream->seed | 1;

    for (size_t from = 0, end; from < stream->bytes.used; from = end) {
        end = piece_end(stream, delivery, from, &random);
        if (!client_send_reading(client, stream->bytes.first + from, end - from) ||
            !wait_read(client))
            return; /* after an invalid frame */
    }
}

/*
 * Writes down what comes until the server closes: messages put together, with the length of each
 * behind it, and the Close. Pongs are left out, as a library may skip some (RFC 6455 5.5.3).
 */
static void hear(struct client *client, struct bytes *heard)
{
    struct received_frame frame;
    enum read_result result;
    uint64_t message_bytes = 0;

    while ((result = client_read_frame(client, &frame)) == READ_OK &&
           frame.opcode != OPCODE_CLOSE) {
        if (frame.opcode == OPCODE_PONG)
            continue;
        if (frame.opcode != OPCODE_CONTINUATION)
            append_byte(heard, frame.opcode);
        append(heard, frame.payload, frame.bytes);
        message_bytes += frame.bytes;
        if (frame.fin) {
            append(heard, &message_bytes, sizeof(message_bytes));
            message_bytes = 0;
        }
    }
    append(heard, &message_bytes, sizeof(message_bytes));
    if (result == READ_OK)
        append(heard, frame.payload, frame.bytes);
    else
        append(heard, result == READ_END ? "end" : "time", 4);
}

static struct bytes hear_delivered(const struct stream *stream, const char *headers,
                                   enum delivery delivery)
{
    struct bytes heard = {.used = 0};
    char response[2048];
    struct client client;

    if (!client_connect_local(&client, path))
        return heard;
    if (client_offer(&client, "/ws", headers, response, sizeof(response))) {
        deliver(&client, stream, delivery);
        hear(&client, &heard);
    }
    client_close(&client);

    return heard;
}

static void check_stream(uint32_t seed, const char *headers)
{
    struct bytes first = {.used = 0};
    struct stream stream;

    compose(&stream, seed);
    for (int i = stream.bytes.used > BYTEWISE_MAX ? HEADERS : BYTES; i < DELIVERIES; i++) {
        struct bytes heard = hear_delivered(&stream, headers, (enum delivery)i);
        char row[80];

        snprintf(row, sizeof(row), "stream %u, %s", seed, delivery_names[i]);
        CHECK_ROW(heard.used > 0, row);
        if (!first.first) {
            first = heard;
            continue;
        }
        CHECK_ROW(same(&heard, &first), row);
        free(heard.first);
    }
    free(first.first);
    free(stream.bytes.first);
}

static void check_streams(const char *members, const char *headers, uint32_t first_seed)
{
    struct server server;
    char all[256];

    snprintf(all, sizeof(all), "\"address\": \"unix:%s\"%s", path, members);
    if (!server_start(&server, all))
        return;
    for (uint32_t i = 0; i < STREAMS; i++)
        check_stream(first_seed + i, headers);
    server_stop(&server);
}

static void the_delivery_makes_no_difference(void)
{
    check_streams("", "", 1);
}

static void the_delivery_makes_no_difference_with_small_reads(void)
{
    check_streams(", \"echo\": { \"rx-buffer\": 1024 }", "", 1 + STREAMS);
}

static void the_delivery_makes_no_difference_with_an_extension(void)
{
    check_streams(", \"echo\": { \"compression\": \"on\" }",
                  "Sec-WebSocket-Extensions: permessage-deflate\r\n", 1 + 2 * STREAMS);
}

static CU_TestInfo tests[] = {
    TEST(the_delivery_makes_no_difference),
    TEST(the_delivery_makes_no_difference_with_small_reads),
    TEST(the_delivery_makes_no_difference_with_an_extension),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"deliveries", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
