/* What comes back is what was sent: type, content, order, whatever the delivery. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "runner.h"
#include "server.h"

SUITE_SERVER(ON_FREE_PORT)

static void messages_of_every_size_come_back(void)
{
    static const struct {
        const char *name;
        size_t bytes;
    } rows[] = {
        {"empty", 0},
        {"one byte", 1},
        {"longest 7-bit length", 125},
        {"shortest 16-bit length", 126},
        {"longest 16-bit length", 65535},
        {"shortest 64-bit length", 65536},
        {"one less than the receive buffer", 262143},
        {"the receive buffer", 262144},
        {"one more than the receive buffer", 262145},
        {"many receive buffers", 5 * 262144 + 77},
    };
    struct client client;

    if (!client_open(&client, server.port))
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t *binary = random_bytes((uint32_t)i, rows[i].bytes);

        check_echo(&client, OPCODE_BINARY, binary, rows[i].bytes, rows[i].name);
        for (size_t j = 0; j < rows[i].bytes; j++)
            binary[j] = (uint8_t)('a' + binary[j] % 26);
        check_echo(&client, OPCODE_TEXT, binary, rows[i].bytes, rows[i].name);
        free(binary);
    }
    client_say_goodbye(&client);
}

static void text_keeps_its_characters(void)
{
    static const char *const rows[] = {"Grüße", "🌍", "€\n\t", "<b>&amp;\\\"'"};
    struct client client;

    if (!client_open(&client, server.port))
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_echo(&client, OPCODE_TEXT, rows[i], strlen(rows[i]), rows[i]);
    client_say_goodbye(&client);
}

static void fragments_come_back_as_one_message_of_the_same_type(void)
{
    static const struct {
        const char *name;
        unsigned opcode;
        const char *fragments[6]; /* NULL at the end */
    } rows[] = {
        {"two", OPCODE_TEXT, {"ab", "cd", NULL}},
        {"binary", OPCODE_BINARY, {"ab", "cd", "ef", NULL}},
        {"empty first", OPCODE_TEXT, {"", "ab", NULL}},
        {"empty last", OPCODE_TEXT, {"ab", "", NULL}},
        {"empty between", OPCODE_BINARY, {"ab", "", "", "cd", NULL}},
        {"all empty", OPCODE_BINARY, {"", "", "", NULL}},
    };
    struct client client;

    if (!client_open(&client, server.port))
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char whole[64] = "";
        size_t whole_bytes = 0;

        for (size_t j = 0; rows[i].fragments[j]; j++) {
            const char *fragment = rows[i].fragments[j];
            unsigned first =
                (j ? OPCODE_CONTINUATION : rows[i].opcode) | (rows[i].fragments[j + 1] ? 0 : FIN);

            client_send_frame(&client, first, fragment, strlen(fragment));
            whole_bytes +=
                (size_t)snprintf(whole + whole_bytes, sizeof(whole) - whole_bytes, "%s", fragment);
        }
        check_message(&client, rows[i].opcode, whole, whole_bytes, rows[i].name);
    }
    client_say_goodbye(&client);
}

static void fragment_borders_are_kept_when_nothing_is_large(void)
{
    static const struct {
        unsigned first;
        const char *payload;
    } rows[] = {{OPCODE_TEXT, "ab"},
                {OPCODE_CONTINUATION, ""},
                {OPCODE_CONTINUATION, "cde"},
                {FIN | OPCODE_CONTINUATION, "f"}};
    struct client client;
    struct received_frame frame;

    if (!client_open(&client, server.port))
        return;
    for (size_t i = 0; i < 4; i++)
        client_send_frame(&client, rows[i].first, rows[i].payload, strlen(rows[i].payload));
    for (size_t i = 0; i < 4; i++) {
        CHECK_ROW(client_read_frame(&client, &frame) == READ_OK, rows[i].payload);
        CHECK_ROW((frame.opcode | (frame.fin ? FIN : 0)) == rows[i].first, rows[i].payload);
        CHECK_ROW(frame.bytes == strlen(rows[i].payload), rows[i].payload);
    }
    client_say_goodbye(&client);
}

/* Sends "ab" and "cd" as fragments with a control frame between them. */
static void control_frames_pass_between_fragments(void)
{
    struct client client;
    struct message message = {0};
    struct received_frame frame;
    int pongs = 0;

    if (!client_open(&client, server.port))
        return;
    client_send_frame(&client, OPCODE_TEXT, "ab", 2);
    client_send_frame(&client, FIN | OPCODE_PING, "between", 7);
    client_send_frame(&client, FIN | OPCODE_PONG, "unasked", 7);
    client_send_frame(&client, FIN | OPCODE_CONTINUATION, "cd", 2);

    while (client_read_frame(&client, &frame) == READ_OK) {
        if (frame.opcode == OPCODE_PONG) {
            pongs++;
            CU_ASSERT_EQUAL(frame.bytes, 7);
            CU_ASSERT_EQUAL(memcmp(frame.payload, "between", 7), 0);
        } else {
            CU_ASSERT_EQUAL(frame.opcode, message.frames++ ? OPCODE_CONTINUATION : OPCODE_TEXT);
            message.bytes += frame.bytes;
        }
        if (pongs && message.bytes == 4)
            break;
    }
    CU_ASSERT_EQUAL(pongs, 1);
    CU_ASSERT_EQUAL(message.bytes, 4);
    CU_ASSERT_TRUE(frame.fin);
    client_say_goodbye(&client);
}

static void pings_are_answered_with_their_payload(void)
{
    static const size_t rows[] = {0, 1, 8, 124, 125};
    struct client client;
    struct received_frame frame;

    if (!client_open(&client, server.port))
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t *payload = random_bytes(7, rows[i]);

        client_send_frame(&client, FIN | OPCODE_PING, payload, rows[i]);
        CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
        CU_ASSERT_EQUAL(frame.opcode, OPCODE_PONG);
        CU_ASSERT_EQUAL(frame.bytes, rows[i]);
        CU_ASSERT_EQUAL(memcmp(frame.payload, payload, rows[i]), 0);
        free(payload);
    }
    client_say_goodbye(&client);
}

static void many_frames_in_one_write_keep_their_order(void)
{
    enum { COUNT = 3000, ROOM = COUNT * 32 };
    uint8_t *out = malloc(ROOM);
    struct client client;
    size_t used = 0;
    char text[16];

    for (int i = 0; i < COUNT; i++) {
        snprintf(text, sizeof(text), "message %d", i);
        used += compose_frame(out + used, FIN | (i % 2 ? OPCODE_TEXT : OPCODE_BINARY), text,
                              strlen(text));
    }
    if (client_open(&client, server.port)) {
        CU_ASSERT_TRUE(client_send(&client, out, used));
        for (int i = 0; i < COUNT; i++) {
            snprintf(text, sizeof(text), "message %d", i);
            check_message(&client, i % 2 ? OPCODE_TEXT : OPCODE_BINARY, text, strlen(text), text);
        }
        client_say_goodbye(&client);
    }
    free(out);
}

static void a_frame_may_come_a_byte_at_a_time(void)
{
    uint8_t payload[300];
    uint8_t out[320];
    struct client client;
    size_t bytes;

    memset(payload, 'x', sizeof(payload));
    bytes = compose_frame(out, FIN | OPCODE_TEXT, payload, sizeof(payload));
    if (!client_open(&client, server.port))
        return;
    for (size_t i = 0; i < bytes; i++)
        client_send(&client, out + i, 1);
    check_message(&client, OPCODE_TEXT, payload, sizeof(payload), "byte by byte");
    client_say_goodbye(&client);
}

static void a_frame_may_be_split_anywhere_in_its_header(void)
{
    enum { PAYLOAD = 70000, HEADER = 14 };
    uint8_t *payload = random_bytes(3, PAYLOAD);
    uint8_t *out = malloc(PAYLOAD + HEADER);
    size_t bytes = compose_frame(out, FIN | OPCODE_BINARY, payload, PAYLOAD);
    struct client client;
    char row[16];

    if (client_open(&client, server.port)) {
        for (size_t split = 1; split <= HEADER + 1; split++) {
            snprintf(row, sizeof(row), "at %zu", split);
            client_send(&client, out, split);
            CHECK_ROW(client_wait_taken(&client), row);
            client_send(&client, out + split, bytes - split);
            check_message(&client, OPCODE_BINARY, payload, PAYLOAD, row);
        }
        client_say_goodbye(&client);
    }
    free(out);
    free(payload);
}

/* What is read at once has room for the header of a client's frame, too: 14 bytes at most. */
static void no_piece_is_larger_than_the_receive_buffer(void)
{
    struct server small;
    struct client client;
    struct received_frame frame = {0};
    size_t bytes = 0;

    if (!server_start(&small, ON_FREE_PORT ", \"echo\": { \"rx-buffer\": 1024 }"))
        return;
    if (client_open(&client, small.port)) {
        uint8_t *payload = random_bytes(5, 50000);

        client_send_frame(&client, FIN | OPCODE_BINARY, payload, 50000);
        while (!frame.fin && client_read_frame(&client, &frame) == READ_OK) {
            CU_ASSERT_TRUE(frame.bytes <= 1024 + 14);
            CU_ASSERT_EQUAL(memcmp(frame.payload, payload + bytes, frame.bytes), 0);
            bytes += frame.bytes;
        }
        CU_ASSERT_EQUAL(bytes, 50000);
        free(payload);
        client_say_goodbye(&client);
    }
    server_stop(&small);
}

static void a_message_of_the_receive_buffers_size_comes_back_in_one_piece(void)
{
    struct server exact;
    struct client client;
    struct received_frame frame;

    if (server_is_lwsws())
        return; /* it reads no more than its service buffer of 8 KiB */
    if (!server_start(&exact, ON_FREE_PORT ", \"echo\": { \"rx-buffer\": 20000 }"))
        return;
    if (client_open(&client, exact.port)) {
        uint8_t *payload = random_bytes(6, 20000);

        client_send_frame(&client, FIN | OPCODE_BINARY, payload, 20000);
        CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_OK);
        CU_ASSERT_TRUE(frame.fin);
        CU_ASSERT_EQUAL(frame.bytes, 20000);
        free(payload);
        client_say_goodbye(&client);
    }
    server_stop(&exact);
}

static void connections_do_not_mix(void)
{
    enum { CLIENTS = 24, ROUNDS = 40 };
    struct client clients[CLIENTS];
    char row[32];

    for (int c = 0; c < CLIENTS; c++)
        if (!client_open(&clients[c], server.port))
            return;

    for (int round = 0; round < ROUNDS; round++) {
        for (int c = 0; c < CLIENTS; c++) {
            size_t bytes = (size_t)(c * 997 + round * 131) % 20000;
            uint8_t *payload = random_bytes((uint32_t)(c * ROUNDS + round), bytes);

            client_send_frame(&clients[c], FIN | OPCODE_BINARY, payload, bytes);
            free(payload);
        }
        for (int c = CLIENTS - 1; c >= 0; c--) {
            size_t bytes = (size_t)(c * 997 + round * 131) % 20000;
            uint8_t *payload = random_bytes((uint32_t)(c * ROUNDS + round), bytes);

            snprintf(row, sizeof(row), "client %d round %d", c, round);
            check_message(&clients[c], OPCODE_BINARY, payload, bytes, row);
            free(payload);
        }
    }
    for (int c = 0; c < CLIENTS; c++)
        client_say_goodbye(&clients[c]);
}

static void data_may_follow_the_handshake_at_once(void)
{
    static const char handshake[] = "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                                    "Connection: Upgrade\r\n"
                                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                    "Sec-WebSocket-Version: 13\r\n\r\n";
    char out[512];
    char response[1024];
    struct client client;
    size_t bytes = (size_t)snprintf(out, sizeof(out), "%s", handshake);

    bytes += compose_frame((uint8_t *)out + bytes, FIN | OPCODE_TEXT, "early", 5);
    if (!client_connect(&client, server.port))
        return;
    client_send(&client, out, bytes);
    CU_ASSERT_TRUE(client_request(&client, "", response, sizeof(response)));
    check_message(&client, OPCODE_TEXT, "early", 5, "early");
    client_say_goodbye(&client);
}

static CU_TestInfo tests[] = {
    TEST(messages_of_every_size_come_back),
    TEST(text_keeps_its_characters),
    TEST(fragments_come_back_as_one_message_of_the_same_type),
    TEST(fragment_borders_are_kept_when_nothing_is_large),
    TEST(control_frames_pass_between_fragments),
    TEST(pings_are_answered_with_their_payload),
    TEST(many_frames_in_one_write_keep_their_order),
    TEST(a_frame_may_come_a_byte_at_a_time),
    TEST(a_frame_may_be_split_anywhere_in_its_header),
    TEST(no_piece_is_larger_than_the_receive_buffer),
    TEST(a_message_of_the_receive_buffers_size_comes_back_in_one_piece),
    TEST(connections_do_not_mix),
    TEST(data_may_follow_the_handshake_at_once),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"echo", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
