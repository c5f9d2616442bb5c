/* What an idle connection costs the server's memory. */

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "client.h"
#include "runner.h"
#include "server.h"

#define CONNECTIONS 400
#define PAGE_BYTES 4096

#ifdef __SANITIZE_ADDRESS__
#define IDLE_MAX_BYTES 12000 /* the sanitizer's own notes go with every allocation */
#define KEPT_MAX_BYTES IDLE_MAX_BYTES
#else
#define IDLE_MAX_BYTES 1536
#define KEPT_MAX_BYTES 512 /* of what has been closed */
#endif

/* Opens all of @clients. Returns false if that fails, with none left open. */
static bool open_all(struct client *clients, const struct server *server)
{
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (!client_open(&clients[i], server->port)) {
            while (i--)
                client_close(&clients[i]);
            return false;
        }

    return true;
}

static void close_all(struct client *clients)
{
    for (size_t i = 0; i < CONNECTIONS; i++)
        client_say_goodbye(&clients[i]);
}

/* Signed: what one connection more costs. */
static double growth(const struct server *server, uint64_t before)
{
    return ((double)server_memory(server, "Rss") - (double)before) / CONNECTIONS;
}

static void check_at_most(double bytes, double limit, const char *row)
{
    if (bytes > limit)
        fprintf(stderr, "%s: %.0f bytes a connection\n", row, bytes);
    CHECK_ROW(bytes <= limit, row);
}

static void each_exchanges(struct client *clients, unsigned first, unsigned answer,
                           const char *payload)
{
    struct received_frame frame;

    for (size_t i = 0; i < CONNECTIONS; i++)
        client_send_frame(&clients[i], first, payload, strlen(payload));
    for (size_t i = 0; i < CONNECTIONS; i++) {
        do { /* past Pings, which go on coming */
            CU_ASSERT_EQUAL_FATAL(client_read_frame(&clients[i], &frame), READ_OK);
        } while (frame.opcode != answer);
    }
}

static void an_idle_connection_costs_little(void)
{
    struct client *clients = calloc(CONNECTIONS, sizeof(*clients));
    struct server server;
    uint64_t before;

    if (server_start(&server, ON_FREE_PORT)) {
        if (open_all(clients, &server)) {
            close_all(clients); /* what the first ones need once is there now */
            before = server_memory(&server, "Rss");
            if (open_all(clients, &server)) {
                check_at_most(growth(&server, before), IDLE_MAX_BYTES, "opened");
                each_exchanges(clients, FIN | OPCODE_BINARY, OPCODE_BINARY, "some message");
                check_at_most(growth(&server, before), IDLE_MAX_BYTES, "after a message");
                close_all(clients);
            }
        }
        server_stop(&server);
    }
    free(clients);
}

/* Payloads of control frames go into the receive buffer; what that takes comes back. */
static void what_a_connection_has_used_is_given_back(void)
{
    struct client *clients = calloc(CONNECTIONS, sizeof(*clients));
    struct server server;
    uint64_t before;

    if (server_start(&server, ON_FREE_PORT)) {
        if (open_all(clients, &server))
            close_all(clients); /* what the allocator keeps is there now */
        before = server_memory(&server, "Rss");
        for (int i = 0; i < 3 && open_all(clients, &server); i++) {
            each_exchanges(clients, FIN | OPCODE_PING, OPCODE_PONG, "ping");
            check_at_most(growth(&server, before), PAGE_BYTES + KEPT_MAX_BYTES, "used");
            close_all(clients);
            check_at_most(growth(&server, before), KEPT_MAX_BYTES, "closed");
        }
        server_stop(&server);
    }
    free(clients);
}

static void pings_that_await_nothing_leave_it_small(void)
{
    struct client *clients = calloc(CONNECTIONS, sizeof(*clients));
    struct server server;
    struct received_frame frame;
    uint64_t before;

    if (server_start(&server, ON_FREE_PORT ", \"echo\": { \"ping-interval\": 1 }")) {
        if (open_all(clients, &server)) {
            close_all(clients);
            before = server_memory(&server, "Rss");
            if (open_all(clients, &server)) {
                for (size_t i = 0; i < CONNECTIONS; i++) {
                    CU_ASSERT_EQUAL(client_read_frame(&clients[i], &frame), READ_OK);
                    CU_ASSERT_EQUAL(frame.opcode, OPCODE_PING);
                    client_send_frame(&clients[i], FIN | OPCODE_PONG, frame.payload, frame.bytes);
                }
                each_exchanges(clients, FIN | OPCODE_BINARY, OPCODE_BINARY, "alive");
                check_at_most(growth(&server, before), IDLE_MAX_BYTES, "pinged");
                close_all(clients);
            }
        }
        server_stop(&server);
    }
    free(clients);
}

#ifndef __SANITIZE_ADDRESS__
/* Starts the app with so few addresses that no range for all receive buffers can be had. */
static bool start_confined(struct server *server)
{
    const rlim_t confined = (rlim_t)1 << 30;
    struct rlimit own;
    struct rlimit limit;
    bool started;

    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_AS, &own), 0);
    limit = own;
    limit.rlim_cur = confined;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_AS, &limit), 0);
    started = server_start(server, ON_FREE_PORT ", \"echo\": { \"rx-buffer\": 1048576 }");
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_AS, &own), 0);

    return started;
}

static void few_addresses_do_for_few_connections(void)
{
    struct client clients[20];
    struct server server;

    if (!start_confined(&server))
        return;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 20; i++)
            if (client_open(&clients[i], server.port))
                check_echo(&clients[i], OPCODE_TEXT, "hello", 5, "confined");
        for (size_t i = 0; i < 20; i++)
            client_say_goodbye(&clients[i]);
    }
    server_stop(&server);
}
#endif

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(an_idle_connection_costs_little),
        TEST(what_a_connection_has_used_is_given_back),
        TEST(pings_that_await_nothing_leave_it_small),
#ifndef __SANITIZE_ADDRESS__
        TEST(few_addresses_do_for_few_connections),
#endif
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {.pName = "memory", .pTests = tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
