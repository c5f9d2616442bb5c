/* Messages of any size in constant memory, and readers of any speed. */

#define _GNU_SOURCE /* POLLRDHUP */

#include <poll.h>
#include <stdlib.h>

#include "client.h"
#include "clock.h"
#include "runner.h"
#include "server.h"
#include "stream.h"

/* Settings of the servers here, as they are written. */
#define DROPS "\"write-timeout\": \"250ms\""
#define DROPS_LATER "\"write-timeout\": \"1s\""
#define DROPS_LATER_MS 1000

static struct stream stream;

static void a_large_message_comes_back_while_it_is_sent_in_constant_memory(void)
{
    check_large_message(ON_FREE_PORT, false, 64 << 20);
}

static void a_slow_reader_loses_nothing_and_costs_no_memory(void)
{
    static const struct slow_reader rows[] = {
        {"large messages", ON_FREE_PORT, 1 << 20, 64},
        {"small messages", ON_FREE_PORT, 100, 200000},
        {"one huge message", ON_FREE_PORT, 64 << 20, 1},
        {"a small receive buffer", ON_FREE_PORT ", \"echo\": { \"rx-buffer\": 1024 }", 3000, 10000},
        {"a large receive buffer", ON_FREE_PORT ", \"echo\": { \"rx-buffer\": 1048576 }", 3 << 20,
         20},
    };

    check_slow_readers(rows, sizeof(rows) / sizeof(rows[0]), false);
}

static void a_slow_reader_does_not_hold_up_others(void)
{
    struct server server;
    struct client slow;
    struct client quick;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    if (client_open(&slow, server.port) && client_open(&quick, server.port)) {
        stream_init(&stream, &slow, 1 << 20, 64);
        stream_push(&stream);
        for (int i = 0; i < 200; i++)
            check_echo(&quick, OPCODE_TEXT, "quick", 5, "quick");
        client_say_goodbye(&quick);
        CU_ASSERT_TRUE(stream_exchange(&stream, UINT64_MAX));
        client_close(&slow);
    }
    server_stop(&server);
}

/* The Close waits behind the echoes that the reader has not taken yet. */
static void a_close_behind_unread_echoes_is_answered_behind_them(void)
{
    const size_t message_bytes = 65536;
    const size_t messages = 16;
    struct server server;
    struct client client;
    uint8_t out[32];

    if (!server_start(&server, ON_FREE_PORT))
        return;
    if (client_open(&client, server.port)) {
        stream_init(&stream, &client, message_bytes, messages);
        while (stream.composed < message_bytes * messages || stream.out_used < stream.out_bytes)
            stream_push(&stream);
        client_send(&client, out, compose_frame(out, FIN | OPCODE_CLOSE, "\x03\xe8", 2));
        CU_ASSERT_TRUE(stream_read_to_close(&stream));
        CU_ASSERT_EQUAL(stream.received, message_bytes * messages);
        client_close(&client);
    }
    server_stop(&server);
}

/* Large messages do not go through the output buffer, but leave behind what is in it. */
static void small_and_large_messages_mix_for_a_slow_reader(void)
{
    enum { PAIRS = 1000, SMALL = 15000, LARGE = 16384 };
    uint8_t *payload = random_bytes(1, LARGE + PAIRS);
    uint8_t *out = malloc((size_t)PAIRS * (SMALL + LARGE + 28));
    struct server server;
    struct client client;
    size_t bytes = 0;

    for (size_t i = 0; i < PAIRS; i++) {
        bytes += compose_frame(out + bytes, FIN | OPCODE_BINARY, payload + i, SMALL);
        bytes += compose_frame(out + bytes, FIN | OPCODE_BINARY, payload + i, LARGE);
    }
    if (server_start(&server, ON_FREE_PORT)) {
        if (client_open_narrow(&client, server.port, "")) {
            CU_ASSERT_TRUE(client_send_reading(&client, out, bytes));
            for (size_t i = 0; i < PAIRS; i++) {
                check_message(&client, OPCODE_BINARY, payload + i, SMALL, "small");
                check_message(&client, OPCODE_BINARY, payload + i, LARGE, "large");
            }
            client_say_goodbye(&client);
        }
        server_stop(&server);
    }
    free(out);
    free(payload);
}

/* The echo of a continuation waits for its turn to write; a large message after it does not. */
static void a_large_message_behind_a_fragment_holds_up_nothing(void)
{
    enum { LARGE = 20000 };
    uint8_t *payload = random_bytes(3, LARGE);
    uint8_t *out = malloc(LARGE + 64);
    struct server server;
    struct client client;
    size_t bytes;

    bytes = compose_frame(out, OPCODE_BINARY, "a", 1);
    bytes += compose_frame(out + bytes, FIN | OPCODE_CONTINUATION, "b", 1);
    bytes += compose_frame(out + bytes, FIN | OPCODE_BINARY, payload, LARGE);
    if (server_start(&server, ON_FREE_PORT)) {
        if (client_open(&client, server.port)) {
            client_send(&client, out, bytes);
            check_message(&client, OPCODE_BINARY, "ab", 2, "fragments");
            check_message(&client, OPCODE_BINARY, payload, LARGE, "large");
            check_echo(&client, OPCODE_TEXT, "after", 5, "after");
            client_say_goodbye(&client);
        }
        server_stop(&server);
    }
    free(out);
    free(payload);
}

/* Says whether the server ends the connection although nothing is read of it. */
static bool is_dropped(struct client *client)
{
    struct pollfd watch = {.fd = client->fd, .events = POLLRDHUP};

    return poll(&watch, 1, clock_patience_ms()) == 1;
}

static void who_reads_nothing_is_dropped(void)
{
    static const struct {
        const char *name;
        const char *members;
        const char *headers;
        size_t message_bytes;
    } rows[] = {
        {"small messages", ON_FREE_PORT ", \"echo\": { " DROPS " }", "", 100},
        {"large messages", ON_FREE_PORT ", \"echo\": { " DROPS " }", "", 1 << 20},
        {"without Pings", ON_FREE_PORT ", \"echo\": { " DROPS ", \"ping-interval\": 0 }", "", 1000},
        {"with Pings",
         ON_FREE_PORT ", \"echo\": { " DROPS ", \"ping-interval\": \"100ms\", "
                      "\"pong-timeout\": 60 }",
         "", 1000},
        {"compression", ON_FREE_PORT ", \"echo\": { " DROPS ", \"compression\": \"on\" }",
         "Sec-WebSocket-Extensions: permessage-deflate\r\n", 1000},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;
        struct client deaf;
        struct client other;

        if (!server_start(&server, rows[i].members))
            return;
        if (client_open_narrow(&deaf, server.port, rows[i].headers)) {
            stream_init(&stream, &deaf, rows[i].message_bytes, (64 << 20) / rows[i].message_bytes);
            stream_push(&stream);
            CHECK_ROW(is_dropped(&deaf), rows[i].name);
            if (client_open(&other, server.port)) {
                check_echo(&other, OPCODE_TEXT, "other", 5, rows[i].name);
                client_say_goodbye(&other);
            }
            client_close(&deaf);
        }
        CHECK_ROW(server_stop(&server), rows[i].name);
    }
}

/* Far slower than "write-timeout" would allow for the whole. */
static void who_reads_a_little_now_and_then_is_not_dropped(void)
{
    enum { PIECES = 100, PIECE_BYTES = 8192, PAUSE_MS = DROPS_LATER_MS / 40 };
    struct server server;
    struct client client;

    if (!server_start(&server, ON_FREE_PORT ", \"echo\": { " DROPS_LATER " }"))
        return;
    if (client_open_narrow(&client, server.port, "")) {
        stream_init(&stream, &client, 65536, 256);
        stream_push(&stream);
        for (int i = 0; i < PIECES; i++) {
            clock_pass(PAUSE_MS);
            CU_ASSERT_TRUE(stream_exchange(&stream, stream.received + PIECE_BYTES));
        }
        CU_ASSERT_TRUE(stream_exchange(&stream, UINT64_MAX));
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

static CU_TestInfo tests[] = {
    TEST(a_large_message_comes_back_while_it_is_sent_in_constant_memory),
    TEST(a_slow_reader_loses_nothing_and_costs_no_memory),
    TEST(a_slow_reader_does_not_hold_up_others),
    TEST(a_close_behind_unread_echoes_is_answered_behind_them),
    TEST(small_and_large_messages_mix_for_a_slow_reader),
    TEST(a_large_message_behind_a_fragment_holds_up_nothing),
    TEST(who_reads_nothing_is_dropped),
    TEST(who_reads_a_little_now_and_then_is_not_dropped),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"flow", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
