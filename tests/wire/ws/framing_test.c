/* Frames as RFC 6455 section 5 allows and forbids them, each in several deliveries. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conversation.h"
#include "library.h"
#include "runner.h"
#include "server.h"

#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

SUITE_SERVER(ON_FREE_PORT)

#define CHECK(rows) check_conversations(server.port, rows, sizeof(rows) / sizeof((rows)[0]))

#define REPEAT_5(text) text text text text text
#define REPEAT_25(text) REPEAT_5(REPEAT_5(text))
#define BYTES_125 REPEAT_5(REPEAT_25("\xfe"))

#define RSV2 0x20
#define RSV3 0x10

#define DEFLATE "Sec-WebSocket-Extensions: permessage-deflate\r\n"
#define KEY "\x12\x34\x56\x78"

static void pings_are_answered_and_pongs_are_not(void)
{
    static const struct conversation rows[] = {
        {"empty Ping (5.5.2)", {SAY(FIN | OPCODE_PING, "")}, {SAY(OPCODE_PONG, "")}, 0},
        {"Ping with text (5.5.3)",
         {SAY(FIN | OPCODE_PING, "Hello")},
         {SAY(OPCODE_PONG, "Hello")},
         0},
        {"Ping with binary (5.5.3)",
         {SAY(FIN | OPCODE_PING, "\x00\xff\xfe\xfd\xfc\xfb\x00\xff")},
         {SAY(OPCODE_PONG, "\x00\xff\xfe\xfd\xfc\xfb\x00\xff")},
         0},
        {"Ping of 125 bytes (5.5)",
         {SAY(FIN | OPCODE_PING, BYTES_125)},
         {SAY(OPCODE_PONG, BYTES_125)},
         0},
        {"Ping of 126 bytes (5.5)", {SAY(FIN | OPCODE_PING, BYTES_125 "\xfe")}, {{0}}, 1002},
        {"Pong of 126 bytes (5.5)", {SAY(FIN | OPCODE_PONG, BYTES_125 "\xfe")}, {{0}}, 1002},
        {"Close of 126 bytes (5.5)", {SAY(FIN | OPCODE_CLOSE, BYTES_125 "\xfe")}, {{0}}, 1002},
        {"empty Pong unasked (5.5.3)", {SAY(FIN | OPCODE_PONG, "")}, {{0}}, 0},
        {"Pong unasked (5.5.3)", {SAY(FIN | OPCODE_PONG, "unsolicited")}, {{0}}, 0},
        {"Pong unasked, then Ping (5.5.3)",
         {SAY(FIN | OPCODE_PONG, "unsolicited"), SAY(FIN | OPCODE_PING, "asked")},
         {SAY(OPCODE_PONG, "asked")},
         0},
        {"Ping between messages (5.4)",
         {SAY(FIN | OPCODE_TEXT, "one"), SAY(FIN | OPCODE_PING, "p"),
          SAY(FIN | OPCODE_TEXT, "two")},
         {SAY(OPCODE_TEXT, "one"), SAY(OPCODE_PONG, "p"), SAY(OPCODE_TEXT, "two")},
         0},
    };

    CHECK(rows);
}

static void frames_that_are_not_masked_are_an_error(void)
{
    static const struct conversation rows[] = {
        {"unmasked text (5.1)",
         {SAY(FIN | OPCODE_TEXT, "owed"), RAW("\x81\x05Hello")},
         {SAY(OPCODE_TEXT, "owed")},
         1002},
        {"unmasked empty text (5.1)", {RAW("\x81\x00")}, {{0}}, 1002},
        {"unmasked binary of 126 bytes (5.1)",
         {RAW("\x82\x7e\x00\x7e" BYTES_125 "x")},
         {{0}},
         1002},
        {"unmasked continuation (5.1)", {SAY(OPCODE_TEXT, "begun"), RAW("\x80\x01x")}, {{0}}, 1002},
        {"unmasked Ping (5.1)", {RAW("\x89\x04ping")}, {{0}}, 1002},
        {"unmasked Pong (5.1)", {RAW("\x8a\x00")}, {{0}}, 1002},
        {"unmasked Close (5.1)", {RAW("\x88\x02\x03\xe8")}, {{0}}, 1002},
    };
    static const struct conversation taken[] = {
        {"unmasked text", {RAW("\x81\x05Hello")}, {SAY(OPCODE_TEXT, "Hello")}, 0},
        {"unmasked Ping", {RAW("\x89\x04ping")}, {SAY(OPCODE_PONG, "ping")}, 0},
        {"unmasked Close", {RAW("\x88\x02\x03\xe8")}, {{0}}, 1000},
    };

    if (library_has(LIMIT_UNMASKED_FRAMES))
        CHECK(taken);
    else
        CHECK(rows);
}

static void lengths_have_their_shortest_form(void)
{
    static const struct conversation rows[] = {
        {"0 in 16 bits (5.2)", {RAW("\x81\xfe\x00\x00" KEY)}, {{0}}, 1002},
        {"5 in 16 bits (5.2)",
         {SAY(FIN | OPCODE_TEXT, "owed"), RAW("\x81\xfe\x00\x05" KEY "Hello")},
         {SAY(OPCODE_TEXT, "owed")},
         1002},
        {"125 in 16 bits (5.2)", {RAW("\x82\xfe\x00\x7d" KEY BYTES_125)}, {{0}}, 1002},
        {"0 in 64 bits (5.2)", {RAW("\x81\xff\0\0\0\0\0\0\0\0" KEY)}, {{0}}, 1002},
        {"5 in 64 bits (5.2)", {RAW("\x81\xff\0\0\0\0\0\0\0\x05" KEY "Hello")}, {{0}}, 1002},
        {"126 in 64 bits (5.2)",
         {RAW("\x81\xff\0\0\0\0\0\0\0\x7e" KEY BYTES_125 "x")},
         {{0}},
         1002},
        {"65535 in 64 bits (5.2)", {RAW("\x82\xff\0\0\0\0\0\0\xff\xff" KEY)}, {{0}}, 1002},
        {"a continuation of 1 in 16 bits (5.2)",
         {SAY(OPCODE_TEXT, "begun"), RAW("\x80\xfe\x00\x01" KEY "x")},
         {{0}},
         1002},
        {"126 in 16 bits (5.2)",
         {SAY(FIN | OPCODE_BINARY, BYTES_125 "x")},
         {SAY(OPCODE_BINARY, BYTES_125 "x")},
         0},
    };
    static const struct conversation taken[] = {
        {"5 in 16 bits", {RAW("\x81\xfe\x00\x05\0\0\0\0Hello")}, {SAY(OPCODE_TEXT, "Hello")}, 0},
        {"5 in 64 bits",
         {RAW("\x81\xff\0\0\0\0\0\0\0\x05\0\0\0\0Hello")},
         {SAY(OPCODE_TEXT, "Hello")},
         0},
    };

    if (library_has(LIMIT_LONGER_LENGTHS))
        CHECK(taken);
    else
        CHECK(rows);
}

static void reserved_bits_are_an_error(void)
{
    static const struct conversation rows[] = {
        {"RSV3 on text (5.2)", {SAY(FIN | RSV3 | OPCODE_TEXT, "x")}, {{0}}, 1002},
        {"RSV2 after a message (5.2)",
         {SAY(FIN | OPCODE_TEXT, "owed"), SAY(FIN | RSV2 | OPCODE_TEXT, "x"),
          SAY(FIN | OPCODE_PING, "")},
         {SAY(OPCODE_TEXT, "owed")},
         1002},
        {"RSV2 and 3 after a message (5.2)",
         {SAY(FIN | OPCODE_TEXT, "owed"), SAY(FIN | RSV2 | RSV3 | OPCODE_TEXT, "x")},
         {SAY(OPCODE_TEXT, "owed")},
         1002},
        {"RSV1 without an extension (5.2)",
         {SAY(FIN | OPCODE_TEXT, "owed"), SAY(FIN | RSV1 | OPCODE_TEXT, "x")},
         {SAY(OPCODE_TEXT, "owed")},
         1002},
        {"RSV1 and 3 on binary (5.2)", {SAY(FIN | RSV1 | RSV3 | OPCODE_BINARY, "x")}, {{0}}, 1002},
        {"RSV1 and 2 on Ping (5.2)", {SAY(FIN | RSV1 | RSV2 | OPCODE_PING, "x")}, {{0}}, 1002},
        {"all on Close (5.2)",
         {SAY(FIN | RSV1 | RSV2 | RSV3 | OPCODE_CLOSE, "\x03\xe8")},
         {{0}},
         1002},
        {"RSV3 on a continuation (5.2)",
         {SAY(OPCODE_TEXT, "begun"), SAY(FIN | RSV3 | OPCODE_CONTINUATION, "x")},
         {{0}},
         1002},
    };

    CHECK(rows);
}

/* It marks messages (RFC 7692 section 6), and these rows agree on compression. */
static void rsv1_on_a_control_frame_is_an_error(void)
{
    static const struct conversation rows[] = {
        {"RSV1 on Pong (RFC 7692 6.1)", {SAY(FIN | RSV1 | OPCODE_PONG, "x")}, {{0}}, 1002},
        {"RSV1 on Close (RFC 7692 6.1)", {SAY(FIN | RSV1 | OPCODE_CLOSE, "\x03\xe8")}, {{0}}, 1002},
        {"RSV1 on Ping (RFC 7692 6.1)",
         {SAY(FIN | OPCODE_TEXT, "owed"), SAY(FIN | RSV1 | OPCODE_PING, "x")},
         {SAY(OPCODE_TEXT, "owed")},
         1002},
        {"RSV1 on an empty Ping (RFC 7692 6.1)", {SAY(FIN | RSV1 | OPCODE_PING, "")}, {{0}}, 1002},
        {"RSV1 on an empty Pong (RFC 7692 6.1)", {SAY(FIN | RSV1 | OPCODE_PONG, "")}, {{0}}, 1002},
        {"RSV1 on a Ping between fragments (RFC 7692 6.1)",
         {SAY(OPCODE_TEXT, "begun"), SAY(FIN | RSV1 | OPCODE_PING, "x")},
         {{0}},
         1002},
    };
    static const struct conversation ignored[] = {
        {"RSV1 on Ping", {SAY(FIN | RSV1 | OPCODE_PING, "x")}, {SAY(OPCODE_PONG, "x")}, 0},
        {"RSV1 on an empty Pong", {SAY(FIN | RSV1 | OPCODE_PONG, "")}, {{0}}, 0},
    };
    enum { FOUND_BY_THE_PLUGIN = 2 };
    struct server other;

    if (!server_start(&other, ON_FREE_PORT ", \"echo\": { \"compression\": \"on\" }"))
        return;
    if (library_has(LIMIT_RSV1_ON_PING)) {
        check_conversations_with(other.port, DEFLATE, rows, FOUND_BY_THE_PLUGIN);
        check_conversations_with(other.port, DEFLATE, ignored,
                                 sizeof(ignored) / sizeof(ignored[0]));
    } else {
        check_conversations_with(other.port, DEFLATE, rows, sizeof(rows) / sizeof(rows[0]));
    }
    server_stop(&other);
}

static void reserved_opcodes_are_an_error(void)
{
    static const unsigned opcodes[] = {0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf};

    for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
        const unsigned first = FIN | opcodes[i];
        const struct conversation rows[] = {
            {"reserved opcode, empty (5.2)", {SAY(first, "")}, {{0}}, 1002},
            {"reserved opcode (5.2)", {SAY(first, "reserved payload")}, {{0}}, 1002},
            {"reserved opcode after a message (5.2)",
             {SAY(FIN | OPCODE_TEXT, "owed"), SAY(first, "x"), SAY(FIN | OPCODE_PING, "")},
             {SAY(OPCODE_TEXT, "owed")},
             1002},
        };

        CHECK(rows);
    }
}

static void fragments_follow_the_rules(void)
{
    static const struct conversation rows[] = {
        {"fragmented Ping (5.5)",
         {SAY(OPCODE_PING, "frag"), SAY(FIN | OPCODE_CONTINUATION, "ment")},
         {{0}},
         1002},
        {"fragmented Pong (5.5)",
         {SAY(OPCODE_PONG, "frag"), SAY(FIN | OPCODE_CONTINUATION, "ment")},
         {{0}},
         1002},
        {"fragmented Close (5.5)", {SAY(OPCODE_CLOSE, "\x03\xe8")}, {{0}}, 1002},
        {"two fragments (5.4)",
         {SAY(OPCODE_TEXT, "one"), SAY(FIN | OPCODE_CONTINUATION, "two")},
         {SAY(OPCODE_TEXT, "onetwo")},
         0},
        {"Pong between fragments (5.4)",
         {SAY(OPCODE_BINARY, "one"), SAY(FIN | OPCODE_PONG, "p"),
          SAY(FIN | OPCODE_CONTINUATION, "two")},
         {SAY(OPCODE_BINARY, "onetwo")},
         0},
        {"nothing to continue, final (5.4)",
         {SAY(FIN | OPCODE_CONTINUATION, "x"), SAY(FIN | OPCODE_TEXT, "Hello")},
         {{0}},
         1002},
        {"nothing to continue (5.4)",
         {SAY(OPCODE_CONTINUATION, "x"), SAY(FIN | OPCODE_TEXT, "Hello")},
         {{0}},
         1002},
        {"nothing to continue after a whole message (5.4)",
         {SAY(FIN | OPCODE_TEXT, "owed"), SAY(FIN | OPCODE_CONTINUATION, "x")},
         {SAY(OPCODE_TEXT, "owed")},
         1002},
        {"nothing to continue after fragments (5.4)",
         {SAY(OPCODE_TEXT, "one"), SAY(FIN | OPCODE_CONTINUATION, "two"),
          SAY(OPCODE_CONTINUATION, "x"), SAY(FIN | OPCODE_TEXT, "y")},
         {SAY(OPCODE_TEXT, "onetwo")},
         1002},
        {"a new message within fragments (5.4)",
         {SAY(OPCODE_TEXT, "one"), SAY(FIN | OPCODE_TEXT, "two")},
         {{0}},
         1002},
        {"a new fragmented message within fragments (5.4)",
         {SAY(OPCODE_TEXT, "one"), SAY(OPCODE_BINARY, "two")},
         {{0}},
         1002},
        {"empty fragments (5.4)",
         {SAY(OPCODE_TEXT, ""), SAY(OPCODE_CONTINUATION, ""), SAY(FIN | OPCODE_CONTINUATION, "")},
         {SAY(OPCODE_TEXT, "")},
         0},
        {"content only between empty fragments (5.4)",
         {SAY(OPCODE_TEXT, ""), SAY(OPCODE_CONTINUATION, "middle"),
          SAY(FIN | OPCODE_CONTINUATION, "")},
         {SAY(OPCODE_TEXT, "middle")},
         0},
    };

    CHECK(rows);
}

/* A message may be long: what is between its fragments is not to wait for its end (5.4, 5.5.2). */
static void a_ping_is_answered_before_the_message_ends(void)
{
    static const struct conversation rows[] = {
        {"Ping between fragments (5.4)",
         {SAY(OPCODE_TEXT, "one"), SAY(FIN | OPCODE_PING, "p"),
          SAY(FIN | OPCODE_CONTINUATION, "two")},
         {SAY(OPCODE_PONG, "p"), SAY(OPCODE_TEXT, "onetwo")},
         0},
        {"five fragments and Pings (5.4)",
         {SAY(OPCODE_TEXT, "1"), SAY(OPCODE_CONTINUATION, "2"), SAY(FIN | OPCODE_PING, "p"),
          SAY(OPCODE_CONTINUATION, "3"), SAY(OPCODE_CONTINUATION, "4"),
          SAY(FIN | OPCODE_CONTINUATION, "5")},
         {SAY(OPCODE_PONG, "p"), SAY(OPCODE_TEXT, "12345")},
         0},
        {"Ping after an empty fragment (5.4)",
         {SAY(OPCODE_BINARY, ""), SAY(FIN | OPCODE_PING, "p"), SAY(FIN | OPCODE_CONTINUATION, "")},
         {SAY(OPCODE_PONG, "p"), SAY(OPCODE_BINARY, "")},
         0},
        {"Ping in the first of two messages (5.4)",
         {SAY(OPCODE_TEXT, "one"), SAY(FIN | OPCODE_PING, "p"),
          SAY(FIN | OPCODE_CONTINUATION, "two"), SAY(FIN | OPCODE_TEXT, "three")},
         {SAY(OPCODE_PONG, "p"), SAY(OPCODE_TEXT, "onetwo"), SAY(OPCODE_TEXT, "three")},
         0},
    };

    check_ordered_conversations(server.port, rows, sizeof(rows) / sizeof(rows[0]));
}

/* Composes Ping @i, whose payload is like no other's. Returns its size. */
static size_t compose_ping(uint8_t *out, int i, char payload[16])
{
    snprintf(payload, 16, "ping %d", i);

    return compose_frame(out, FIN | OPCODE_PING, payload, strlen(payload));
}

static bool is_pong(const struct received_frame *frame, int i)
{
    char payload[16];

    snprintf(payload, sizeof(payload), "ping %d", i);

    return frame->opcode == OPCODE_PONG && frame->bytes == strlen(payload) &&
           !memcmp(frame->payload, payload, frame->bytes);
}

/* At once, one at a time, or in pieces of @bytes. */
static void send_pieces(struct client *client, const uint8_t *data, size_t size, size_t bytes)
{
    for (size_t at = 0; at < size; at += bytes)
        client_send(client, data + at, size - at < bytes ? size - at : bytes);
}

/*
 * More than are kept (64), too. A limited library holds one Ping and forgets the others until its
 * Pong is out. That is no error (RFC 6455 section 5.5.3), and nothing else may suffer from it.
 */
static void every_ping_is_answered_in_order_even_before_a_close(void)
{
    static const int counts[] = {2, 10, 63, 64, 65, 1000};
    static const size_t pieces[] = {SIZE_MAX, 12, 1};
    static const struct {
        unsigned first;
        const char *payload;
        unsigned code;
    } ends[] = {
        {FIN | OPCODE_CLOSE, "\x0f\xa1", 4001},
        {FIN | 0x3, "error", 1002},
        {FIN | OPCODE_TEXT, "\xff\xff", 1007},
    };
    uint8_t *out = malloc(1000 * 32 + 64);

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) * 9; i++) {
        int count = counts[i / 9];
        size_t end = i / 3 % 3;
        bool limited = library_has(LIMIT_LOST_PINGS);
        struct received_frame frame = {.opcode = 0};
        struct client client;
        size_t bytes = 0;
        char name[64];
        int heard = 0;

        if (!client_open(&client, server.port))
            break;
        for (int ping = 0; ping < count; ping++)
            bytes += compose_ping(out + bytes, ping, name);
        bytes += compose_frame(out + bytes, ends[end].first, ends[end].payload,
                               strlen(ends[end].payload));
        send_pieces(&client, out, bytes, pieces[i % 3] == SIZE_MAX ? bytes : pieces[i % 3]);
        snprintf(name, sizeof(name), "%d Pings, %u, delivery %zu", count, ends[end].code, i % 3);
        while (client_read_frame(&client, &frame) == READ_OK && frame.opcode == OPCODE_PONG) {
            while (limited && heard < count && !is_pong(&frame, heard))
                heard++;
            CHECK_ROW(is_pong(&frame, heard++), name);
        }
        CHECK_ROW(limited || heard == count, name);
        CHECK_ROW(frame.opcode == OPCODE_CLOSE && frame.bytes >= 2 &&
                      (unsigned)(frame.payload[0] << 8 | frame.payload[1]) == ends[end].code,
                  name);
        client_close(&client);
    }
    free(out);
}

/* However much is echoed at once: the message must not end before its Pings are answered. */
static void a_ping_is_answered_between_fragments_of_any_size(void)
{
    static const size_t sizes[] = {1, 1000, 8192, 16384, 20000, 60000};
    enum { FRAGMENTS = 4, LARGEST = 60000 };
    uint8_t *payload = random_bytes(1, LARGEST);
    uint8_t *out = malloc((size_t)FRAGMENTS * (LARGEST + 64));

    if (library_has(LIMIT_LOST_PINGS)) /* answered, but perhaps later */
        goto done;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct received_frame frame = {.opcode = 0};
        struct client client;
        size_t bytes = 0;
        char name[64];
        int pongs = 0;

        if (!client_open(&client, server.port))
            break;
        for (unsigned fragment = 0; fragment < FRAGMENTS; fragment++) {
            unsigned first = fragment ? OPCODE_CONTINUATION : OPCODE_BINARY;

            if (fragment)
                bytes += compose_ping(out + bytes, (int)fragment - 1, name);
            first |= fragment == FRAGMENTS - 1 ? FIN : 0;
            bytes += compose_frame(out + bytes, first, payload, sizes[i]);
        }
        client_send(&client, out, bytes);
        snprintf(name, sizeof(name), "fragments of %zu bytes", sizes[i]);
        while (!(frame.fin && frame.opcode == OPCODE_CONTINUATION) &&
               client_read_frame(&client, &frame) == READ_OK)
            if (frame.opcode == OPCODE_PONG)
                CHECK_ROW(is_pong(&frame, pongs++), name);
        CHECK_ROW(pongs == FRAGMENTS - 1, name);
        check_echo(&client, OPCODE_TEXT, "goes on", 7, name);
        client_say_goodbye(&client);
    }
done:
    free(payload);
    free(out);
}

/*
 * The Pongs for a peer that does not read cannot all be kept, nor may it be kept from sending: the
 * oldest are forgotten (RFC 6455 section 5.5.3).
 */
static void pings_of_a_peer_that_reads_nothing_take_no_memory(void)
{
    enum { PINGS = 400000, BATCH = 1000, PREFIX = sizeof("ping ") - 1 };
    static const struct {
        unsigned first;
        const char *payload;
        unsigned code;
    } ends[] = {
        {FIN | OPCODE_CLOSE, "\x0f\xa1", 4001},
        {FIN | 0x3, "error", 1002},
    };
    uint8_t *out = malloc((size_t)BATCH * 32);
    struct client witness;

    if (!client_open(&witness, server.port))
        goto done;
    for (size_t end = 0; end < sizeof(ends) / sizeof(ends[0]); end++) {
        uint64_t before = server_memory(&server, "VmRSS");
        struct received_frame frame = {.opcode = 0};
        struct client client;
        char payload[16];
        long heard = -1;

        if (!client_open_narrow(&client, server.port, ""))
            break;
        for (int ping = 0; ping < PINGS;) {
            size_t bytes = 0;

            for (int i = 0; i < BATCH; i++)
                bytes += compose_ping(out + bytes, ping++, payload);
            CU_ASSERT_TRUE(client_send(&client, out, bytes));
        }
        wait_settled(&client, &witness);
        if (!IS_SANITIZED) /* which keeps what is freed */
            CU_ASSERT_TRUE(server_memory(&server, "VmRSS") < before + (1 << 20));
        client_send_frame(&client, ends[end].first, ends[end].payload, strlen(ends[end].payload));
        while (client_read_frame(&client, &frame) == READ_OK && frame.opcode == OPCODE_PONG) {
            long ping = 0;

            for (size_t i = PREFIX; i < frame.bytes; i++)
                ping = 10 * ping + (frame.payload[i] - '0');
            CU_ASSERT_TRUE(ping > heard);
            heard = ping;
        }
        CU_ASSERT_TRUE(library_has(LIMIT_LOST_PINGS) || heard == PINGS - 1);
        CU_ASSERT_EQUAL(frame.opcode, OPCODE_CLOSE);
        if (frame.opcode == OPCODE_CLOSE && frame.bytes >= 2)
            CU_ASSERT_EQUAL((unsigned)(frame.payload[0] << 8 | frame.payload[1]), ends[end].code);
        client_close(&client);
    }
    client_say_goodbye(&witness);
done:
    free(out);
}

static CU_TestInfo tests[] = {
    TEST(pings_are_answered_and_pongs_are_not),
    TEST(frames_that_are_not_masked_are_an_error),
    TEST(lengths_have_their_shortest_form),
    TEST(reserved_bits_are_an_error),
    TEST(rsv1_on_a_control_frame_is_an_error),
    TEST(reserved_opcodes_are_an_error),
    TEST(fragments_follow_the_rules),
    TEST(a_ping_is_answered_before_the_message_ends),
    TEST(every_ping_is_answered_in_order_even_before_a_close),
    TEST(a_ping_is_answered_between_fragments_of_any_size),
    TEST(pings_of_a_peer_that_reads_nothing_take_no_memory),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"framing", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
