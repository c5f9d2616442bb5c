/* The closing handshake (RFC 6455 section 7). */

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "conversation.h"
#include "library.h"
#include "runner.h"
#include "server.h"

SUITE_SERVER(ON_FREE_PORT)

#define REASON_123                                                                                 \
    "123456789012345678901234567890123456789012345678901234567890"                                 \
    "123456789012345678901234567890123456789012345678901234567890123"

static void close_is_answered(void)
{
    static const struct {
        const char *name;
        const char *sent;
        size_t sent_bytes;
        const char *answer;
        size_t answer_bytes;
    } rows[] = {
        {"empty: 1000, as ASP.NET answers", "", 0, "\x03\xe8", 2},
        {"1000", "\x03\xe8", 2, "\x03\xe8", 2},
        {"1000 with a reason",
         "\x03\xe8"
         "bye",
         5,
         "\x03\xe8"
         "bye",
         5},
        {"1001", "\x03\xe9", 2, "\x03\xe9", 2},
        {"1003", "\x03\xeb", 2, "\x03\xeb", 2},
        {"1007", "\x03\xef", 2, "\x03\xef", 2},
        {"1011 with a reason",
         "\x03\xf3"
         "Gr\xc3\xbc\xc3\x9f"
         "e",
         9,
         "\x03\xf3"
         "Gr\xc3\xbc\xc3\x9f"
         "e",
         9},
        {"3000", "\x0b\xb8", 2, "\x0b\xb8", 2},
        {"4999 with a reason",
         "\x13\x87"
         "x",
         3,
         "\x13\x87"
         "x",
         3},
        {"the longest reason", "\x03\xe8" REASON_123, 125, "\x03\xe8" REASON_123, 125},
        {"one byte is no code: 1002", "\x03", 1, "\x03\xea", 2},
    };
    struct client client;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!client_open(&client, server.port))
            return;
        client_send_frame(&client, FIN | OPCODE_CLOSE, rows[i].sent, rows[i].sent_bytes);
        check_close(&client, rows[i].answer, rows[i].answer_bytes, rows[i].name);
        client_close(&client);
    }
}

/* Service Restart, Try Again Later and Bad Gateway came later, to IANA's registry. */
static void the_codes_1012_to_1014_are_answered_like_others(void)
{
    static const struct conversation rows[] = {
        {"1012 (IANA)", {SAY(FIN | OPCODE_CLOSE, "\x03\xf4")}, {{0}}, 1012},
        {"1013 (IANA)",
         {SAY(FIN | OPCODE_TEXT, "owed"), SAY(FIN | OPCODE_CLOSE, "\x03\xf5later")},
         {SAY(OPCODE_TEXT, "owed")},
         1013},
        {"1014 (IANA)", {SAY(FIN | OPCODE_CLOSE, "\x03\xf6")}, {{0}}, 1014},
    };
    static const struct conversation refused[] = {
        {"1012", {SAY(FIN | OPCODE_CLOSE, "\x03\xf4")}, {{0}}, 1002},
        {"1013", {SAY(FIN | OPCODE_CLOSE, "\x03\xf5later")}, {{0}}, 1002},
        {"1014", {SAY(FIN | OPCODE_CLOSE, "\x03\xf6")}, {{0}}, 1002},
    };
    struct client client;

    if (library_has(LIMIT_CODES_1012_TO_1014)) {
        check_conversations(server.port, refused, sizeof(refused) / sizeof(refused[0]));
        return;
    }
    check_conversations(server.port, rows, sizeof(rows) / sizeof(rows[0]));
    if (!client_open(&client, server.port))
        return;
    client_send_frame(&client, FIN | OPCODE_CLOSE, "\x03\xf4soon", 6);
    check_close(&client, "\x03\xf4soon", 6, "with its reason");
    client_close(&client);
}

static void a_close_that_must_not_be_sent_is_answered_with_its_error(void)
{
    static const struct {
        const char *name;
        const char *sent;
        size_t sent_bytes;
        const char *answer;
    } rows[] = {
        {"code 0 (RFC 6455 7.4.2)", "\x00\x00", 2, "\x03\xea"},
        {"999 (7.4.2)", "\x03\xe7", 2, "\x03\xea"},
        {"1004 (7.4.1)", "\x03\xec", 2, "\x03\xea"},
        {"1005 (7.4.1)", "\x03\xed", 2, "\x03\xea"},
        {"1006 (7.4.1)", "\x03\xee", 2, "\x03\xea"},
        {"1015 (7.4.1)", "\x03\xf7", 2, "\x03\xea"},
        {"1016 (7.4.2)", "\x03\xf8", 2, "\x03\xea"},
        {"1100 (7.4.2)", "\x04\x4c", 2, "\x03\xea"},
        {"2000 (7.4.2)", "\x07\xd0", 2, "\x03\xea"},
        {"2999 (7.4.2)", "\x0b\xb7", 2, "\x03\xea"},
        {"5000 (7.4.2)", "\x13\x88", 2, "\x03\xea"},
        {"65535 (7.4.2)", "\xff\xff", 2, "\x03\xea"},
        {"a reason that is not UTF-8 (5.5.1)", "\x03\xe8\xce\xba\xed\xa0\x80", 7, "\x03\xef"},
        {"a reason cut in a character (5.5.1)", "\x03\xe8\xe2\x82", 4, "\x03\xef"},
    };
    struct client client;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!client_open(&client, server.port))
            return;
        client_send_frame(&client, FIN | OPCODE_CLOSE, rows[i].sent, rows[i].sent_bytes);
        /* lwsws checks reasons itself, and takes what is not UTF-8 for a malformed frame */
        if (server_is_lwsws() && !memcmp(rows[i].sent, "\x03\xe8\xce", 3))
            check_close_code(&client, 1002, rows[i].name);
        else
            check_close(&client, rows[i].answer, 2, rows[i].name);
        client_close(&client);
    }
}

static void what_came_before_the_close_is_echoed_first(void)
{
    uint8_t out[256];
    struct client client;
    size_t bytes = 0;

    bytes += compose_frame(out, FIN | OPCODE_TEXT, "one", 3);
    bytes += compose_frame(out + bytes, FIN | OPCODE_BINARY, "two", 3);
    bytes += compose_frame(out + bytes, FIN | OPCODE_CLOSE,
                           "\x0f\xa1"
                           "done",
                           6);
    if (!client_open(&client, server.port))
        return;
    client_send(&client, out, bytes);
    check_message(&client, OPCODE_TEXT, "one", 3, "first");
    check_message(&client, OPCODE_BINARY, "two", 3, "second");
    check_close(&client,
                "\x0f\xa1"
                "done",
                6, "close");
    client_close(&client);
}

static void nothing_is_echoed_after_the_close(void)
{
    uint8_t out[256];
    struct client client;
    size_t bytes = 0;

    bytes += compose_frame(out, FIN | OPCODE_CLOSE, "\x03\xe8", 2);
    bytes += compose_frame(out + bytes, FIN | OPCODE_TEXT, "late", 4);
    if (!client_open(&client, server.port))
        return;
    client_send(&client, out, bytes);
    check_close(&client, "\x03\xe8", 2, "close");
    client_close(&client);
}

static void what_follows_the_close_is_left_alone(void)
{
    static const struct conversation rows[] = {
        {"data, Close, garbage (5.5.1)",
         {SAY(FIN | OPCODE_TEXT, "owed"), SAY(FIN | OPCODE_CLOSE, "\x03\xe8"),
          SAY(0xff, "\xff\x00garbage")},
         {SAY(OPCODE_TEXT, "owed")},
         1000},
        {"two Closes (5.5.1)",
         {SAY(FIN | OPCODE_CLOSE, "\x03\xe9"), SAY(FIN | OPCODE_CLOSE, "\x03\xe8")},
         {{0}},
         1001},
        {"Ping after Close (5.5.1)",
         {SAY(FIN | OPCODE_CLOSE, "\x03\xe8"), SAY(FIN | OPCODE_PING, "late")},
         {{0}},
         1000},
        {"Close between fragments (5.4)",
         {SAY(OPCODE_TEXT, "one"), SAY(FIN | OPCODE_CLOSE, "\x03\xe8"),
          SAY(FIN | OPCODE_CONTINUATION, "two")},
         {{0}},
         1000},
    };

    check_conversations(server.port, rows, sizeof(rows) / sizeof(rows[0]));
}

/* The message is not ended by the Close; its first half was echoed already. */
static void a_close_may_come_inside_a_message(void)
{
    struct client client;
    struct received_frame frame;

    if (!client_open(&client, server.port))
        return;
    client_send_frame(&client, OPCODE_TEXT, "half", 4);
    client_send_frame(&client, FIN | OPCODE_CLOSE, "\x03\xe8", 2);
    CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
    CU_ASSERT_EQUAL(frame.opcode, OPCODE_TEXT);
    CU_ASSERT_FALSE(frame.fin);
    check_close(&client, "\x03\xe8", 2, "close");
    client_close(&client);
}

static void a_protocol_error_is_answered_1002_behind_the_echoes_owed(void)
{
    static const struct {
        const char *name;
        unsigned first;
    } rows[] = {
        {"reserved bit", 0x80 | 0x40 | OPCODE_TEXT},
        {"reserved opcode 3", FIN | 0x3},
        {"reserved opcode 15", FIN | 0xf},
        {"nothing to continue", FIN | OPCODE_CONTINUATION},
        {"fragmented ping", OPCODE_PING},
    };
    struct client client;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t out[64];
        size_t bytes = compose_frame(out, FIN | OPCODE_TEXT, "owed", 4);

        bytes += compose_frame(out + bytes, rows[i].first, "x", 1);
        if (!client_open(&client, server.port))
            return;
        client_send(&client, out, bytes);
        check_message(&client, OPCODE_TEXT, "owed", 4, rows[i].name);
        check_protocol_error(&client, rows[i].name);
        client_close(&client);
    }
}

/*
 * The server does not wait for an answer to its 1002. The Ping to another connection, a second
 * later, tells that time has passed; however slow the machine, the end must be there before it.
 */
static void a_protocol_error_ends_the_connection_at_once(void)
{
    struct server other;
    struct client wrong;
    struct client witness;
    struct received_frame frame;
    struct pollfd readable = {.events = POLLIN};

    if (!server_start(&other, ON_FREE_PORT ", \"echo\": { \"ping-interval\": 1 }"))
        return;
    if (client_open(&wrong, other.port)) {
        client_send_frame(&wrong, FIN | 0x3, "x", 1);
        CU_ASSERT_EQUAL(client_read_frame(&wrong, &frame), READ_OK);
        CU_ASSERT_EQUAL(frame.opcode, OPCODE_CLOSE);
        if (client_open(&witness, other.port)) {
            CU_ASSERT_EQUAL(client_read_frame(&witness, &frame), READ_OK);
            CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
            readable.fd = wrong.fd;
            CU_ASSERT_EQUAL(poll(&readable, 1, 0), 1);
            client_close(&witness);
        }
        client_close(&wrong);
    }
    server_stop(&other);
}

/*
 * The end must not overtake what the peer has not read, as a reset would. Small reads leave most of
 * what the peer sends on unread, and what is read of it is no frame.
 */
static void a_protocol_error_loses_no_echo_while_the_peer_sends_on(void)
{
    enum { MESSAGES = 60, MESSAGE = 8000, REST = 80000 };
    uint8_t *payload = random_bytes(1, REST);
    struct server other;
    struct client client;
    struct client witness;

    if (server_start(&other, ON_FREE_PORT ", \"echo\": { \"rx-buffer\": 4096 }")) {
        if (client_open_narrow(&client, other.port, "") && client_open(&witness, other.port)) {
            for (int i = 0; i < MESSAGES; i++)
                client_send_frame(&client, FIN | OPCODE_BINARY, payload, MESSAGE);
            wait_settled(&client, &witness);
            client_send_frame(&client, FIN | 0x3, payload, REST);
            wait_settled(&client, &witness);
            for (int i = 0; i < MESSAGES; i++)
                check_message(&client, OPCODE_BINARY, payload, MESSAGE, "owed");
            check_protocol_error(&client, "after the echoes");
            client_close(&client);
            client_say_goodbye(&witness);
        }
        server_stop(&other);
    }
    free(payload);
}

/*
 * Unread echoes fill the server's socket: at some of these sizes so far that libwebsockets cannot
 * send its 1002 at once, and reads the peer's Close before it can.
 */
static void a_close_after_a_protocol_error_does_no_harm(void)
{
    enum { MESSAGE = 8000 };
    uint8_t *payload = random_bytes(1, MESSAGE);
    struct client client;
    struct client witness;

    if (!client_open(&witness, server.port))
        return;
    for (int messages = 200; messages <= 260; messages += 4) {
        if (!client_open_narrow(&client, server.port, ""))
            break;
        for (int i = 0; i < messages; i++)
            client_send_frame(&client, FIN | OPCODE_BINARY, payload, MESSAGE);
        wait_settled(&client, &witness);
        client_send(&client, "\x83", 1);
        wait_settled(&client, &witness);
        client_send_frame(&client, FIN | OPCODE_CLOSE, "\x03\xe8", 2);
        wait_settled(&client, &witness);
        client_close(&client);
    }
    client_say_goodbye(&witness);
    free(payload);
}

/* The distribution's libwebsockets alone would end these without a Close. */
static void lengths_that_must_not_be_are_answered_1002(void)
{
    static const struct {
        const char *name;
        uint8_t header[10];
    } rows[] = {
        {"length with the 63rd bit set", {FIN | OPCODE_TEXT, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}},
        {"ping of 126 bytes", {FIN | OPCODE_PING, 0xfe, 0, 126, 0, 0, 0, 0, 0, 0}},
    };
    struct client client;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t out[64];
        size_t bytes = compose_frame(out, FIN | OPCODE_TEXT, "owed", 4);

        memcpy(out + bytes, rows[i].header, sizeof(rows[i].header));
        if (!client_open(&client, server.port))
            return;
        client_send(&client, out, bytes + sizeof(rows[i].header));
        check_message(&client, OPCODE_TEXT, "owed", 4, rows[i].name);
        check_protocol_error(&client, rows[i].name);
        check_end(&client);
        client_close(&client);
    }
}

/*
 * What libwebsockets does not find itself leaves the peer's Close to be read: the connection ends
 * with it. The Pings to another connection tell that seconds have passed, fewer than the five after
 * which libwebsockets gives up on a Close.
 */
static void nothing_is_kept_of_a_peer_that_has_gone(void)
{
    enum { CLIENTS = 9 };
    struct server other;
    struct client wrong;
    struct client witness;
    struct received_frame frame;
    size_t before;

    if (!server_start(&other,
                      ON_FREE_PORT ", \"echo\": { \"ping-interval\": 1, \"max-message\": 100 }"))
        return;
    before = server_descriptors(&other);
    for (int i = 0; i < CLIENTS; i++) {
        if (!client_open(&wrong, other.port))
            break;
        if (i % 3 == 0) { /* no fault, and no Close */
            client_close(&wrong);
            continue;
        }
        if (i % 3 == 1 || server_is_lwsws()) /* more of the frame seems to follow */
            client_send(&wrong, "\x82\xfe\x01\x00\0\0\0\0x", 9);
        else
            client_send_frame(&wrong, FIN | OPCODE_TEXT, "\xff", 1);
        CU_ASSERT_EQUAL(client_read_frame(&wrong, &frame), READ_OK);
        CU_ASSERT_EQUAL(frame.opcode, OPCODE_CLOSE);
        client_send_frame(&wrong, FIN | OPCODE_CLOSE, "\x03\xe8", 2);
        client_close(&wrong);
    }
    if (client_open(&witness, other.port)) {
        for (int ping = 0; ping < 3; ping++) {
            CU_ASSERT_EQUAL(client_read_frame(&witness, &frame), READ_OK);
            CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
            if (server_descriptors(&other) <= before + 1)
                break;
            client_send_frame(&witness, FIN | OPCODE_PONG, frame.payload, frame.bytes);
        }
        CU_ASSERT_TRUE(server_descriptors(&other) <= before + 1);
        client_close(&witness);
    }
    server_stop(&other);
}

/* The server stops, and its Close is out: what the peer then does must bring nothing more. */
static void nothing_follows_our_own_close(void)
{
    static const struct {
        const char *name;
        struct said said;
    } rows[] = {
        {"Ping", SAY(FIN | OPCODE_PING, "late")},
        {"Ping, then Close", RAW("\x89\x81\0\0\0\0x\x88\x82\0\0\0\0\x03\xe9")},
        {"text", SAY(FIN | OPCODE_TEXT, "late")},
        {"reserved opcode", SAY(FIN | 0x3, "x")},
        {"nothing to continue", SAY(FIN | OPCODE_CONTINUATION, "x")},
        {"unmasked text", RAW("\x81\x05Hello")},
        {"Ping of 126 bytes", RAW("\x89\xfe\x00\x7e")},
        {"Ping, then reserved opcode", RAW("\x89\x81\0\0\0\0x\x83\x80\0\0\0\0")},
        {"Close", SAY(FIN | OPCODE_CLOSE, "\x03\xe9")},
    };
    enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
    struct server other;
    struct client clients[ROWS];
    struct received_frame frame;

    /* lwsws ends without a Close */
    if (server_is_lwsws() || library_has(LIMIT_AFTER_OUR_CLOSE) ||
        !server_start(&other, ON_FREE_PORT))
        return;
    for (size_t i = 0; i < ROWS; i++)
        if (!client_open(&clients[i], other.port))
            return;
    kill(other.pid, SIGTERM);
    for (size_t i = 0; i < ROWS; i++) {
        check_close_code(&clients[i], 1001, rows[i].name);
        if (rows[i].said.raw)
            client_send(&clients[i], rows[i].said.payload, rows[i].said.bytes);
        else
            client_send_frame(&clients[i], rows[i].said.first, rows[i].said.payload,
                              rows[i].said.bytes);
        client_wait_taken(&clients[i]);
    }
    for (size_t i = 0; i < ROWS; i++) {
        client_send_frame(&clients[i], FIN | OPCODE_CLOSE, "\x03\xe9", 2); /* may fail */
        CHECK_ROW(client_read_frame(&clients[i], &frame) == READ_END, rows[i].name);
        client_close(&clients[i]);
    }
    CU_ASSERT_EQUAL(server_wait_exit(&other), 0);
}

static void an_abrupt_end_leaves_the_others_alone(void)
{
    struct client stays;
    struct client goes;

    if (!client_open(&stays, server.port))
        return;
    for (int i = 0; i < 50; i++) {
        if (!client_open(&goes, server.port))
            return;
        client_send_frame(&goes, i % 2 ? OPCODE_TEXT : FIN | OPCODE_TEXT, "gone", 4);
        client_close(&goes); /* with the echo unread: a reset */
    }
    check_echo(&stays, OPCODE_TEXT, "still here", 10, "still here");
    client_say_goodbye(&stays);
}

static CU_TestInfo tests[] = {
    TEST(close_is_answered),
    TEST(the_codes_1012_to_1014_are_answered_like_others),
    TEST(a_close_that_must_not_be_sent_is_answered_with_its_error),
    TEST(what_came_before_the_close_is_echoed_first),
    TEST(nothing_is_echoed_after_the_close),
    TEST(what_follows_the_close_is_left_alone),
    TEST(a_close_may_come_inside_a_message),
    TEST(a_protocol_error_is_answered_1002_behind_the_echoes_owed),
    TEST(a_protocol_error_ends_the_connection_at_once),
    TEST(a_protocol_error_loses_no_echo_while_the_peer_sends_on),
    TEST(a_close_after_a_protocol_error_does_no_harm),
    TEST(lengths_that_must_not_be_are_answered_1002),
    TEST(nothing_is_kept_of_a_peer_that_has_gone),
    TEST(nothing_follows_our_own_close),
    TEST(an_abrupt_end_leaves_the_others_alone),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"close", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
