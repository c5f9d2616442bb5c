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
    struct received_frame frame;

    if (!client_open(&client, server.port))
        return;
    for (int i = 0; i < PINGS; i++)
        bytes += compose_frame(out + bytes, FIN | OPCODE_PING, "ping", 4);
    client_send(&client, out, bytes);
    CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
    CU_ASSERT_EQUAL(frame.opcode, OPCODE_PONG);
    CU_ASSERT_EQUAL(frame.bytes, 4);
    check_echo(&client, OPCODE_TEXT, "goes on", 7, "after Pings");
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
