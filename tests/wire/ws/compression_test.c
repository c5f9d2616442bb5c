/* permessage-deflate (RFC 7692): what is agreed on, what comes back, what is an error. */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "deflater.h"
#include "library.h"
#include "runner.h"
#include "server.h"

#define ON ON_FREE_PORT ", \"echo\": { \"compression\": \"on\" }"
#define NO_TAKEOVER ON_FREE_PORT ", \"echo\": { \"compression\": \"no-context-takeover\" }"

#define OFFER(parameters) "Sec-WebSocket-Extensions: permessage-deflate" parameters "\r\n"

/* An offer after which the server may not send a client's bytes back as they came. */
#define NARROW_OFFER OFFER("; server_max_window_bits=9")

#define TEN(text) text text text text text text text text text text
/* A header with 397 bytes of offers, without the end of the line. */
#define LONG_OFFERS                                                                                \
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10, " TEN(TEN("xyz"))    \
        TEN("12345")

#define MIB ((size_t)1 << 20)

static struct server server;
static struct server no_takeover;

static int start(void)
{
    return server_start(&server, ON) && server_start(&no_takeover, NO_TAKEOVER) ? 0 : 1;
}

static int stop(void)
{
    bool stopped = server_stop(&server);

    return server_stop(&no_takeover) && stopped ? 0 : 1;
}

/* Returns letters that compress, but not to nothing; to be freed. */
static uint8_t *some_text(uint32_t seed, size_t bytes)
{
    uint8_t *text = random_bytes(seed, bytes);

    for (size_t i = 0; i < bytes; i++)
        text[i] = i % 16 < 4 ? (uint8_t)('a' + text[i] % 26) : (uint8_t)("lws-echo"[i % 8]);

    return text;
}

static void offers_are_answered(void)
{
    static const struct {
        const char *name;
        const char *offer;
        const char *answer; /* after the extension's name; NULL: none */
        const char *no_takeover_answer;
    } rows[] = {
        {"no parameter (7.1)", OFFER(""), "",
         "; server_no_context_takeover; client_no_context_takeover"},
        {"browsers (7.1.2.2)", OFFER("; client_max_window_bits"), "",
         "; server_no_context_takeover; client_no_context_takeover"},
        {"server_no_context_takeover (7.1.1.1)", OFFER("; server_no_context_takeover"),
         "; server_no_context_takeover; client_no_context_takeover",
         "; server_no_context_takeover; client_no_context_takeover"},
        {"client_no_context_takeover (7.1.1.2)", OFFER("; client_no_context_takeover"),
         "; client_no_context_takeover",
         "; server_no_context_takeover; client_no_context_takeover"},
        {"server_max_window_bits (7.1.2.1)", OFFER("; server_max_window_bits=10"),
         "; server_max_window_bits=10",
         "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10"},
        {"both window bits (7.1.2)",
         OFFER("; server_max_window_bits=12; client_max_window_bits=11"),
         "; server_max_window_bits=12; client_max_window_bits=11",
         "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; "
         "client_max_window_bits=11"},
        {"the smallest windows, if the client offers its own (7.1.2)",
         OFFER("; server_max_window_bits=8; client_max_window_bits=8"),
         "; server_max_window_bits=8; client_max_window_bits=8",
         "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; "
         "client_max_window_bits=8"},
        {"the smallest window, which is asked of no client (7.1.2)",
         OFFER("; server_max_window_bits=8; client_max_window_bits"), "; server_max_window_bits=8",
         "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8"},
        {"all of them",
         OFFER("; client_max_window_bits; server_max_window_bits=9; client_no_context_takeover; "
               "server_no_context_takeover"),
         "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; "
         "client_max_window_bits=9",
         "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; "
         "client_max_window_bits=9"},
        {"a quoted value (RFC 6455 9.1)", OFFER("; server_max_window_bits=\"13\""),
         "; server_max_window_bits=13",
         "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=13"},
        {"unknown parameter: declined (7.1)", OFFER("; x"), NULL, NULL},
        {"value out of range: declined (7.1.2.1)", OFFER("; server_max_window_bits=16"), NULL,
         NULL},
        {"value missing: declined (7.1.2.1)", OFFER("; server_max_window_bits"), NULL, NULL},
        {"value where none is: declined (7.1.1.1)", OFFER("; server_no_context_takeover=1"), NULL,
         NULL},
        {"twice: declined (7.1)", OFFER("; client_max_window_bits; client_max_window_bits"), NULL,
         NULL},
        {"the second one of two (5.1)",
         OFFER("; server_max_window_bits=7, permessage-deflate; server_max_window_bits=14"),
         "; server_max_window_bits=14",
         "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=14"},
        {"the first one of two (5.1)",
         OFFER("; server_max_window_bits=11, permessage-deflate; server_max_window_bits=14"),
         "; server_max_window_bits=11",
         "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11"},
        {"the third of three (5.1)",
         OFFER("; a, permessage-deflate; b=1, permessage-deflate; client_max_window_bits"), "",
         "; server_no_context_takeover; client_no_context_takeover"},
        {"in two lines (RFC 9110 5.2)", OFFER("; x") OFFER("; client_max_window_bits=10"),
         "; client_max_window_bits=10",
         "; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=10"},
        {"of three, in 296 bytes (5.1)",
         OFFER("; client_no_context_takeover; client_max_window_bits; server_no_context_takeover; "
               "server_max_window_bits=9, permessage-deflate; client_no_context_takeover; "
               "client_max_window_bits; server_no_context_takeover, permessage-deflate; "
               "client_no_context_takeover; client_max_window_bits"),
         "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; "
         "client_max_window_bits=9",
         "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; "
         "client_max_window_bits=9"},
        {"the first of 399 bytes", LONG_OFFERS "ab\r\n", "; client_max_window_bits=10",
         "; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=10"},
        {"after others (RFC 6455 9.1)",
         "Sec-WebSocket-Extensions: foo; bar, permessage-bzip2, permessage-deflate\r\n", "",
         "; server_no_context_takeover; client_no_context_takeover"},
        {"another name", "Sec-WebSocket-Extensions: x-webkit-deflate-frame\r\n", NULL, NULL},
        {"no offer", "", NULL, NULL},
    };

    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        const char *answer = i % 2 ? rows[i / 2].no_takeover_answer : rows[i / 2].answer;
        const char *name = rows[i / 2].name;
        char expected[256];
        char response[2048];
        struct client client;

        if (!client_connect(&client, i % 2 ? no_takeover.port : server.port))
            return;
        CHECK_ROW(client_offer(&client, "/ws", rows[i / 2].offer, response, sizeof(response)),
                  name);
        snprintf(expected, sizeof(expected),
                 "\r\nSec-WebSocket-Extensions: permessage-deflate%s\r\n", answer ? answer : "");
        CHECK_ROW(answer ? strstr(response, expected) != NULL
                         : !strstr(response, "Sec-WebSocket-Extensions"),
                  name);
        if (answer && !strstr(response, expected))
            fprintf(stderr, "%s: %s\n", name, response);
        check_echo(&client, OPCODE_TEXT, "not compressed", 14, name);
        client_say_goodbye(&client);
    }
}

/* Where the distribution's libwebsockets would drop the connection or damage its response. */
static void offers_that_cannot_be_read_are_refused(void)
{
    static const struct {
        const char *name;
        const char *offer;
    } rows[] = {
        {"400 bytes", LONG_OFFERS "abc\r\n"},
        {"255 bytes, the taken offer at their end",
         "Sec-WebSocket-Extensions: " TEN(TEN("xy")) "01234567, permessage-deflate; "
                                                     "client_max_window_bits=10\r\n"},
        {"255 bytes after one without parameters", OFFER(", " TEN(TEN("xy")) TEN("123") "45678")},
        {"255 bytes with a tab", OFFER("; client_max_window_bits=10,\t" TEN(TEN("xy")) "12345678")},
    };

    if (!library_has(LIMIT_LONG_EXTENSIONS))
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char response[2048];
        struct client client;

        if (!client_connect(&client, server.port))
            return;
        CHECK_ROW(!client_offer(&client, "/ws", rows[i].offer, response, sizeof(response)),
                  rows[i].name);
        CHECK_ROW(!strncmp(response, "HTTP/1.1 400 ", 13) &&
                      strstr(response, "Sec-WebSocket-Extensions must be"),
                  rows[i].name);
        client_close(&client);
    }
}

/* Sends @payload as a message in @frames frames, of which the first has RSV1. */
static void send_compressed(struct client *client, unsigned opcode, const uint8_t *payload,
                            size_t bytes, size_t frames)
{
    for (size_t i = 0; i < frames; i++) {
        size_t from = bytes * i / frames;

        client_send_frame(client,
                          (i ? OPCODE_CONTINUATION : RSV1 | opcode) | (i == frames - 1 ? FIN : 0u),
                          payload + from, bytes * (i + 1) / frames - from);
    }
}

static void check_expanded(struct deflater *deflater, const struct message *reply,
                           const uint8_t *message, size_t bytes, const char *name)
{
    size_t expanded_bytes = 0;
    uint8_t *expanded = deflater_expand(deflater, reply->payload, reply->bytes, &expanded_bytes);

    CHECK_ROW(expanded && expanded_bytes == bytes && !memcmp(expanded, message, bytes), name);
    free(expanded);
}

/* Sends @message compressed and checks the echo, which is in the same bytes if it @mirrors. */
static void check_compressed_echo(struct client *client, struct deflater *deflater, unsigned opcode,
                                  const uint8_t *message, size_t bytes, size_t frames, bool mirrors,
                                  const char *name)
{
    struct message reply;
    size_t sent_bytes;
    uint8_t *sent = deflater_compress(deflater, message, bytes, &sent_bytes);

    send_compressed(client, opcode, sent, sent_bytes, frames);
    CHECK_ROW(client_read_message(client, &reply) == READ_OK, name);
    CHECK_ROW(reply.opcode == opcode, name);
    CHECK_ROW(reply.compressed == mirrors, name);
    if (mirrors) {
        CHECK_ROW(reply.bytes == sent_bytes && !memcmp(reply.payload, sent, sent_bytes), name);
        check_expanded(deflater, &reply, message, bytes, name);
    } else {
        CHECK_ROW(reply.bytes == bytes && !memcmp(reply.payload, message, bytes), name);
    }
    message_free(&reply);
    free(sent);
}

/* What a client may agree on, and how its zlib is set then. */
static const struct agreement {
    const char *name;
    const char *offer;
    int client_bits;
    bool client_keeps;
    int server_bits;
    bool server_keeps;
    bool mirrors;
} agreements[] = {
    {"no limits", OFFER(""), 15, true, 15, true, true},
    {"no context of the client", OFFER("; client_no_context_takeover"), 15, false, 15, true, true},
    {"no context", OFFER("; server_no_context_takeover"), 15, false, 15, false, true},
    {"small windows", OFFER("; server_max_window_bits=9; client_max_window_bits"), 9, true, 9, true,
     true},
    {"the smallest windows", OFFER("; server_max_window_bits=8; client_max_window_bits=8"), 8, true,
     8, true, true},
    {"a small window of the client", OFFER("; client_max_window_bits=10"), 10, true, 15, true,
     true},
    {"the smallest window of the server",
     OFFER("; server_max_window_bits=8; client_max_window_bits"), 15, true, 8, true, false},
    {"a small window of the server", NARROW_OFFER, 15, true, 9, true, false},
    {"that and no context", OFFER("; server_max_window_bits=9; server_no_context_takeover"), 15,
     false, 9, false, false},
};
#define AGREEMENTS (sizeof(agreements) / sizeof(agreements[0]))

static bool open_agreed(struct client *client, struct deflater *deflater, uint16_t port,
                        const struct agreement *agreement)
{
    if (!client_open_with(client, port, agreement->offer))
        return false;
    CU_ASSERT_TRUE(client->may_compress);
    deflater_init(deflater, agreement->client_bits, agreement->client_keeps, agreement->server_bits,
                  agreement->server_keeps);

    return true;
}

static void compressed_messages_come_back(void)
{
    static const size_t sizes[] = {0, 1, 0, 125, 126, 1000, 65535, 65536, 0, 300000, 2 << 20};
    struct deflater deflater;
    struct client client;

    for (size_t i = 0; i < AGREEMENTS; i++) {
        if (!open_agreed(&client, &deflater, server.port, &agreements[i]))
            return;
        for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
            uint8_t *text = some_text((uint32_t)j, sizes[j]);
            uint8_t *binary = random_bytes((uint32_t)j, sizes[j]);

            check_compressed_echo(&client, &deflater, OPCODE_TEXT, text, sizes[j], 1,
                                  agreements[i].mirrors, agreements[i].name);
            check_compressed_echo(&client, &deflater, OPCODE_BINARY, binary, sizes[j], 1,
                                  agreements[i].mirrors, agreements[i].name);
            free(binary);
            free(text);
        }
        client_say_goodbye(&client);
        deflater_fini(&deflater);
    }
}

/* With context takeover the second of two equal messages is a reference to the first. */
static void later_messages_may_refer_to_earlier_ones(void)
{
    enum { BYTES = 8000 };
    uint8_t *message = random_bytes(7, BYTES);
    struct deflater deflater;
    struct client client;
    size_t bytes;

    for (size_t i = 0; i < AGREEMENTS; i++) {
        if (!open_agreed(&client, &deflater, server.port, &agreements[i]))
            break;
        for (int turn = 0; turn < 3; turn++) {
            check_compressed_echo(&client, &deflater, OPCODE_BINARY, message, BYTES, 1,
                                  agreements[i].mirrors, agreements[i].name);
            /* what is not compressed does not count as history (RFC 7692 section 7.2.1) */
            check_echo(&client, OPCODE_TEXT, "between", 7, agreements[i].name);
        }
        free(deflater_compress(&deflater, message, BYTES, &bytes));
        CHECK_ROW((bytes < BYTES / 10) ==
                      (agreements[i].client_keeps && agreements[i].client_bits > 13),
                  agreements[i].name);
        client_say_goodbye(&client);
        deflater_fini(&deflater);
    }
    free(message);
}

static void compressed_messages_may_be_fragmented(void)
{
    static const size_t frames[] = {2, 3, 7, 100};
    enum { BYTES = 40000 };
    uint8_t *message = some_text(3, BYTES);
    struct deflater deflater;
    struct client client;

    for (size_t i = 0; i < AGREEMENTS; i++) {
        if (!open_agreed(&client, &deflater, server.port, &agreements[i]))
            break;
        for (size_t j = 0; j < sizeof(frames) / sizeof(frames[0]); j++)
            check_compressed_echo(&client, &deflater, OPCODE_TEXT, message, BYTES, frames[j],
                                  agreements[i].mirrors, agreements[i].name);
        client_say_goodbye(&client);
        deflater_fini(&deflater);
    }
    free(message);
}

/* Reads are some bytes longer than the buffer then, and what is inflated is much more. */
static void a_small_receive_buffer_is_enough(void)
{
    enum { BYTES = 100000 };
    uint8_t *text = some_text(4, BYTES);
    uint8_t *binary = random_bytes(4, BYTES);
    struct deflater deflater;
    struct server small;
    struct client client;

    if (server_start(&small,
                     ON_FREE_PORT ", \"echo\": { \"compression\": \"on\", \"rx-buffer\": 1024 }")) {
        for (size_t i = 0; i < AGREEMENTS; i++) {
            if (!open_agreed(&client, &deflater, small.port, &agreements[i]))
                break;
            check_compressed_echo(&client, &deflater, OPCODE_TEXT, text, BYTES, 1,
                                  agreements[i].mirrors, agreements[i].name);
            check_compressed_echo(&client, &deflater, OPCODE_BINARY, binary, BYTES, 3,
                                  agreements[i].mirrors, agreements[i].name);
            check_echo(&client, OPCODE_BINARY, binary, BYTES, agreements[i].name);
            client_say_goodbye(&client);
            deflater_fini(&deflater);
        }
        server_stop(&small);
    }
    free(binary);
    free(text);
}

/* The first frame of the echo, and no other, says that it is compressed (section 6.1). */
static void control_frames_pass_between_compressed_fragments(void)
{
    static const uint8_t hello[] = {0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}; /* section 7.2.3.1 */
    struct client client;
    struct received_frame frame;

    if (!client_open_with(&client, server.port, OFFER("")))
        return;
    client_send_frame(&client, RSV1 | OPCODE_TEXT, hello, 3);
    CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
    CU_ASSERT_EQUAL(frame.opcode, OPCODE_TEXT);
    CU_ASSERT_EQUAL(frame.rsv, RSV1);
    client_send_frame(&client, FIN | OPCODE_PING, "p", 1);
    CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
    CU_ASSERT_EQUAL(frame.opcode, OPCODE_PONG);
    client_send_frame(&client, FIN | OPCODE_CONTINUATION, hello + 3, 4);
    CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
    CU_ASSERT_EQUAL(frame.opcode, OPCODE_CONTINUATION);
    CU_ASSERT_EQUAL(frame.rsv, 0);
    CU_ASSERT_TRUE(frame.fin);
    client_say_goodbye(&client);
}

static void forms_of_deflate_that_the_rfc_shows_are_taken(void)
{
    static const struct {
        const char *name;
        const char *payload;
        size_t bytes;
    } rows[] = {
        {"one block (7.2.3.1)", "\xf2\x48\xcd\xc9\xc9\x07\x00", 7},
        {"shared window (7.2.3.2)", "\xf2\x00\x11\x00\x00", 5},
        {"no compression (7.2.3.3)", "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11},
        {"a last block (7.2.3.4)", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8},
        {"shared window after a last block", "\xf2\x00\x11\x00\x00", 5},
        {"two blocks (7.2.3.5)", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13},
        {"empty (7.2.3.6)", "\x00", 1},
        {"ended by a last block (7.2.1)", "\xf2\x48\xcd\xc9\xc9\x07\x04", 7},
        {"empty, ended by a last block (7.2.1)", "\x01", 1},
        {"shared window after both", "\xf2\x00\x11\x00\x00", 5},
        {"last blocks alone", "\xf3\x48\xcd\xc9\xc9\x07\x00\x01", 8},
        {"shared window, last blocks between", "\x01\x00\x00\xff\xff\x03\x00\xf2\x00\x11\x00\x04",
         12},
    };
    static const char *const offers[] = {OFFER(""), NARROW_OFFER};

    for (size_t o = 0; o < 2; o++) {
        bool mirrors = o == 0;
        struct client client;

        if (!client_open_with(&client, server.port, offers[o]))
            return;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            const char *message = strstr(rows[i].name, "empty") ? "" : "Hello";
            const char *wanted = mirrors ? rows[i].payload : message;
            size_t wanted_bytes = mirrors ? rows[i].bytes : strlen(message);
            struct message reply;

            send_compressed(&client, OPCODE_TEXT, (const uint8_t *)rows[i].payload, rows[i].bytes,
                            1);
            CHECK_ROW(client_read_message(&client, &reply) == READ_OK, rows[i].name);
            CHECK_ROW(reply.compressed == mirrors, rows[i].name);
            CHECK_ROW(reply.bytes == wanted_bytes &&
                          (!reply.bytes || !memcmp(reply.payload, wanted, wanted_bytes)),
                      rows[i].name);
            message_free(&reply);
        }
        client_say_goodbye(&client);
    }
}

static void what_is_wrong_with_compressed_messages_is_named(void)
{
    static const struct {
        const char *name;
        unsigned first;
        const char *payload;
        size_t bytes;
        const char *close;
        size_t close_bytes;
    } rows[] = {
#define INVALID "\x03\xefinvalid compressed data", 25
#define NOT_UTF8 "\x03\xeftext is not UTF-8", 19
        {"a block of type 3 (RFC 1951 3.2.3)", FIN | RSV1 | OPCODE_TEXT, "\x07\xff", 2, INVALID},
        {"a distance before the beginning", FIN | RSV1 | OPCODE_TEXT, "\xf2\x00\x11\x00\x00", 5,
         INVALID},
        {"wrong length of a stored block", FIN | RSV1 | OPCODE_BINARY,
         "\x00\x05\x00\x00\x00Hello\x00", 11, INVALID},
        {"nothing at all (7.2.1)", FIN | RSV1 | OPCODE_TEXT, "", 0, INVALID},
        {"cut inside a block (7.2.1)", FIN | RSV1 | OPCODE_TEXT, "\xf2\x48\xcd", 3, INVALID},
        {"a last block without what follows (7.2.3.4)", FIN | RSV1 | OPCODE_TEXT,
         "\xf3\x48\xcd\xc9\xc9\x07\x00", 7, INVALID},
        {"a last block, and the removed octets (7.2.1)", FIN | RSV1 | OPCODE_TEXT,
         "\x01\x00\x00\xff\xff", 5, INVALID},
        {"text that is not UTF-8 (RFC 6455 8.1)", FIN | RSV1 | OPCODE_TEXT,
         "\x00\x01\x00\xfe\xff\xff\x00", 7, NOT_UTF8},
        {"text that ends in a character (RFC 6455 8.1)", FIN | RSV1 | OPCODE_TEXT,
         "\x00\x01\x00\xfe\xff\xe2\x00", 7, NOT_UTF8},
        {"not UTF-8 in a fragment, more to come", RSV1 | OPCODE_TEXT, "\x00\x01\x00\xfe\xff\xff", 6,
         NOT_UTF8},
    };
    static const char *const offers[] = {OFFER(""), NARROW_OFFER};

    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t out[256];
        size_t bytes = compose_frame(out, FIN | OPCODE_TEXT, "owed", 4);
        struct client client;

        bytes +=
            compose_frame(out + bytes, rows[i / 2].first, rows[i / 2].payload, rows[i / 2].bytes);
        if (!client_open_with(&client, server.port, offers[i % 2]))
            return;
        client_send(&client, out, bytes);
        check_message(&client, OPCODE_TEXT, "owed", 4, rows[i / 2].name);
        check_close(&client, rows[i / 2].close, rows[i / 2].close_bytes, rows[i / 2].name);
        client_close(&client);
    }
}

static void rsv1_elsewhere_is_a_protocol_error(void)
{
    static const struct {
        const char *name;
        unsigned begin;
        unsigned first;
    } rows[] = {
        {"on a continuation (6.1)", RSV1 | OPCODE_BINARY, FIN | RSV1 | OPCODE_CONTINUATION},
        {"on a continuation of a plain message (6.1)", OPCODE_BINARY, RSV1 | OPCODE_CONTINUATION},
        {"on a Pong (6.1)", FIN | OPCODE_BINARY, FIN | RSV1 | OPCODE_PONG},
        {"on a Close (6.1)", FIN | OPCODE_BINARY, FIN | RSV1 | OPCODE_CLOSE},
        {"with RSV2", FIN | OPCODE_BINARY, FIN | RSV1 | 0x20 | OPCODE_BINARY},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct client client;
        struct received_frame frame;

        if (!client_open_with(&client, server.port, OFFER("")))
            return;
        client_send_frame(&client, rows[i].begin, "\x00\x01\x00\xfe\xffx", 6);
        CHECK_ROW(client_read_frame(&client, &frame) == READ_OK, rows[i].name);
        client_send_frame(&client, rows[i].first, "\x03\xe8", 2);
        check_protocol_error(&client, rows[i].name);
        client_close(&client);
    }
}

/* A window smaller than the one the data needs: a client that breaks its word. */
static void data_beyond_the_window_agreed_on_is_refused(void)
{
    enum { BYTES = 20000 };
    uint8_t *message = random_bytes(5, BYTES);
    struct deflater deflater;
    struct client client;
    uint8_t *sent;
    size_t bytes;

    memcpy(message + BYTES / 2, message, BYTES / 2);
    deflater_init(&deflater, 15, true, 15, true);
    sent = deflater_compress(&deflater, message, BYTES, &bytes);
    if (client_open_with(&client, server.port, OFFER("; client_max_window_bits=9"))) {
        send_compressed(&client, OPCODE_BINARY, sent, bytes, 1);
        check_close(&client, "\x03\xefinvalid compressed data", 25, "window");
        client_close(&client);
    }
    deflater_fini(&deflater);
    free(sent);
    free(message);
}

/* Writes a message of random bytes and a match of 3 bytes from @distance before its end. Returns
 * its size in bytes. */
static size_t write_match(uint8_t *out, const uint8_t *bytes, size_t count, unsigned distance)
{
    unsigned code = 0;
    unsigned extra_bits = 0;
    unsigned first = 1; /* the distance that has the code, and extra bits of 0 */
    uint64_t bits;

    while (distance >= first + (1U << extra_bits)) {
        first += 1U << extra_bits;
        code++;
        extra_bits = code < 4 ? 0 : code / 2 - 1;
    }
    /* fixed codes (RFC 1951 section 3.2.6): length 3, the distance; then an empty stored block */
    bits = 2 | 1 << 9 | (uint64_t)(distance - first) << 15;
    for (unsigned i = 0; i < 5; i++)
        bits |= (uint64_t)(code >> i & 1) << (14 - i);

    out[0] = 0; /* a stored block */
    out[1] = (uint8_t)count;
    out[2] = (uint8_t)(count >> 8);
    out[3] = (uint8_t)~out[1];
    out[4] = (uint8_t)~out[2];
    memcpy(out + 5, bytes, count);
    for (unsigned i = 0; i < 5; i++)
        out[5 + count + i] = (uint8_t)(bits >> (8 * i));

    return 5 + count + (25 + extra_bits + 7) / 8;
}

/* Also where all of it comes at once, so that zlib knows more than the window. */
static void a_distance_may_be_as_great_as_the_window(void)
{
    enum { BEHIND = 88 };
    uint8_t *bytes = random_bytes(6, (1 << 14) + BEHIND);
    uint8_t payload[(1 << 14) + BEHIND + 10];
    struct message reply;
    struct client client;

    for (unsigned window_bits = 8; window_bits <= 14; window_bits++) {
        unsigned window = 1U << window_bits;
        size_t count = window + BEHIND;

        for (size_t narrow = 0; narrow < 2; narrow++) {
            size_t sent_bytes = write_match(payload, bytes, count, window);
            char offer[200];

            snprintf(offer, sizeof(offer), OFFER("; client_max_window_bits=%u%s"), window_bits,
                     narrow ? "; server_max_window_bits=8" : "");
            if (!client_open_with(&client, server.port, offer))
                goto free_bytes;
            send_compressed(&client, OPCODE_BINARY, payload, sent_bytes, 1);
            CHECK_ROW(client_read_message(&client, &reply) == READ_OK, offer);
            if (reply.compressed)
                CHECK_ROW(reply.bytes == sent_bytes && !memcmp(reply.payload, payload, sent_bytes),
                          offer);
            else
                CHECK_ROW(reply.bytes == count + 3 && !memcmp(reply.payload, bytes, count) &&
                              !memcmp(reply.payload + count, bytes + count - window, 3),
                          offer);
            message_free(&reply);

            sent_bytes = write_match(payload, bytes, count, window + 1);
            send_compressed(&client, OPCODE_BINARY, payload, sent_bytes, 1);
            check_close(&client, "\x03\xefinvalid compressed data", 25, offer);
            client_close(&client);
        }
    }
free_bytes:
    free(bytes);
}

static void inflated_messages_have_a_limit(void)
{
    static const struct {
        const char *name;
        const char *options;
        size_t fits;
    } rows[] = {
        {"max-inflated", "\"max-inflated\": 100000", 100000},
        {"max-message", "\"max-message\": 70000, \"max-inflated\": 0", 70000},
        {"the smaller one", "\"max-message\": 70000, \"max-inflated\": 50000", 50000},
        {"the smaller one, too", "\"max-message\": 40000, \"max-inflated\": 50000", 40000},
        {"the default", "\"ping-interval\": 120", 64 * MIB},
    };
    static const char *const offers[] = {OFFER(""), NARROW_OFFER};

    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        const size_t fits = rows[i / 2].fits;
        uint8_t *message = calloc(1, fits + 1);
        struct server limited;
        struct deflater deflater;
        struct client client;
        char members[256];
        uint8_t *sent;
        size_t bytes;

        snprintf(members, sizeof(members),
                 ON_FREE_PORT ", \"echo\": { \"compression\": \"on\", %s }", rows[i / 2].options);
        deflater_init(&deflater, 15, false, 15, true);
        if (server_start(&limited, members)) {
            if (client_open_with(&client, limited.port, offers[i % 2])) {
                check_compressed_echo(&client, &deflater, OPCODE_BINARY, message, fits, 1, !(i % 2),
                                      rows[i / 2].name);
                sent = deflater_compress(&deflater, message, fits + 1, &bytes);
                send_compressed(&client, OPCODE_BINARY, sent, bytes, 1);
                check_close(&client, "\x03\xf1message too big", 17, rows[i / 2].name);
                free(sent);
                client_close(&client);
            }
            server_stop(&limited);
        }
        deflater_fini(&deflater);
        free(message);
    }
}

/* What is still to come of a frame says nothing of what it inflates to: here, of nothing. */
static void only_what_comes_out_counts(void)
{
    enum { BLOCKS = 60, BLOCK = 5 };
    uint8_t payload[10 + BLOCKS * BLOCK + 1] = "\x00\x05\x00\xfa\xff"
                                               "Hello";
    uint8_t out[sizeof(payload) + 14];
    struct message reply;
    struct server small;
    struct client client;
    struct client witness;
    size_t bytes;

    for (size_t i = 0; i < BLOCKS; i++) /* empty, stored */
        memcpy(payload + 10 + i * BLOCK, "\x00\x00\x00\xff\xff", BLOCK);
    bytes = compose_frame(out, FIN | RSV1 | OPCODE_BINARY, payload, sizeof(payload));
    if (!server_start(&small,
                      ON_FREE_PORT ", \"echo\": { \"compression\": \"on\", \"max-message\": 5 }"))
        return;
    if (client_open_with(&client, small.port, OFFER("")) && client_open(&witness, small.port)) {
        client_send(&client, out, bytes / 2);
        wait_settled(&client, &witness);
        client_send(&client, out + bytes / 2, bytes - bytes / 2);
        CU_ASSERT_EQUAL(client_read_message(&client, &reply), READ_OK);
        CU_ASSERT_TRUE(reply.bytes == sizeof(payload) &&
                       !memcmp(reply.payload, payload, sizeof(payload)));
        message_free(&reply);
        client_say_goodbye(&client);
        client_say_goodbye(&witness);
    }
    server_stop(&small);
}

/* A message that inflates to nothing could go on for ever. */
static void the_compressed_form_is_limited_too(void)
{
    static const char *const offers[] = {OFFER(""), NARROW_OFFER};
    enum { BLOCKS = 400, BLOCK = 5 };
    uint8_t blocks[BLOCKS * BLOCK];
    struct server small;
    struct client client;

    for (size_t i = 0; i < BLOCKS; i++) /* empty, stored */
        memcpy(blocks + i * BLOCK, "\x00\x00\x00\xff\xff", BLOCK);
    if (!server_start(&small,
                      ON_FREE_PORT ", \"echo\": { \"compression\": \"on\", \"max-message\": 100 }"))
        return;
    for (size_t i = 0; i < 2; i++) {
        if (!client_open_with(&client, small.port, offers[i]))
            break;
        for (size_t j = 0; j < 4; j++)
            client_send_frame(&client, j ? OPCODE_CONTINUATION : RSV1 | OPCODE_BINARY, blocks, 500);
        check_close(&client, "\x03\xf1message too big", 17, offers[i]);
        client_close(&client);
    }
    server_stop(&small);
}

/*
 * Sends eight messages of half a megabyte in all, half a gigabyte inflated, and lets @witness have
 * some turns. Returns whether those came before the last of the echoes, which it checks.
 */
static bool witness_comes_between(struct client *client, struct client *witness,
                                  const uint8_t *sent, size_t bytes)
{
    enum { MESSAGES = 8, OTHER = 200000 };
    uint8_t *other = random_bytes(6, OTHER);
    uint8_t *out = malloc(MESSAGES * (bytes + 14));
    struct pollfd readable = {.fd = client->fd, .events = POLLIN};
    struct message reply;
    size_t used = 0;
    size_t came;

    for (size_t i = 0; i < MESSAGES; i++)
        used += compose_frame(out + used, FIN | RSV1 | OPCODE_BINARY, sent, bytes);
    client_send(client, out, used);
    wait_turns(witness);
    check_echo(witness, OPCODE_BINARY, other, OTHER, "witness");
    while (poll(&readable, 1, 1) > 0 && client_receive(client) == READ_OK)
        ;
    came = client->input_bytes;
    for (size_t i = 0; i < MESSAGES; i++) {
        CU_ASSERT_EQUAL(client_read_message(client, &reply), READ_OK);
        CU_ASSERT_TRUE(reply.bytes == bytes && !memcmp(reply.payload, sent, bytes));
        message_free(&reply);
    }
    free(out);
    free(other);

    return came < MESSAGES * bytes;
}

/* Once must do: we may ourselves have been held up until all was over. */
static void a_bomb_does_not_hold_up_others(void)
{
    enum { SIZE = 64 << 20, ATTEMPTS = 5 };
    uint8_t *zeros = calloc(1, SIZE);
    struct deflater deflater;
    struct client client;
    struct client witness;
    bool came_between = false;
    uint8_t *sent;
    size_t bytes;

    deflater_init(&deflater, 15, false, 15, false);
    sent = deflater_compress(&deflater, zeros, SIZE, &bytes);
    free(zeros);
    if (client_open(&witness, server.port) && client_open_with(&client, server.port, OFFER(""))) {
        for (int i = 0; i < ATTEMPTS && !came_between; i++)
            came_between = witness_comes_between(&client, &witness, sent, bytes);
        CU_ASSERT_TRUE(came_between);
        client_say_goodbye(&client);
        client_say_goodbye(&witness);
    }
    free(sent);
    deflater_fini(&deflater);
}

/*
 * A message that is too big by its last byte. Its Close is the last thing heard; what follows it is
 * not echoed, and the peer's Close ends the connection: a Ping to another one tells that a second
 * has passed.
 */
static void a_fault_found_in_a_later_turn_closes_like_others(void)
{
    enum { SIZE = (64 << 20) + 1 };
    uint8_t *zeros = calloc(1, SIZE);
    struct server other;
    struct deflater deflater;
    struct client client;
    struct client witness;
    struct received_frame frame;
    uint8_t *sent;
    size_t bytes;
    size_t before;

    deflater_init(&deflater, 15, true, 15, true);
    sent = deflater_compress(&deflater, zeros, SIZE, &bytes);
    free(zeros);
    if (server_start(&other, ON_FREE_PORT
                     ", \"echo\": { \"compression\": \"on\", \"ping-interval\": 1 }")) {
        before = server_descriptors(&other);
        if (client_open_with(&client, other.port, OFFER(""))) {
            send_compressed(&client, OPCODE_BINARY, sent, bytes, 1);
            client_send_frame(&client, FIN | OPCODE_TEXT, "behind", 6);
            check_close(&client, "\x03\xf1message too big", 17, "too big");
            client_send_frame(&client, FIN | OPCODE_CLOSE, "\x03\xf1", 2);
            client_close(&client);
        }
        if (client_open(&witness, other.port)) {
            CU_ASSERT_EQUAL(client_read_frame(&witness, &frame), READ_OK);
            CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
            CU_ASSERT_EQUAL(server_descriptors(&other), before + 1);
            client_close(&witness);
        }
        server_stop(&other);
    }
    free(sent);
    deflater_fini(&deflater);
}

/* 256 MiB of zeros are 256 KiB on the wire: a bomb for whoever keeps what comes out. */
static void what_a_bomb_inflates_to_is_never_held(void)
{
    const size_t size = 256 * MIB;
    uint8_t *zeros = calloc(1, size);
    struct server unlimited;
    struct deflater deflater;
    struct message reply;
    struct client client;
    uint8_t *sent;
    size_t bytes;
    uint64_t before;

    deflater_init(&deflater, 15, true, 15, true);
    sent = deflater_compress(&deflater, zeros, size, &bytes);
    free(zeros);
    if (server_start(&unlimited,
                     ON_FREE_PORT ", \"echo\": { \"compression\": \"on\", \"max-inflated\": 0 }")) {
        if (client_open_with(&client, unlimited.port, OFFER(""))) {
            check_echo(&client, OPCODE_TEXT, "warm", 4, "warm");
            before = server_memory(&unlimited, "VmRSS");
            server_reset_peak(&unlimited);
            send_compressed(&client, OPCODE_BINARY, sent, bytes, 1);
            CU_ASSERT_EQUAL(client_read_message(&client, &reply), READ_OK);
            CU_ASSERT_TRUE(reply.bytes == bytes && !memcmp(reply.payload, sent, bytes));
            message_free(&reply);
            CU_ASSERT_TRUE(server_memory(&unlimited, "VmHWM") < before + 4 * MIB);
            client_say_goodbye(&client);
        }
        server_stop(&unlimited);
    }
    free(sent);
    deflater_fini(&deflater);
}

/* Returns a message that compresses to about a thousandth, in @sent_bytes; to be freed. */
static uint8_t *compress_blank(struct deflater *deflater, uint8_t *message, size_t bytes,
                               size_t *sent_bytes)
{
    memset(message, ' ', bytes);
    for (size_t i = 0; i < bytes; i += 10007)
        message[i] = (uint8_t)('a' + i % 26);

    return deflater_compress(deflater, message, bytes, sent_bytes);
}

/*
 * Where the inflated message goes back, a reader that does not read must not make it pile up. What
 * other connections send meanwhile must not come into it, nor what follows be taken for more of it.
 */
static void an_inflated_reply_waits_for_a_slow_reader(void)
{
    enum { SIZE = 48 << 20, OTHER = 200000, PLAIN = 4 << 20 };
    uint8_t *message = malloc(SIZE);
    uint8_t *other = random_bytes(1, PLAIN);
    uint8_t *out = malloc(PLAIN + 14);
    struct deflater deflater;
    struct message reply;
    struct client client;
    struct client witness;
    uint8_t *sent;
    size_t bytes;
    uint64_t before;

    deflater_init(&deflater, 15, true, 15, true);
    sent = compress_blank(&deflater, message, SIZE, &bytes);
    if (client_open(&witness, server.port) &&
        client_open_narrow(&client, server.port, NARROW_OFFER)) {
        before = server_memory(&server, "VmRSS");
        server_reset_peak(&server);
        send_compressed(&client, OPCODE_TEXT, sent, bytes, 3);
        client_send_frame(&client, FIN | OPCODE_TEXT, "behind", 6);
        wait_turns(&witness);
        check_echo(&witness, OPCODE_BINARY, other, OTHER, "witness");
        CU_ASSERT_TRUE(server_memory(&server, "VmHWM") < before + 8 * MIB);
        CU_ASSERT_EQUAL(client_read_message(&client, &reply), READ_OK);
        CU_ASSERT_FALSE(reply.compressed);
        CU_ASSERT_TRUE(reply.bytes == SIZE && !memcmp(reply.payload, message, SIZE));
        message_free(&reply);
        check_message(&client, OPCODE_TEXT, "behind", 6, "behind");

        client_send_reading(&client, out, compose_frame(out, FIN | OPCODE_BINARY, other, PLAIN));
        check_message(&client, OPCODE_BINARY, other, PLAIN, "plain");
        client_say_goodbye(&client);
        client_say_goodbye(&witness);
    }
    deflater_fini(&deflater);
    free(sent);
    free(out);
    free(other);
    free(message);
}

/* The peer gone, or the server told to stop, in the middle of such a reply. */
static void an_inflated_reply_may_be_cut_short(void)
{
    enum { SIZE = 48 << 20 };
    uint8_t *message = malloc(SIZE);
    struct server stopped;
    struct deflater deflater;
    struct client stays;
    struct client goes;
    uint8_t *sent;
    size_t bytes;

    deflater_init(&deflater, 15, true, 15, true);
    sent = compress_blank(&deflater, message, SIZE, &bytes);
    free(message);
    if (server_start(&stopped, ON)) {
        if (client_open_with(&goes, stopped.port, NARROW_OFFER) &&
            client_open_with(&stays, stopped.port, NARROW_OFFER)) {
            send_compressed(&goes, OPCODE_BINARY, sent, bytes, 1);
            CU_ASSERT_EQUAL(client_receive(&goes), READ_OK);
            client_close(&goes);
            send_compressed(&stays, OPCODE_BINARY, sent, bytes, 1);
            CU_ASSERT_EQUAL(client_receive(&stays), READ_OK);
        }
        server_stop(&stopped);
        client_close(&stays);
    }
    deflater_fini(&deflater);
    free(sent);
}

/* What inflating needs is given back at a message's end where no later one refers to it. */
static void idle_connections_without_context_cost_nothing_more(void)
{
    enum { CLIENTS = 200, BYTES = 30000, EACH = 16384 };
    static struct client clients[CLIENTS];
    uint8_t *message = random_bytes(9, BYTES);
    struct deflater deflater;
    uint64_t before = 0;

    if (server_is_lwsws()) { /* the memory that libwebsockets touches is the host's business */
        free(message);
        return;
    }
    deflater_init(&deflater, 15, false, 15, false);
    for (size_t c = 0; c < CLIENTS; c++) {
        if (!client_open_with(&clients[c], no_takeover.port, OFFER("")))
            break;
        check_compressed_echo(&clients[c], &deflater, OPCODE_BINARY, message, BYTES, 1, true,
                              "idle");
        if (c == CLIENTS / 10)
            before = server_memory(&no_takeover, "VmRSS");
    }
#ifdef __SANITIZE_ADDRESS__
    (void)before; /* which holds back what is freed */
#else
    CU_ASSERT_TRUE(server_memory(&no_takeover, "VmRSS") < before + (uint64_t)CLIENTS * EACH);
#endif
    for (size_t c = 0; c < CLIENTS; c++)
        client_say_goodbye(&clients[c]);
    deflater_fini(&deflater);
    free(message);
}

/* Each message of each connection in pieces, the connections taking turns. */
static void connections_do_not_mix(void)
{
    enum { CLIENTS = 8, MESSAGES = 12, BYTES = 30000, PIECE = 700 };
    struct client clients[CLIENTS];
    struct deflater deflaters[CLIENTS];
    uint8_t *messages[CLIENTS];
    uint8_t *sent[CLIENTS];
    size_t sent_bytes[CLIENTS];
    struct message reply;
    size_t left;

    for (size_t c = 0; c < CLIENTS; c++)
        if (!open_agreed(&clients[c], &deflaters[c], server.port, &agreements[c % AGREEMENTS]))
            return;

    for (size_t m = 0; m < MESSAGES; m++) {
        for (size_t c = 0; c < CLIENTS; c++) {
            uint8_t header[14];

            messages[c] = some_text((uint32_t)(m * CLIENTS + c), BYTES);
            sent[c] = deflater_compress(&deflaters[c], messages[c], BYTES, &sent_bytes[c]);
            client_send(&clients[c], header,
                        compose_header(header, FIN | RSV1 | OPCODE_TEXT, sent_bytes[c]));
            for (size_t i = 0; i < sent_bytes[c]; i++)
                sent[c][i] ^= mask_key(i);
        }
        left = CLIENTS;
        for (size_t from = 0; left; from += PIECE) {
            left = 0;
            for (size_t c = 0; c < CLIENTS; c++) {
                size_t rest = from < sent_bytes[c] ? sent_bytes[c] - from : 0;

                client_send(&clients[c], sent[c] + from, rest < PIECE ? rest : PIECE);
                left += rest > PIECE;
            }
        }
        for (size_t c = 0; c < CLIENTS; c++) {
            const struct agreement *agreement = &agreements[c % AGREEMENTS];

            CHECK_ROW(client_read_message(&clients[c], &reply) == READ_OK, agreement->name);
            CHECK_ROW(reply.compressed == agreement->mirrors, agreement->name);
            if (reply.compressed)
                check_expanded(&deflaters[c], &reply, messages[c], BYTES, agreement->name);
            else
                CHECK_ROW(reply.bytes == BYTES && !memcmp(reply.payload, messages[c], BYTES),
                          agreement->name);
            message_free(&reply);
            free(messages[c]);
            free(sent[c]);
        }
    }
    for (size_t c = 0; c < CLIENTS; c++) {
        client_say_goodbye(&clients[c]);
        deflater_fini(&deflaters[c]);
    }
}

static CU_TestInfo tests[] = {
    TEST(offers_are_answered),
    TEST(offers_that_cannot_be_read_are_refused),
    TEST(compressed_messages_come_back),
    TEST(later_messages_may_refer_to_earlier_ones),
    TEST(compressed_messages_may_be_fragmented),
    TEST(a_small_receive_buffer_is_enough),
    TEST(control_frames_pass_between_compressed_fragments),
    TEST(forms_of_deflate_that_the_rfc_shows_are_taken),
    TEST(what_is_wrong_with_compressed_messages_is_named),
    TEST(rsv1_elsewhere_is_a_protocol_error),
    TEST(data_beyond_the_window_agreed_on_is_refused),
    TEST(a_distance_may_be_as_great_as_the_window),
    TEST(inflated_messages_have_a_limit),
    TEST(only_what_comes_out_counts),
    TEST(the_compressed_form_is_limited_too),
    TEST(a_bomb_does_not_hold_up_others),
    TEST(a_fault_found_in_a_later_turn_closes_like_others),
    TEST(what_a_bomb_inflates_to_is_never_held),
    TEST(an_inflated_reply_waits_for_a_slow_reader),
    TEST(an_inflated_reply_may_be_cut_short),
    TEST(idle_connections_without_context_cost_nothing_more),
    TEST(connections_do_not_mix),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"compression", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
