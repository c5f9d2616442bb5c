/* Frames as RFC 6455 section 5 allows and forbids them, each in several deliveries. */

#include <string.h>

#include "conversation.h"
#include "runner.h"
#include "server.h"

SUITE_SERVER(ON_FREE_PORT)

#define CHECK(rows) check_conversations(server.port, rows, sizeof(rows) / sizeof((rows)[0]))

#define REPEAT_5(text) text text text text text
#define REPEAT_25(text) REPEAT_5(REPEAT_5(text))
#define BYTES_125 REPEAT_5(REPEAT_25("\xfe"))

#define RSV2 0x20
#define RSV3 0x10

static void pings_are_answered_and_pongs_are_not(void)
{
    static const struct conversation rows[] = {
        {"empty Ping (5.5.2)", {SAY(FIN | PING, "")}, {SAY(PONG, "")}, 0},
        {"Ping with text (5.5.3)", {SAY(FIN | PING, "Hello")}, {SAY(PONG, "Hello")}, 0},
        {"Ping with binary (5.5.3)",
         {SAY(FIN | PING, "\x00\xff\xfe\xfd\xfc\xfb\x00\xff")},
         {SAY(PONG, "\x00\xff\xfe\xfd\xfc\xfb\x00\xff")},
         0},
        {"Ping of 125 bytes (5.5)", {SAY(FIN | PING, BYTES_125)}, {SAY(PONG, BYTES_125)}, 0},
        {"Ping of 126 bytes (5.5)", {SAY(FIN | PING, BYTES_125 "\xfe")}, {{0}}, 1002},
        {"Pong of 126 bytes (5.5)", {SAY(FIN | PONG, BYTES_125 "\xfe")}, {{0}}, 1002},
        {"Close of 126 bytes (5.5)", {SAY(FIN | CLOSE, BYTES_125 "\xfe")}, {{0}}, 1002},
        {"empty Pong unasked (5.5.3)", {SAY(FIN | PONG, "")}, {{0}}, 0},
        {"Pong unasked (5.5.3)", {SAY(FIN | PONG, "unsolicited")}, {{0}}, 0},
        {"Pong unasked, then Ping (5.5.3)",
         {SAY(FIN | PONG, "unsolicited"), SAY(FIN | PING, "asked")},
         {SAY(PONG, "asked")},
         0},
        {"Ping between messages (5.4)",
         {SAY(FIN | TEXT, "one"), SAY(FIN | PING, "p"), SAY(FIN | TEXT, "two")},
         {SAY(TEXT, "one"), SAY(PONG, "p"), SAY(TEXT, "two")},
         0},
    };

    CHECK(rows);
}

static void reserved_bits_are_an_error(void)
{
    static const struct conversation rows[] = {
        {"RSV3 on text (5.2)", {SAY(FIN | RSV3 | TEXT, "x")}, {{0}}, 1002},
        {"RSV2 behind a message (5.2)",
         {SAY(FIN | TEXT, "owed"), SAY(FIN | RSV2 | TEXT, "x"), SAY(FIN | PING, "")},
         {SAY(TEXT, "owed")},
         1002},
        {"RSV2 and 3 behind a message (5.2)",
         {SAY(FIN | TEXT, "owed"), SAY(FIN | RSV2 | RSV3 | TEXT, "x")},
         {SAY(TEXT, "owed")},
         1002},
        {"RSV1 without an extension (5.2)",
         {SAY(FIN | TEXT, "owed"), SAY(FIN | RSV1 | TEXT, "x")},
         {SAY(TEXT, "owed")},
         1002},
        {"RSV1 and 3 on binary (5.2)", {SAY(FIN | RSV1 | RSV3 | BINARY, "x")}, {{0}}, 1002},
        {"RSV1 and 2 on Ping (5.2)", {SAY(FIN | RSV1 | RSV2 | PING, "x")}, {{0}}, 1002},
        {"all on Close (5.2)", {SAY(FIN | RSV1 | RSV2 | RSV3 | CLOSE, "\x03\xe8")}, {{0}}, 1002},
        {"RSV3 on a continuation (5.2)",
         {SAY(TEXT, "begun"), SAY(FIN | RSV3 | CONTINUATION, "x")},
         {{0}},
         1002},
    };

    CHECK(rows);
}

static void reserved_opcodes_are_an_error(void)
{
    static const unsigned opcodes[] = {0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf};

    for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
        const unsigned first = FIN | opcodes[i];
        const struct conversation rows[] = {
            {"reserved opcode, empty (5.2)", {SAY(first, "")}, {{0}}, 1002},
            {"reserved opcode (5.2)", {SAY(first, "reserved payload")}, {{0}}, 1002},
            {"reserved opcode behind a message (5.2)",
             {SAY(FIN | TEXT, "owed"), SAY(first, "x"), SAY(FIN | PING, "")},
             {SAY(TEXT, "owed")},
             1002},
        };

        CHECK(rows);
    }
}

static void fragments_follow_the_rules(void)
{
    static const struct conversation rows[] = {
        {"fragmented Ping (5.5)",
         {SAY(PING, "frag"), SAY(FIN | CONTINUATION, "ment")},
         {{0}},
         1002},
        {"fragmented Pong (5.5)",
         {SAY(PONG, "frag"), SAY(FIN | CONTINUATION, "ment")},
         {{0}},
         1002},
        {"fragmented Close (5.5)", {SAY(CLOSE, "\x03\xe8")}, {{0}}, 1002},
        {"two fragments (5.4)",
         {SAY(TEXT, "one"), SAY(FIN | CONTINUATION, "two")},
         {SAY(TEXT, "onetwo")},
         0},
        {"Pong between fragments (5.4)",
         {SAY(BINARY, "one"), SAY(FIN | PONG, "p"), SAY(FIN | CONTINUATION, "two")},
         {SAY(BINARY, "onetwo")},
         0},
        {"nothing to continue, final (5.4)",
         {SAY(FIN | CONTINUATION, "x"), SAY(FIN | TEXT, "Hello")},
         {{0}},
         1002},
        {"nothing to continue (5.4)",
         {SAY(CONTINUATION, "x"), SAY(FIN | TEXT, "Hello")},
         {{0}},
         1002},
        {"nothing to continue behind a whole message (5.4)",
         {SAY(FIN | TEXT, "owed"), SAY(FIN | CONTINUATION, "x")},
         {SAY(TEXT, "owed")},
         1002},
        {"nothing to continue behind fragments (5.4)",
         {SAY(TEXT, "one"), SAY(FIN | CONTINUATION, "two"), SAY(CONTINUATION, "x"),
          SAY(FIN | TEXT, "y")},
         {SAY(TEXT, "onetwo")},
         1002},
        {"a new message within fragments (5.4)",
         {SAY(TEXT, "one"), SAY(FIN | TEXT, "two")},
         {{0}},
         1002},
        {"a new fragmented message within fragments (5.4)",
         {SAY(TEXT, "one"), SAY(BINARY, "two")},
         {{0}},
         1002},
        {"empty fragments (5.4)",
         {SAY(TEXT, ""), SAY(CONTINUATION, ""), SAY(FIN | CONTINUATION, "")},
         {SAY(TEXT, "")},
         0},
        {"content only between empty fragments (5.4)",
         {SAY(TEXT, ""), SAY(CONTINUATION, "middle"), SAY(FIN | CONTINUATION, "")},
         {SAY(TEXT, "middle")},
         0},
    };

    CHECK(rows);
}

/* A message may be long: what is between its fragments is not to wait for its end (5.4, 5.5.2). */
static void a_ping_is_answered_before_the_message_ends(void)
{
    static const struct conversation rows[] = {
        {"Ping between fragments (5.4)",
         {SAY(TEXT, "one"), SAY(FIN | PING, "p"), SAY(FIN | CONTINUATION, "two")},
         {SAY(PONG, "p"), SAY(TEXT, "onetwo")},
         0},
        {"five fragments and Pings (5.4)",
         {SAY(TEXT, "1"), SAY(CONTINUATION, "2"), SAY(FIN | PING, "p"), SAY(CONTINUATION, "3"),
          SAY(CONTINUATION, "4"), SAY(FIN | CONTINUATION, "5")},
         {SAY(PONG, "p"), SAY(TEXT, "12345")},
         0},
        {"Ping behind an empty fragment (5.4)",
         {SAY(BINARY, ""), SAY(FIN | PING, "p"), SAY(FIN | CONTINUATION, "")},
         {SAY(PONG, "p"), SAY(BINARY, "")},
         0},
        {"Ping in the first of two messages (5.4)",
         {SAY(TEXT, "one"), SAY(FIN | PING, "p"), SAY(FIN | CONTINUATION, "two"),
          SAY(FIN | TEXT, "three")},
         {SAY(PONG, "p"), SAY(TEXT, "onetwo"), SAY(TEXT, "three")},
         0},
    };

    check_ordered_conversations(server.port, rows, sizeof(rows) / sizeof(rows[0]));
}

/*
 * libwebsockets holds one Ping and forgets the others until its Pong is out. That is no error
 * (section 5.5.3 lets the most recent be answered alone), and nothing else may suffer from it.
 */
static void many_pings_at_once_are_answered_by_at_least_one_pong(void)
{
    enum { PINGS = 10 };
    uint8_t out[PINGS * 16];
    size_t bytes = 0;
    struct client client;
    struct frame frame;

    if (!client_open(&client, server.port))
        return;
    for (int i = 0; i < PINGS; i++)
        bytes += compose_frame(out + bytes, FIN | PING, "ping", 4);
    client_send(&client, out, bytes);
    CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
    CU_ASSERT_EQUAL(frame.opcode, PONG);
    CU_ASSERT_EQUAL(frame.bytes, 4);
    check_echo(&client, TEXT, "goes on", 7, "behind Pings");
    client_say_goodbye(&client);
}

static CU_TestInfo tests[] = {
    TEST(pings_are_answered_and_pongs_are_not),
    TEST(reserved_bits_are_an_error),
    TEST(reserved_opcodes_are_an_error),
    TEST(fragments_follow_the_rules),
    TEST(a_ping_is_answered_before_the_message_ends),
    TEST(many_pings_at_once_are_answered_by_at_least_one_pong),
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
