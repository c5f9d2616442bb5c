/* Pings at the interval, and the end of peers that do not answer (RFC 6455 section 5.5.2). */

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"
#include "runner.h"
#include "server.h"
#include "stream.h"

/* Timers may fire this much early by rounding; never that tests may run fast. */
#define ROUNDING_MS 20

/*
 * Settings of the servers here, as they are written and in milliseconds. Where a peer has to answer
 * in time, that is long for a busy machine.
 */
#define INTERVAL "\"250ms\""
#define INTERVAL_MS ((int64_t)250)
#define TIMEOUT "\"2s\""
#define TIMEOUT_MS ((int64_t)2000)
#define SHORT_TIMEOUT "\"500ms\""
#define SHORT_TIMEOUT_MS ((int64_t)500)

/* What a server is late by when it must have been stopped itself. */
#define STOPPED_MS ((int64_t)1000)

#define WITH_PINGS(timeout)                                                                        \
    ON_FREE_PORT ", \"echo\": { \"ping-interval\": " INTERVAL ", \"pong-timeout\": " timeout " }"

static void silence_for_the_interval_brings_a_ping(void)
{
    struct server server;
    struct client client;
    struct received_frame frame;
    int64_t since_ms;

    if (!server_start(&server, ON_FREE_PORT ", \"echo\": { \"ping-interval\": " INTERVAL " }"))
        return;
    since_ms = clock_ms();
    if (client_open(&client, server.port)) {
        for (int i = 0; i < 3; i++) {
            CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
            CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
            CU_ASSERT_EQUAL(frame.bytes, 0); /* nothing is awaited */
            /* of all intervals together: the machine may have this test read late, never early */
            CU_ASSERT_TRUE(clock_ms() - since_ms >= (i + 1) * (INTERVAL_MS - ROUNDING_MS));
            client_send_frame(&client, FIN | OPCODE_PONG, frame.payload, frame.bytes);
        }
        check_echo(&client, OPCODE_TEXT, "alive", 5, "alive");
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

/* A busy machine may make some of them late, not all. */
static void the_interval_may_be_less_than_a_second(void)
{
    int64_t shortest_ms = INT64_MAX;
    struct server server;
    struct client client;
    struct received_frame frame;

    if (!server_start(&server, ON_FREE_PORT ", \"echo\": { \"ping-interval\": \"250ms\" }"))
        return;
    if (client_open(&client, server.port)) {
        for (int i = 0; i < 4; i++) {
            int64_t since_ms = clock_ms();
            int64_t took_ms;

            CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
            CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
            took_ms = clock_ms() - since_ms;
            shortest_ms = took_ms < shortest_ms ? took_ms : shortest_ms;
        }
        CU_ASSERT_TRUE(shortest_ms < 1000);
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

static void messages_postpone_the_ping(void)
{
    struct server server;
    struct client client;
    struct received_frame frame;
    int64_t last_ms;

    if (!server_start(&server, ON_FREE_PORT ", \"echo\": { \"ping-interval\": " INTERVAL " }"))
        return;
    last_ms = clock_ms();
    if (client_open(&client, server.port)) {
        for (int i = 0; i < 8; i++) {
            int64_t sent_ms = clock_ms(); /* the server receives it later, however busy it is */

            client_send_frame(&client, FIN | OPCODE_TEXT, "busy", 4);
            while (client_read_frame(&client, &frame) == READ_OK && frame.opcode == OPCODE_PING)
                /* only a machine that was busy for so long itself excuses one */
                CU_ASSERT_TRUE(clock_ms() - last_ms >= INTERVAL_MS - ROUNDING_MS);
            last_ms = sent_ms;
            clock_pass(INTERVAL_MS / 5);
        }
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

static bool answer_ping(struct client *client)
{
    struct received_frame frame;
    bool pinged = client_read_frame(client, &frame) == READ_OK && frame.opcode == OPCODE_PING;

    CU_ASSERT_TRUE(pinged);

    return pinged && client_send_frame(client, FIN | OPCODE_PONG, frame.payload, frame.bytes);
}

/* Answers the Pings to @answering until something comes to @other. */
static void answer_until(struct client *answering, const struct client *other)
{
    struct pollfd ready[] = {{.fd = answering->fd, .events = POLLIN},
                             {.fd = other->fd, .events = POLLIN}};

    while (poll(ready, 2, clock_patience_ms()) > 0 && !ready[1].revents && answer_ping(answering))
        ;
    CU_ASSERT_TRUE(ready[1].revents);
}

static void a_silent_peer_is_dropped_without_a_close_frame(void)
{
    struct server server;
    struct client silent;
    struct client answering;
    struct received_frame frame;

    if (!server_start(&server, WITH_PINGS(TIMEOUT)))
        return;
    if (client_open(&silent, server.port) && client_open(&answering, server.port)) {
        CU_ASSERT_EQUAL(client_read_frame(&silent, &frame), READ_OK);
        CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
        answer_until(&answering, &silent);
        CU_ASSERT_EQUAL(client_read_frame(&silent, &frame), READ_END);
        client_close(&silent);

        /* the one that answers gets its next Ping instead */
        answer_ping(&answering);
        check_echo(&answering, OPCODE_TEXT, "alive", 5, "alive");
        client_say_goodbye(&answering);
    }
    server_stop(&server);
}

static void a_wrong_pong_does_not_count(void)
{
    struct server server;
    struct client client;
    struct received_frame frame;

    if (!server_start(&server, WITH_PINGS(SHORT_TIMEOUT)))
        return;
    if (client_open(&client, server.port)) {
        CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
        CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
        client_send_frame(&client, FIN | OPCODE_PONG, "not that", 8);
        CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_END);
        client_close(&client);
    }
    server_stop(&server);
}

/* Payload of theirs takes another way then. */
static void pongs_count_where_compression_is_agreed_on(void)
{
    struct server server;
    struct client client;
    struct received_frame frame;

    if (!server_start(&server, ON_FREE_PORT
                      ", \"echo\": { \"compression\": \"on\", \"ping-interval\": " INTERVAL
                      ", \"pong-timeout\": " TIMEOUT " }"))
        return;
    if (client_open_with(&client, server.port,
                         "Sec-WebSocket-Extensions: permessage-deflate\r\n")) {
        for (int i = 0; i < 3; i++) {
            CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
            CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
            client_send_frame(&client, FIN | OPCODE_PONG, frame.payload, frame.bytes);
        }
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

/* What comes meanwhile does not stand in for the Pong. */
static void messages_do_not_stand_in_for_a_pong(void)
{
    struct server server;
    struct client client;
    struct received_frame frame;
    enum read_result result;
    int64_t deadline_ms;

    if (!server_start(&server, WITH_PINGS(SHORT_TIMEOUT)))
        return;
    if (client_open(&client, server.port)) {
        CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
        CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
        deadline_ms = clock_deadline_ms();
        do {
            client_send_frame(&client, FIN | OPCODE_TEXT, "busy", 4);
            result = client_read_frame(&client, &frame);
            CU_ASSERT_TRUE(result == READ_END || frame.opcode == OPCODE_TEXT);
        } while (result == READ_OK && frame.opcode == OPCODE_TEXT && clock_ms() < deadline_ms);
        CU_ASSERT_EQUAL(result, READ_END);
        client_close(&client);
    }
    server_stop(&server);
}

/* Nothing can come in the middle of a frame (section 5.4), which may take long. */
static void a_frame_that_takes_long_is_no_silence(void)
{
    enum { PIECES = 16, PIECE_BYTES = 100 }; /* few: each is acknowledged before the next */
    const int64_t all_ms = INTERVAL_MS + TIMEOUT_MS + TIMEOUT_MS / 2;
    uint8_t payload[PIECES * PIECE_BYTES];
    uint8_t out[sizeof(payload) + 14];
    struct server server;
    struct client client;
    struct received_frame frame;
    size_t bytes;
    size_t header_bytes;

    memset(payload, 'a', sizeof(payload));
    bytes = compose_frame(out, FIN | OPCODE_TEXT, payload, sizeof(payload));
    header_bytes = bytes - sizeof(payload);
    if (!server_start(&server, ON_FREE_PORT ", \"echo\": { \"ping-interval\": " INTERVAL
                                            ", \"pong-timeout\": " TIMEOUT " }"))
        return;
    if (client_open(&client, server.port)) {
        client_send(&client, out, header_bytes);
        CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
        CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
        for (size_t i = 0; i < PIECES; i++) {
            client_send(&client, out + header_bytes + i * PIECE_BYTES, PIECE_BYTES);
            clock_pass(all_ms / PIECES);
        }
        client_send_frame(&client, FIN | OPCODE_PONG, frame.payload, frame.bytes);
        check_message(&client, OPCODE_TEXT, payload, sizeof(payload), "the whole");
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

/* RFC 6455 section 5.5.3: a heartbeat in one direction, as ASP.NET Core sends it by default. */
static void mode_pong_sends_pongs_and_awaits_nothing(void)
{
    struct server server;
    struct client client;
    struct received_frame frame;
    int64_t since_ms;

    if (!server_start(&server, ON_FREE_PORT ", \"echo\": { \"ping-interval\": " INTERVAL
                                            ", \"keep-alive-mode\": \"pong\" }"))
        return;
    since_ms = clock_ms();
    if (client_open(&client, server.port)) {
        for (int i = 0; i < 3; i++) {
            CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
            CU_ASSERT_EQUAL(frame.opcode, OPCODE_PONG);
            CU_ASSERT_EQUAL(frame.bytes, 0);
            /* of all intervals together: the machine may have this test read late, never early */
            CU_ASSERT_TRUE(clock_ms() - since_ms >= (i + 1) * (INTERVAL_MS - ROUNDING_MS));
        }
        check_echo(&client, OPCODE_TEXT, "alive", 5, "alive");
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

/*
 * Lets a server with Pings live for @ms. Pings to connections of this function's own tell that it
 * does: on a busy machine one may be answered too late, and then another connection takes over.
 */
static void let_server_live(uint16_t port, int64_t ms)
{
    int64_t deadline_ms = clock_deadline_ms() + ms;
    struct received_frame frame;
    struct client witness;
    int64_t lived_ms = 0;

    while (lived_ms < ms && clock_ms() < deadline_ms && client_open(&witness, port)) {
        while (lived_ms < ms && client_read_frame(&witness, &frame) == READ_OK) {
            CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
            client_send_frame(&witness, FIN | OPCODE_PONG, frame.payload, frame.bytes);
            lived_ms += INTERVAL_MS;
        }
        client_close(&witness);
    }
    CU_ASSERT_TRUE(lived_ms >= ms);
}

/*
 * It cannot answer a Ping that waits behind the echoes, and its Pong would not be read. More than
 * one timeout passes, as probes of the closed window bring a little progress at first.
 */
static void a_slow_reader_is_not_taken_for_a_silent_peer(void)
{
    struct stream stream;
    struct server server;
    struct client slow;

    if (!server_start(&server, WITH_PINGS(TIMEOUT)))
        return;
    if (client_open(&slow, server.port)) {
        stream_init(&stream, &slow, 1 << 20, 32);
        stream_push(&stream);
        let_server_live(server.port, 2 * (INTERVAL_MS + TIMEOUT_MS));
        CHECK_ROW(stream_exchange(&stream, UINT64_MAX), stream.fault);
        client_close(&slow);
    }
    server_stop(&server);
}

/* All echoes have left the server, and the Ping after them: it will be read when they have been.
 */
static void a_ping_behind_unread_echoes_may_be_answered_late(void)
{
    enum { MESSAGE_BYTES = 50000, MESSAGES = 30 };
    static struct stream stream;
    struct server server;
    struct client client;

    if (!server_start(&server, WITH_PINGS(TIMEOUT)))
        return;
    if (client_open_narrow(&client, server.port, "")) {
        stream_init(&stream, &client, MESSAGE_BYTES, MESSAGES);
        stream_push(&stream);
        while (stream_exchange(&stream, stream.received + 1) &&
               stream.received < (uint64_t)MESSAGE_BYTES * MESSAGES)
            clock_pass(TIMEOUT_MS / 40);
        CU_ASSERT_EQUAL(stream.received, (uint64_t)MESSAGE_BYTES * MESSAGES);
        check_echo(&client, OPCODE_TEXT, "there", 5, "there");
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

/* Keeps a server busy, so that it is stopped amid its work. Returns the process that does. */
static pid_t keep_busy(const struct server *server)
{
    static struct stream stream;
    struct client client;
    pid_t pid = fork();

    if (pid)
        return pid;
    if (client_open(&client, server->port)) {
        stream_init(&stream, &client, 1 << 20, 1 << 20);
        stream_exchange(&stream, UINT64_MAX);
    }
    _exit(0);
}

/* As when a machine sleeps: the Pong has come when the process goes on, but is unread. */
static void a_stop_of_the_process_costs_no_peer(void)
{
    struct server server;
    struct client client;
    struct received_frame frame;
    pid_t busy;

    if (!server_start(&server, WITH_PINGS(SHORT_TIMEOUT)))
        return;
    busy = keep_busy(&server);
    if (client_open(&client, server.port)) {
        CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
        CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
        kill(server_serving(&server), SIGSTOP);
        client_send_frame(&client, FIN | OPCODE_PONG, frame.payload, frame.bytes);
        clock_pass(SHORT_TIMEOUT_MS + STOPPED_MS + STOPPED_MS / 2);
        kill(server_serving(&server), SIGCONT);
        check_echo(&client, OPCODE_TEXT, "awake", 5, "awake");
        client_say_goodbye(&client);
    }
    kill(busy, SIGKILL);
    waitpid(busy, NULL, 0);
    server_stop(&server);
}

static void interval_0_sends_no_ping(void)
{
    struct server server;
    struct client client;

    if (!server_start(&server, ON_FREE_PORT
                      ", \"echo\": { \"ping-interval\": 0, \"pong-timeout\": " SHORT_TIMEOUT " }"))
        return;
    if (client_open(&client, server.port)) {
        clock_pass(SHORT_TIMEOUT_MS * 3 / 2);
        client_send_frame(&client, FIN | OPCODE_TEXT, "first", 5);
        {
            struct received_frame frame;

            CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
            CU_ASSERT_EQUAL(frame.opcode, OPCODE_TEXT);
        }
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

static CU_TestInfo tests[] = {
    TEST(silence_for_the_interval_brings_a_ping),
    TEST(the_interval_may_be_less_than_a_second),
    TEST(messages_postpone_the_ping),
    TEST(a_silent_peer_is_dropped_without_a_close_frame),
    TEST(a_wrong_pong_does_not_count),
    TEST(pongs_count_where_compression_is_agreed_on),
    TEST(messages_do_not_stand_in_for_a_pong),
    TEST(a_frame_that_takes_long_is_no_silence),
    TEST(mode_pong_sends_pongs_and_awaits_nothing),
    TEST(a_slow_reader_is_not_taken_for_a_silent_peer),
    TEST(a_ping_behind_unread_echoes_may_be_answered_late),
    TEST(a_stop_of_the_process_costs_no_peer),
    TEST(interval_0_sends_no_ping),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"keepalive", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
