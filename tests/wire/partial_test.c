/* Sockets that take only a part of what is sent, anywhere in it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "runner.h"
#include "server.h"

#define MESSAGES 300
#define PAYLOAD_MAX 300000

/* Below, at and above what decides how a payload leaves. */
static const size_t sizes[] = {0,     1,     125,   126,    1000,   15000,  16383, 16384,
                               16385, 20000, 65535, 100000, 262144, 262145, 300000};

static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;

    return random_state % limit;
}

/* A message of up to three fragments, with Pings among them. */
struct plan {
    size_t fragments[3];
    size_t count;
    size_t bytes;
};

static struct plan plans[MESSAGES];

static size_t compose_message(uint8_t *out, struct plan *plan, const uint8_t *payload)
{
    size_t used = 0;

    plan->count = random_below(2) ? 1 : 1 + random_below(3);
    plan->bytes = 0;
    for (size_t i = 0; i < plan->count; i++) {
        size_t bytes = sizes[random_below(sizeof(sizes) / sizeof(sizes[0]))];

        /* most are small, so that many are in one read */
        if (random_below(4))
            bytes %= 20000;
        if (plan->bytes + bytes > PAYLOAD_MAX)
            bytes = 0;
        used += compose_frame(out + used,
                              (i + 1 == plan->count ? FIN : 0) | (i ? CONTINUATION : BINARY),
                              payload + plan->bytes, bytes);
        plan->bytes += bytes;
        if (!random_below(8))
            used += compose_frame(out + used, FIN | PING, "ping", 4);
    }

    return used;
}

/* Returns how many of the messages came back as they were. */
static size_t exchange(struct client *client, const uint8_t *payload)
{
    uint8_t *out = malloc(MESSAGES * (size_t)(PAYLOAD_MAX + 100));
    size_t same = 0;
    size_t bytes = 0;

    for (size_t i = 0; i < MESSAGES; i++)
        bytes += compose_message(out + bytes, &plans[i], payload + i);
    CU_ASSERT_TRUE(client_send_reading(client, out, bytes));
    free(out);

    for (size_t i = 0; i < MESSAGES; i++) {
        struct message message;

        if (client_read_message(client, &message) != READ_OK)
            break;
        same += message.opcode == BINARY && message.bytes == plans[i].bytes &&
                !memcmp(message.payload, payload + i, message.bytes);
        message_free(&message);
    }

    return same;
}

/* Starts a server on such sockets. */
static bool start(struct server *server, const char *seed, const char *members)
{
    bool started;

    setenv("SHORT_WRITES_SEED", seed, 1);
    setenv("LD_PRELOAD", ECHO_SHORT_WRITES, 1);
    started = server_start(server, members);
    unsetenv("LD_PRELOAD");

    return started;
}

static void echoes_are_whole_and_in_order_wherever_a_write_ends(void)
{
    static const struct {
        const char *name;
        const char *members;
        const char *headers;
    } rows[] = {
        {"plain", ON_FREE_PORT, ""},
        {"small reads", ON_FREE_PORT ", \"echo\": { \"rx-buffer\": 20000 }", ""},
        {"compression agreed on", ON_FREE_PORT ", \"echo\": { \"compression\": \"on\" }",
         "Sec-WebSocket-Extensions: permessage-deflate\r\n"},
    };
    static const char *const seeds[] = {"1", "2", "3", "4"};
    uint8_t *payload = random_bytes(7, PAYLOAD_MAX + MESSAGES);

    for (size_t i = 0; i < 4 * sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;
        struct client client;

        random_state = (uint32_t)i + 1;
        if (!start(&server, seeds[i % 4], rows[i / 4].members))
            continue;
        if (client_open_with(&client, server.port, rows[i / 4].headers)) {
            CHECK_ROW(exchange(&client, payload) == MESSAGES, rows[i / 4].name);
            client_say_goodbye(&client);
        }
        server_stop(&server);
    }
    free(payload);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(echoes_are_whole_and_in_order_wherever_a_write_ends),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {.pName = "partial", .pTests = tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
