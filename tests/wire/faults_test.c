/* A system that fails: at its sockets, where memory is to be had, and where a log is written. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
                              (i + 1 == plan->count ? FIN : 0) |
                                  (i ? OPCODE_CONTINUATION : OPCODE_BINARY),
                              payload + plan->bytes, bytes);
        plan->bytes += bytes;
        if (!random_below(8))
            used += compose_frame(out + used, FIN | OPCODE_PING, "ping", 4);
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
        same += message.opcode == OPCODE_BINARY && message.bytes == plans[i].bytes &&
                !memcmp(message.payload, payload + i, message.bytes);
        message_free(&message);
    }

    return same;
}

/* Starts a server on sockets that fail. */
static bool start(struct server *server, const char *seed, const char *members)
{
    bool started;

    setenv("SOCKET_FAULTS_SEED", seed, 1);
    setenv("LD_PRELOAD", ECHO_SOCKET_FAULTS, 1);
    started = server_start(server, members);
    unsetenv("LD_PRELOAD");

    return started;
}

static void echoes_are_whole_and_in_order_on_sockets_that_fail(void)
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

/* Returns how many of @count echoes come back before the connection ends. */
static int echoes_until_end(struct client *client, int count)
{
    static const uint8_t payload[1000];
    struct message message;
    int echoed = 0;

    while (echoed < count &&
           client_send_frame(client, FIN | OPCODE_BINARY, payload, sizeof(payload)) &&
           client_read_message(client, &message) == READ_OK) {
        echoed +=
            message.bytes == sizeof(payload) && !memcmp(message.payload, payload, message.bytes);
        message_free(&message);
    }

    return echoed;
}

static void a_reset_ends_its_own_connection_only(void)
{
    enum { CONNECTIONS = 60, MESSAGES_EACH = 40, AT_ONCE = 6 };
    struct server server;
    struct client clients[AT_ONCE];
    int whole = 0;
    int cut = 0;

    setenv("SOCKET_FAULTS_RESETS", "100", 1);
    if (start(&server, "5", ON_FREE_PORT)) {
        for (int i = 0; i < CONNECTIONS; i++) {
            struct client *client = &clients[i % AT_ONCE];
            char response[1024];

            if (i >= AT_ONCE)
                client_close(client);
            if (!client_connect(client, server.port))
                break;
            if (client_request(client, HANDSHAKE, response, sizeof(response)) &&
                echoes_until_end(client, MESSAGES_EACH) == MESSAGES_EACH)
                whole++;
            else
                cut++;
        }
        for (int i = 0; i < AT_ONCE; i++)
            client_close(&clients[i]);
        CU_ASSERT_TRUE(whole > 0);
        CU_ASSERT_TRUE(cut > 0);
        server_stop(&server);
    }
    unsetenv("SOCKET_FAULTS_RESETS");
}

#define SEEN "/tmp/lws-echo-test-seen-%d"

/* Has the allocation @number of the server fail from the start on. Returns whether one did. */
static bool start_short_of_memory(unsigned number, const char *config, const char *seen)
{
    struct server server;
    char text[32];

    unlink(seen);
    snprintf(text, sizeof(text), "%u", number);
    setenv("ALLOCATION_FAULT", text, 1);
    setenv("LD_PRELOAD", ECHO_ALLOCATION_FAULTS, 1);
    server_spawn(&server, (const char *const[]){"-c", config, NULL});
    unsetenv("LD_PRELOAD");

    if (server_wait_ready(&server)) { /* it can do without */
        CHECK_ROW(server_stop(&server), text);
    } else {
        CHECK_ROW(server_wait_exit(&server) == EXIT_FAILURE, text);
        /* jansson takes some of its failures for a syntax error */
        CHECK_ROW(strstr(server.text, "out of memory") || strstr(server.text, config), server.text);
    }

    return !access(seen, F_OK);
}

static void a_start_without_memory_says_so(void)
{
    enum { MOST = 2000 };
    char config[64];
    char seen[64];
    unsigned number = 1;

    snprintf(seen, sizeof(seen), SEEN, (int)getpid());
    setenv("ALLOCATION_FAULT_SEEN", seen, 1);
    write_temporary(config,
                    "{ " ON_FREE_PORT ", \"echo\": { \"compression\": \"on\", "
                    "\"subprotocols\": [\"a\", \"b\"], \"max-connections-per-address\": 5 } }");
    while (number < MOST && start_short_of_memory(number, config, seen))
        number++;
    CU_ASSERT_TRUE(number > 10);
    CU_ASSERT_TRUE(number < MOST);
    unlink(seen);
    unlink(config);
    unsetenv("ALLOCATION_FAULT");
    unsetenv("ALLOCATION_FAULT_SEEN");
}

/* Whoever there is no memory for is turned away or let go; others go on, and then all do. */
static void without_memory_only_newcomers_suffer(void)
{
    enum { NEWCOMERS = 60 };
    static const char headers[] = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    struct server server;
    struct client before;
    struct client newcomer;
    char response[1024];
    char armed[64];
    int turned_away = 0;

    snprintf(armed, sizeof(armed), SEEN, (int)getpid());
    setenv("ALLOCATION_FAULT", "3", 1);
    setenv("ALLOCATION_FAULTS_WHILE", armed, 1);
    setenv("LD_PRELOAD", ECHO_ALLOCATION_FAULTS, 1);
    if (!server_start(&server, ON_FREE_PORT ", \"echo\": { \"compression\": \"on\", "
                                            "\"max-connections-per-address\": 100 }"))
        return;
    unsetenv("LD_PRELOAD");
    if (client_open(&before, server.port)) {
        close(open(armed, O_CREAT | O_WRONLY, 0600));
        for (int i = 0; i < NEWCOMERS && client_connect(&newcomer, server.port); i++) {
            if (client_offer(&newcomer, "/ws", headers, response, sizeof(response)) &&
                echoes_until_end(&newcomer, 1) == 1)
                check_echo(&before, OPCODE_TEXT, "before", 6, "before");
            else
                turned_away++;
            client_close(&newcomer);
        }
        CU_ASSERT_TRUE(turned_away > 0);
        unlink(armed);
        check_echo(&before, OPCODE_TEXT, "before", 6, "afterwards");
        client_say_goodbye(&before);
        if (client_open_with(&newcomer, server.port, headers)) {
            check_echo(&newcomer, OPCODE_TEXT, "newcomer", 8, "afterwards");
            client_say_goodbye(&newcomer);
        }
    }
    server_stop(&server);
    unsetenv("ALLOCATION_FAULT");
    unsetenv("ALLOCATION_FAULTS_WHILE");
}

/* Over TLS, the last bytes of a full record are kept for the next one if there is memory. */
static void without_memory_nothing_is_held_back(void)
{
    enum { BYTES = 100000, MESSAGES_EACH = 10 };
    struct server server;
    struct client client;
    uint8_t *payload = random_bytes(1, BYTES);
    char armed[64];
    char seen[64];

    snprintf(armed, sizeof(armed), SEEN "-armed", (int)getpid());
    snprintf(seen, sizeof(seen), SEEN, (int)getpid());
    setenv("ALLOCATION_FAULT", "1", 1);
    setenv("ALLOCATION_FAULTS_WHILE", armed, 1);
    setenv("ALLOCATION_FAULT_SEEN", seen, 1);
    setenv("LD_PRELOAD", ECHO_ALLOCATION_FAULTS, 1);
    if (server_start(&server, ON_FREE_PORT ", \"tls\": \"self-signed\"")) {
        unsetenv("LD_PRELOAD");
        if (client_open_tls(&client, server.port)) {
            close(open(armed, O_CREAT | O_WRONLY, 0600));
            for (int i = 0; i < MESSAGES_EACH; i++)
                check_echo(&client, OPCODE_BINARY, payload, BYTES, "without memory");
            CU_ASSERT_EQUAL(access(seen, F_OK), 0);
            unlink(armed);
            check_echo(&client, OPCODE_BINARY, payload, BYTES, "afterwards");
            client_say_goodbye(&client);
        }
        server_stop(&server);
    }
    unlink(seen);
    unsetenv("LD_PRELOAD");
    unsetenv("ALLOCATION_FAULT");
    unsetenv("ALLOCATION_FAULTS_WHILE");
    unsetenv("ALLOCATION_FAULT_SEEN");
    free(payload);
}

static void a_log_without_a_place_stops_nobody(void)
{
    static const struct {
        const char *name;
        const char *shell;
    } rows[] = {
        {"a full disk", "exec \"$0\" \"$@\" 2>/dev/full"},
        {"nothing at all", "exec \"$0\" \"$@\" 2>&-"},
        {"a pipe that nobody reads any more", "exec \"$0\" \"$@\""},
    };
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    char config[64];

    write_temporary(config, "{ " ON_FREE_PORT ", \"log-level\": \"info\" }");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;
        struct client client;

        server_spawn_in_shell(&server, rows[i].shell, (const char *const[]){"-c", config, NULL});
        CHECK_ROW(server_wait_ready(&server), rows[i].name);
        CHECK_ROW(dup2(nothing, server.err) >= 0, rows[i].name); /* its end of the pipe is gone */
        for (int c = 0; c < 20 && client_open(&client, server.port); c++) {
            check_echo(&client, OPCODE_TEXT, "a", 1, rows[i].name);
            client_say_goodbye(&client);
        }
        CHECK_ROW(server_stop(&server), rows[i].name);
    }
    close(nothing);
    unlink(config);
}

/* Who asks for an answer, as scripts do, learns that there is none. */
static void an_answer_that_cannot_be_written_is_a_failure(void)
{
    static const char *const rows[] = {"--check", "--help", "--version", "--print-config"};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;

        server_spawn_in_shell(&server, "exec \"$0\" \"$@\" >/dev/full",
                              (const char *const[]){rows[i], NULL});
        CHECK_ROW(server_wait_exit(&server) == EXIT_FAILURE, rows[i]);
        CHECK_ROW(!strncmp(server.text, "lws-echo: ", 10), server.text);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(echoes_are_whole_and_in_order_on_sockets_that_fail),
        TEST(a_reset_ends_its_own_connection_only),
        TEST(a_start_without_memory_says_so),
        TEST(without_memory_only_newcomers_suffer),
        TEST(without_memory_nothing_is_held_back),
        TEST(a_log_without_a_place_stops_nobody),
        TEST(an_answer_that_cannot_be_written_is_a_failure),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {.pName = "faults", .pTests = tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
