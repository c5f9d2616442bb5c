/* The plugin in the real lwsws: what concerns lwsws alone. The suites of the wire run there, too.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "clock.h"
#include "runner.h"
#include "server.h"
#include "stream.h"

#define VERSION "HTTP/1.1 "

#define WITH_TLS ON_FREE_PORT ", \"tls\": \"self-signed\""

/* Asks for @path; the response goes to @response. Returns the status, or 0. */
static unsigned ask(uint16_t port, bool tls, const char *path, char *response, size_t size)
{
    struct client client;
    char request[256];
    unsigned status = 0;

    response[0] = '\0';
    if (!(tls ? client_connect_tls(&client, port, NULL) : client_connect(&client, port)))
        return 0;
    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    if (client_request(&client, request, response, size) && strlen(response) > strlen(VERSION))
        status = (unsigned)strtoul(response + strlen(VERSION), NULL, 10);
    client_close(&client);

    return status;
}

static void page_and_documents_are_served(void)
{
    static const struct {
        const char *path;
        const char *contains;
    } rows[] = {
        {"/", "<!doctype html>"},
        {"/js/main.js", "import "},
        {"/info.json", "+lws-echo."},
        {"/healthz", "ok\n"},
        {"/metrics", "\nlws_echo_processes 1\n"},
    };
    static const char *const members[] = {ON_FREE_PORT, WITH_TLS};
    size_t size = (size_t)1 << 17;
    char *response = malloc(size);

    for (size_t m = 0; m < 2; m++) {
        struct server server;

        if (!server_start(&server, members[m]))
            continue;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            CHECK_ROW(ask(server.port, m, rows[i].path, response, size) == 200, rows[i].path);
            CHECK_ROW(strstr(response, rows[i].contains), rows[i].path);
        }
        CHECK_ROW(ask(server.port, m, "/nowhere", response, size) == 404, "nowhere");
        server_stop(&server);
    }
    free(response);
}

/* What operators have not asked for they do not get. */
static void health_and_metrics_are_off_unless_asked_for(void)
{
    struct server server;
    char response[4096];

    if (!server_start(&server,
                      ON_FREE_PORT ", \"echo\": { \"health-path\": \"\", \"metrics-path\": \"\" }"))
        return;
    CU_ASSERT_EQUAL(ask(server.port, false, "/healthz", response, sizeof(response)), 404);
    CU_ASSERT_EQUAL(ask(server.port, false, "/metrics", response, sizeof(response)), 404);
    server_stop(&server);
}

/* The protocol does not start then; libwebsockets serves the files of the vhost all the same. */
static void a_wrong_option_is_named_and_nothing_is_echoed(void)
{
    static const struct {
        const char *echo;
        const char *says;
    } rows[] = {
        {"\"ping-intervall\": 1",
         "lws-echo: \"ping-intervall\": unknown key; did you mean \"ping-interval\"?\n"},
        {"\"rx-buffer\": 1", "lws-echo: \"rx-buffer\": 1 is out of range (1024..16777216 bytes, "
                             "like 65536 or 64k; default 262144)\n"},
        {"\"path\": \"/info.json\"",
         "lws-echo: \"info-path\": \"/info.json\" is also the \"path\"; "},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;
        struct client client;
        char members[256];
        char response[2048];

        snprintf(members, sizeof(members), ON_FREE_PORT ", \"echo\": { %s }", rows[i].echo);
        if (!server_start(&server, members))
            continue;
        CHECK_ROW(server_wait_said(&server, rows[i].says), rows[i].echo);
        if (client_connect(&client, server.port)) {
            CHECK_ROW(!client_offer(&client, "/ws", "", response, sizeof(response)), response);
            client_close(&client);
        }
        CHECK_ROW(ask(server.port, false, "/info.json", response, sizeof(response)) == 404,
                  rows[i].echo);
        server_stop(&server);
    }
}

static void messages_come_back_over_wss(void)
{
    static const size_t rows[] = {0, 1, 125, 126, 8192, 16384, 65536, 300000};
    struct server server;
    struct client client;

    if (!server_start(&server, WITH_TLS))
        return;
    if (client_open_tls(&client, server.port)) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            uint8_t *payload = random_bytes(3, rows[i]);

            check_echo(&client, OPCODE_BINARY, payload, rows[i], "wss");
            free(payload);
        }
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

static void large_messages_pass_over_wss(void)
{
    check_large_message(WITH_TLS, true, 16 << 20);
}

static void a_slow_reader_over_tls_costs_little(void)
{
    static const struct slow_reader rows[] = {
        {"large messages", WITH_TLS, 1 << 20, 32},
        {"small messages", WITH_TLS, 100, 150000},
    };

    check_slow_readers(rows, sizeof(rows) / sizeof(rows[0]), true);
}

static void a_slow_reader_costs_little(void)
{
    static const struct slow_reader rows[] = {
        {"large messages", ON_FREE_PORT, 1 << 20, 32},
        {"small messages", ON_FREE_PORT, 100, 150000},
    };

    check_slow_readers(rows, sizeof(rows) / sizeof(rows[0]), false);
}

/* Returns what a process has used of its processor, in ticks. */
static unsigned long cpu_ticks(pid_t pid)
{
    char name[64];
    unsigned long user = 0;
    unsigned long system = 0;
    FILE *stat;

    snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
    stat = fopen(name, "r");
    if (stat && fscanf(stat, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                       &system) != 2)
        user = system = 0;
    if (stat)
        fclose(stat);

    return user + system;
}

/* While one does not read, the server sleeps, and another is served. */
static void a_peer_that_does_not_read_keeps_nobody_busy(void)
{
    static const char *const members[] = {ON_FREE_PORT, WITH_TLS};

    for (size_t m = 0; m < 2; m++) {
        struct stream stream;
        struct server server;
        struct client mute;
        struct client other;
        unsigned long before;

        if (!server_start(&server, members[m]))
            continue;
        if ((m ? client_open_tls(&mute, server.port) : client_open(&mute, server.port)) &&
            (m ? client_open_tls(&other, server.port) : client_open(&other, server.port))) {
            stream_init(&stream, &mute, 1 << 20, 64);
            stream_push(&stream);
            check_echo(&other, OPCODE_TEXT, "hello", 5, members[m]);
            before = cpu_ticks(server_serving(&server));
            clock_pass(2000);
            /* of 200 ticks; what spins takes all that it gets */
            CHECK_ROW(cpu_ticks(server_serving(&server)) - before < 20, members[m]);
            check_echo(&other, OPCODE_TEXT, "hello", 5, members[m]);
            client_close(&mute);
            client_say_goodbye(&other);
        }
        server_stop(&server);
    }
}

static CU_TestInfo tests[] = {
    TEST(page_and_documents_are_served),
    TEST(health_and_metrics_are_off_unless_asked_for),
    TEST(a_wrong_option_is_named_and_nothing_is_echoed),
    TEST(messages_come_back_over_wss),
    TEST(large_messages_pass_over_wss),
    TEST(a_slow_reader_costs_little),
    TEST(a_slow_reader_over_tls_costs_little),
    TEST(a_peer_that_does_not_read_keeps_nobody_busy),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"lwsws", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
