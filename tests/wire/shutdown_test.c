/* SIGTERM and SIGINT: the orderly end. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "client.h"
#include "runner.h"
#include "server.h"
#include "stream.h"

#define GOING_AWAY "\x03\xe9"

static void open_connections_are_closed_with_1001(void)
{
    enum { CLIENTS = 20 };
    static const int signals[] = {SIGTERM, SIGINT};
    struct client clients[CLIENTS];
    struct server server;
    struct received_frame frame;

    for (size_t s = 0; s < 2; s++) {
        if (!server_start(&server, ON_FREE_PORT))
            return;
        for (int c = 0; c < CLIENTS; c++)
            if (!client_open(&clients[c], server.port))
                return;
        kill(server.pid, signals[s]);
        for (int c = 0; c < CLIENTS; c++) {
            CU_ASSERT_EQUAL(client_read_frame(&clients[c], &frame), READ_OK);
            CU_ASSERT_EQUAL(frame.opcode, OPCODE_CLOSE);
            CU_ASSERT_EQUAL(frame.bytes, 2);
            CU_ASSERT_EQUAL(memcmp(frame.payload, GOING_AWAY, 2), 0);
            CU_ASSERT_FALSE(can_connect(server.port)); /* no longer accepting */
            client_send_frame(&clients[c], FIN | OPCODE_CLOSE, GOING_AWAY, 2);
            CU_ASSERT_EQUAL(client_read_frame(&clients[c], &frame), READ_END);
            client_close(&clients[c]);
        }
        CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
    }
}

static void the_close_comes_behind_the_echoes_owed(void)
{
    struct stream stream;
    struct server server;
    struct client client;
    uint8_t out[32];

    if (!server_start(&server, ON_FREE_PORT))
        return;
    if (client_open(&client, server.port)) {
        stream_init(&stream, &client, 1 << 20, 64);
        stream_push(&stream);
        kill(server.pid, SIGTERM);
        while (can_connect(server.port)) /* until the signal has been seen */
            ;
        CU_ASSERT_TRUE(stream_read_to_close(&stream));
        CU_ASSERT_PTR_NULL(stream.fault);
        CU_ASSERT_EQUAL(stream.frame_left, 2); /* a code alone; whole frames before it */
        CU_ASSERT_TRUE(stream.received > 0);
        client_send(&client, out, compose_frame(out, FIN | OPCODE_CLOSE, GOING_AWAY, 2));
        client_close(&client);
    }
    CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
}

/*
 * They are in the kernel's queue when the signal comes, more than are accepted in one go: they get
 * their handshake, and the Close at once.
 */
static void whoever_has_connected_before_is_not_cut_off(void)
{
    enum { CLIENTS = 200 };
    static const char *const rows[] = {ON_FREE_PORT, ON_FREE_PORT ", \"workers\": 2"};

    for (size_t i = 0; i < 2; i++) {
        struct client clients[CLIENTS];
        struct server server;
        struct received_frame frame;

        if (!server_start(&server, rows[i]))
            return;
        kill(-server.pid, SIGSTOP); /* all of its group: the workers, too */
        for (int c = 0; c < CLIENTS; c++) {
            if (!client_connect(&clients[c], server.port))
                return;
            client_send(&clients[c], HANDSHAKE, strlen(HANDSHAKE));
        }
        kill(server.pid, SIGTERM);
        kill(-server.pid, SIGCONT);
        for (int c = 0; c < CLIENTS; c++) {
            char response[1024] = "";

            CHECK_ROW(client_request(&clients[c], "", response, sizeof(response)), rows[i]);
            CHECK_ROW(!strncmp(response, "HTTP/1.1 101 ", 13), rows[i]);
            CHECK_ROW(client_read_frame(&clients[c], &frame) == READ_OK, rows[i]);
            CHECK_ROW(frame.opcode == OPCODE_CLOSE, rows[i]);
            client_close(&clients[c]);
        }
        CHECK_ROW(server_wait_exit(&server) == 0, rows[i]);
    }
}

/* All connections are told once; this one is still being opened then, and waited for. */
static void a_handshake_that_is_going_on_ends_in_a_close(void)
{
    struct received_frame frame;
    struct server server;
    struct client client;
    char response[1024];

    if (!server_start(&server, ON_FREE_PORT))
        return;
    if (client_connect(&client, server.port)) {
        client_send(&client, HANDSHAKE, 10);
        kill(server.pid, SIGTERM);
        while (can_connect(server.port)) /* until the connections are told */
            ;
        CU_ASSERT_TRUE(client_request(&client, &HANDSHAKE[10], response, sizeof(response)));
        CU_ASSERT_EQUAL(strncmp(response, "HTTP/1.1 101 ", 13), 0);
        CU_ASSERT_TRUE(client_read_frame(&client, &frame) == READ_OK &&
                       frame.opcode == OPCODE_CLOSE && frame.bytes == 2 &&
                       !memcmp(frame.payload, GOING_AWAY, 2));
        client_send_frame(&client, FIN | OPCODE_CLOSE, GOING_AWAY, 2);
        CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_END);
        client_close(&client);
    }
    CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
}

static void peers_that_do_not_answer_cannot_delay_it(void)
{
    struct server server;
    struct client mute;
    struct client half_open;
    struct client plain;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    if (client_open(&mute, server.port) && client_connect(&half_open, server.port) &&
        client_connect(&plain, server.port)) {
        client_send(&half_open, "GET /ws HT", 10);
        kill(server.pid, SIGTERM);
        CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
        client_close(&mute);
        client_close(&half_open);
        client_close(&plain);
    }
}

/* Two servers whose peers are mute: the one that gets two signals does not wait like the other. */
static void a_second_signal_ends_it_at_once(void)
{
    struct server servers[2];
    struct client mute[2];
    struct received_frame frame;

    for (int i = 0; i < 2; i++)
        if (!server_start(&servers[i], ON_FREE_PORT) || !client_open(&mute[i], servers[i].port))
            return;
    for (int i = 0; i < 2; i++) {
        kill(servers[i].pid, SIGTERM);
        CU_ASSERT_EQUAL(client_read_frame(&mute[i], &frame), READ_OK);
        CU_ASSERT_EQUAL(frame.opcode, OPCODE_CLOSE);
    }

    kill(servers[0].pid, SIGTERM);
    CU_ASSERT_EQUAL(server_wait_exit(&servers[0]), 0);
    CU_ASSERT_EQUAL(waitpid(servers[1].pid, NULL, WNOHANG), 0);
    CU_ASSERT_EQUAL(server_wait_exit(&servers[1]), 0);
    for (int i = 0; i < 2; i++)
        client_close(&mute[i]);
}

static void messages_after_the_close_are_not_echoed(void)
{
    struct server server;
    struct client client;
    struct received_frame frame;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    if (client_open(&client, server.port)) {
        kill(server.pid, SIGTERM);
        CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
        CU_ASSERT_EQUAL(frame.opcode, OPCODE_CLOSE);
        client_send_frame(&client, FIN | OPCODE_TEXT, "late", 4);
        client_send_frame(&client, FIN | OPCODE_CLOSE, GOING_AWAY, 2);
        CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_END);
        client_close(&client);
    }
    CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
}

/* What is opened first must not become one of them: libuv refuses to close those. */
static void closed_standard_streams_do_no_harm(void)
{
    static const char *const rows[] = {
        "exec \"$0\" \"$@\" <&-",
        "exec \"$0\" \"$@\" 2>&-",
        "exec \"$0\" --workers 2 \"$@\" <&-",
        "exec \"$0\" --workers 2 \"$@\" <&- 2>&-",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;
        struct client client;

        server_spawn_in_shell(&server, rows[i], (const char *const[]){"--port", "0", NULL});
        CHECK_ROW(server_wait_ready(&server), rows[i]);
        if (server.port && client_open(&client, server.port)) {
            check_echo(&client, OPCODE_TEXT, "hello", 5, rows[i]);
            client_say_goodbye(&client);
        }
        server_stop(&server);
    }
}

static void what_cannot_be_printed_is_a_failure(void)
{
    static const char *const rows[] = {"--help", "--version", "--print-config"};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;

        server_spawn_in_shell(&server, "exec \"$0\" \"$@\" >&-",
                              (const char *const[]){rows[i], NULL});
        CHECK_ROW(server_wait_exit(&server) == EXIT_FAILURE, rows[i]);
    }
}

static CU_TestInfo tests[] = {
    TEST(open_connections_are_closed_with_1001),
    TEST(the_close_comes_behind_the_echoes_owed),
    TEST(whoever_has_connected_before_is_not_cut_off),
    TEST(a_handshake_that_is_going_on_ends_in_a_close),
    TEST(peers_that_do_not_answer_cannot_delay_it),
    TEST(a_second_signal_ends_it_at_once),
    TEST(messages_after_the_close_are_not_echoed),
    TEST(closed_standard_streams_do_no_harm),
    TEST(what_cannot_be_printed_is_a_failure),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"shutdown", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
