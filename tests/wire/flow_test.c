/* Messages of any size in constant memory, and readers of any speed. */

#include <stdio.h>
#include <string.h>

#include "client.h"
#include "runner.h"
#include "server.h"
#include "stream.h"

#define MIB ((uint64_t)1 << 20)

static struct stream stream;

#define CHECK_STREAM(holds, row)                                                                   \
    do {                                                                                           \
        CHECK_ROW(holds, row);                                                                     \
        if (stream.fault)                                                                          \
            printf("    %s: %s\n", row, stream.fault);                                             \
    } while (0)

/*
 * The last byte is not sent before all others are back: a server that put the message together
 * first would wait for ever. The first exchange has the allocator and the buffers warmed up.
 */
static void a_large_message_comes_back_while_it_is_sent_in_constant_memory(void)
{
    struct server server;
    struct client client;
    uint64_t before;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    if (client_open(&client, server.port)) {
        stream_init(&stream, &client, 4 * MIB, 1);
        CHECK_STREAM(stream_exchange(&stream, UINT64_MAX), "warm up");

        before = server_memory(&server, "VmRSS");
        server_reset_peak(&server);
        stream_init(&stream, &client, 64 * MIB, 1);
        CHECK_STREAM(stream_exchange(&stream, 64 * MIB - 1), "all but one byte");
        CHECK_STREAM(stream_exchange(&stream, UINT64_MAX), "the last byte");
        CU_ASSERT_TRUE(server_memory(&server, "VmHWM") < before + 4 * MIB);
        client_close(&client);
    }
    server_stop(&server);
}

static void a_slow_reader_loses_nothing_and_costs_no_memory(void)
{
    static const struct {
        const char *name;
        const char *members;
        size_t message_bytes;
        size_t messages;
    } rows[] = {
        {"large messages", ON_FREE_PORT, 1 << 20, 64},
        {"small messages", ON_FREE_PORT, 100, 200000},
        {"one huge message", ON_FREE_PORT, 64 << 20, 1},
        {"a small receive buffer", ON_FREE_PORT ", \"echo\": { \"rx-buffer\": 1024 }", 3000, 10000},
        {"a large receive buffer", ON_FREE_PORT ", \"echo\": { \"rx-buffer\": 1048576 }", 3 << 20,
         20},
    };
    struct server server;
    struct client client;
    uint64_t before;
    uint64_t all;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!server_start(&server, rows[i].members))
            return;
        if (client_open(&client, server.port)) {
            all = (uint64_t)rows[i].message_bytes * rows[i].messages;
            before = server_memory(&server, "VmRSS");
            stream_init(&stream, &client, rows[i].message_bytes, rows[i].messages);
            stream_push(&stream);
            /* it stops reading: what is on the way fits the sockets' buffers */
            CHECK_STREAM(stream.composed < all, rows[i].name);
            CHECK_STREAM(server_memory(&server, "VmHWM") < before + 12 * MIB, rows[i].name);
            CHECK_STREAM(stream_exchange(&stream, UINT64_MAX), rows[i].name);
            CHECK_STREAM(stream.received_messages == rows[i].messages, rows[i].name);
            client_close(&client);
        }
        server_stop(&server);
    }
}

static void a_slow_reader_does_not_hold_up_others(void)
{
    struct server server;
    struct client slow;
    struct client quick;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    if (client_open(&slow, server.port) && client_open(&quick, server.port)) {
        stream_init(&stream, &slow, MIB, 64);
        stream_push(&stream);
        for (int i = 0; i < 200; i++)
            check_echo(&quick, TEXT, "quick", 5, "quick");
        client_say_goodbye(&quick);
        CHECK_STREAM(stream_exchange(&stream, UINT64_MAX), "slow");
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
        client_send(&client, out, compose_frame(out, FIN | CLOSE, "\x03\xe8", 2));
        CHECK_STREAM(stream_read_to_close(&stream), "close");
        CU_ASSERT_EQUAL(stream.received, message_bytes * messages);
        client_close(&client);
    }
    server_stop(&server);
}

static CU_TestInfo tests[] = {
    TEST(a_large_message_comes_back_while_it_is_sent_in_constant_memory),
    TEST(a_slow_reader_loses_nothing_and_costs_no_memory),
    TEST(a_slow_reader_does_not_hold_up_others),
    TEST(a_close_behind_unread_echoes_is_answered_behind_them),
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
