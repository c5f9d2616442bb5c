/* Health, figures and the log: what an operator sees of the server. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "client.h"
#include "clock.h"
#include "runner.h"
#include "server.h"

#define STATUS_OFFSET strlen("HTTP/1.1 ")

#define AT_INFO ", \"log-level\": \"info\""

/* Asks @port for @path; the whole response goes to @response. Returns the status, or 0. */
static unsigned ask(uint16_t port, const char *path, char *response, size_t size)
{
    struct client client;
    char request[256];
    unsigned status = 0;

    response[0] = '\0';
    if (!client_connect(&client, port))
        return 0;
    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    if (client_request(&client, request, response, size) && strlen(response) > STATUS_OFFSET)
        status = (unsigned)strtoul(response + STATUS_OFFSET, NULL, 10);
    client_close(&client);

    return status;
}

static unsigned health(uint16_t port)
{
    char response[4096];

    return ask(port, "/healthz", response, sizeof(response));
}

/* Returns a sample of /metrics by its whole name; UINT64_MAX if there is none. */
static uint64_t metric(uint16_t port, const char *name)
{
    char *response = malloc(32768);
    uint64_t value = UINT64_MAX;
    char line[128];
    const char *found;

    snprintf(line, sizeof(line), "\n%s ", name);
    if (ask(port, "/metrics", response, 32768) == 200) {
        found = strstr(response, line);
        if (found)
            value = strtoull(found + strlen(line), NULL, 10);
    }
    free(response);

    return value;
}

/* Waits until a metric is @wanted: the end of a connection is counted when the server sees it. */
static void check_metric(uint16_t port, const char *name, uint64_t wanted)
{
    int64_t deadline_ms = clock_deadline_ms();
    uint64_t value;

    do
        value = metric(port, name);
    while (value != wanted && clock_tick(deadline_ms));
    CHECK_ROW(value == wanted, name);
}

static void the_server_says_that_it_is_well(void)
{
    struct server server;
    char response[4096];

    if (!server_start(&server, ON_FREE_PORT))
        return;
    CU_ASSERT_EQUAL(ask(server.port, "/healthz", response, sizeof(response)), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(response, "\r\n\r\nok\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(response, "content-type: text/plain"));
    CU_ASSERT_PTR_NOT_NULL(strstr(response, "cache-control: no-store"));
    server_stop(&server);
}

/* Others take notice, and meanwhile everything goes on. */
/* What a reload tries beforehand, in a process of its own, counts for itself. */
static void a_reload_forgets_no_connection(void)
{
    static const char *const rows[] = {
        ON_FREE_PORT ", \"log-level\": \"notice\"",
        ON_FREE_PORT ", \"log-level\": \"notice\", \"workers\": 2",
    };
    enum { COUNT = 20 };

    for (size_t i = 0; i < 2; i++) {
        struct client clients[COUNT];
        struct server server;

        if (!server_start(&server, rows[i]))
            return;
        for (size_t c = 0; c < COUNT; c++)
            if (!client_open(&clients[c], server.port))
                return;
        kill(server.pid, SIGHUP);
        server_wait_said(&server, "in force");
        check_metric(server.port, "lws_echo_connections", COUNT);
        for (size_t c = 0; c < COUNT; c++)
            client_say_goodbye(&clients[c]);
        check_metric(server.port, "lws_echo_connections", 0);
        server_stop(&server);
    }
}

static void before_a_stop_it_says_so_and_goes_on_serving(void)
{
    static const char *const rows[] = {ON_FREE_PORT ", \"drain-delay\": 3600",
                                       ON_FREE_PORT ", \"drain-delay\": 3600, \"workers\": 2"};

    for (size_t i = 0; i < 2; i++) {
        struct client old;
        struct client new;
        struct server server;
        struct received_frame frame;
        char response[4096];
        unsigned status;

        if (!server_start(&server, rows[i]) || !client_open(&old, server.port))
            return;
        kill(server.pid, SIGTERM);
        do /* a worker may hear of it after another */
            status = ask(server.port, "/healthz", response, sizeof(response));
        while (status == 200);
        CHECK_ROW(status == 503, response);
        CHECK_ROW(strstr(response, "\r\n\r\ndraining\n"), response);
        check_echo(&old, OPCODE_TEXT, "hello", 5, rows[i]);
        if (client_open(&new, server.port)) {
            check_echo(&new, OPCODE_TEXT, "hello", 5, rows[i]);
            kill(server.pid, SIGTERM); /* the rest of the delay is not needed */
            CHECK_ROW(client_read_frame(&old, &frame) == READ_OK && frame.opcode == OPCODE_CLOSE,
                      rows[i]);
            CHECK_ROW(client_read_frame(&new, &frame) == READ_OK && frame.opcode == OPCODE_CLOSE,
                      rows[i]);
            client_close(&new);
        }
        client_close(&old);
        CHECK_ROW(server_wait_exit(&server) == 0, rows[i]);
    }
}

static void after_the_delay_it_stops_by_itself(void)
{
    struct server server;

    if (!server_start(&server, ON_FREE_PORT ", \"drain-delay\": 1"))
        return;
    kill(server.pid, SIGTERM);
    CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
}

static void what_happens_is_counted(void)
{
    struct server server;
    struct client client;
    struct client stays;
    uint8_t payload[1000] = {0};

    if (!server_start(&server, ON_FREE_PORT ", \"workers\": 2, \"echo\": { \"max-message\": 2000, "
                                            "\"ping-interval\": 1, \"pong-timeout\": 1 }"))
        return;
    for (int i = 0; i < 20; i++) {
        if (!client_open(&client, server.port))
            return;
        check_echo(&client, OPCODE_BINARY, payload, sizeof(payload), "binary");
        client_send_frame(&client, OPCODE_TEXT, "in two ", 7);
        client_send_frame(&client, FIN | OPCODE_CONTINUATION, "frames", 6);
        check_message(&client, OPCODE_TEXT, "in two frames", 13, "fragments");
        client_say_goodbye(&client);
    }
    check_metric(server.port, "lws_echo_connections_total", 20);
    check_metric(server.port, "lws_echo_connections", 0);
    check_metric(server.port, "lws_echo_received_messages_total", 40);
    check_metric(server.port, "lws_echo_received_bytes_total", UINT64_C(20) * 1013);
    check_metric(server.port, "lws_echo_sent_messages_total", 40);
    check_metric(server.port, "lws_echo_sent_bytes_total", UINT64_C(20) * 1013);
    check_metric(server.port, "lws_echo_closed_connections_total{code=\"1000\"}", 20);
    check_metric(server.port, "lws_echo_processes", 2);
    CU_ASSERT_TRUE(metric(server.port, "process_resident_memory_bytes") > 1 << 20);

    if (client_open(&stays, server.port)) {
        check_metric(server.port, "lws_echo_connections", 1);
        check_metric(server.port, "lws_echo_pong_timeouts_total", 1); /* it does not answer */
        check_metric(server.port, "lws_echo_connections", 0);
        check_metric(server.port, "lws_echo_closed_connections_total{code=\"1006\"}", 1);
        CU_ASSERT_TRUE(metric(server.port, "lws_echo_pings_sent_total") >= 1);
        client_close(&stays);
    }
    server_stop(&server);
}

static void each_end_is_counted_by_its_code(void)
{
    static const struct {
        const char *name;
        unsigned first;
        const char *payload;
        size_t bytes;
        const char *code;
    } rows[] = {
        {"empty Close", FIN | OPCODE_CLOSE, "", 0, "1005"},
        {"the peer's code", FIN | OPCODE_CLOSE, "\x03\xe9", 2, "1001"},
        {"a library's code", FIN | OPCODE_CLOSE, "\x0b\xb8", 2, "3000-3999"},
        {"a private code", FIN | OPCODE_CLOSE, "\x13\x87", 2, "4000-4999"},
        {"a code that must not be", FIN | OPCODE_CLOSE, "\x03\xed", 2, "1002"},
        {"a reason that is not UTF-8", FIN | OPCODE_CLOSE, "\x03\xe8\xff", 3, "1007"},
        {"text that is not UTF-8", FIN | OPCODE_TEXT, "\xff", 1, "1007"},
        {"too large", FIN | OPCODE_TEXT, "12345678901", 11, "1009"},
        {"a reserved opcode", FIN | 0x3, "", 0, "1002"},
        {"a reserved bit", FIN | OPCODE_TEXT | 0x10, "", 0, "1002"},
    };
    struct server server;

    if (!server_start(&server, ON_FREE_PORT ", \"echo\": { \"max-message\": 10 }"))
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct client client;
        char name[80];
        uint64_t before;

        snprintf(name, sizeof(name), "lws_echo_closed_connections_total{code=\"%s\"}",
                 rows[i].code);
        before = metric(server.port, name);
        if (!client_open(&client, server.port))
            return;
        client_send_frame(&client, rows[i].first, rows[i].payload, rows[i].bytes);
        check_end(&client);
        client_close(&client);
        check_metric(server.port, name, before + 1);
    }
    check_metric(server.port, "lws_echo_connections", 0);
    server_stop(&server);
}

static void a_worker_s_successor_goes_on_counting(void)
{
    struct server server;
    struct client client;
    struct client open;
    pid_t pids[2];

    if (!server_start(&server, ON_FREE_PORT ", \"workers\": 2") || !client_open(&open, server.port))
        return;
    for (int i = 0; i < 30; i++)
        if (client_open(&client, server.port))
            client_say_goodbye(&client);
    check_metric(server.port, "lws_echo_connections_total", 31);
    CU_ASSERT_EQUAL(server_workers(&server, pids, 2), 2);
    kill(pids[0], SIGKILL);
    kill(pids[1], SIGKILL);
    server_wait_said(&server, "worker 1 ");
    server_wait_said(&server, "worker 2 ");
    check_metric(server.port, "lws_echo_connections_total", 31);
    check_metric(server.port, "lws_echo_processes", 2);
    check_metric(server.port, "lws_echo_connections", 0);
    check_metric(server.port, "lws_echo_closed_connections_total{code=\"1006\"}", 1);
    client_close(&open);
    server_stop(&server);
}

static void refusals_are_counted_by_their_reason(void)
{
    static const struct {
        const char *reason;
        const char *request;
    } rows[] = {
        {"path", "GET /elsewhere HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\n\r\n"},
        {"connection", "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"},
        {"body", "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Content-Length: 1\r\n\r\nx"},
        {"version", "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 8\r\n\r\n"},
        {"key", "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n"},
        {"origin", "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Origin: https://evil.example\r\n\r\n"},
    };
    struct server server;

    if (!server_start(&server, ON_FREE_PORT AT_INFO ", \"echo\": { \"allowed-origins\": "
                                                    "[\"https://good.example\"] }"))
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char response[2048];
        struct client client;
        char name[80];
        char said[80];

        if (!client_connect(&client, server.port))
            return;
        client_request(&client, rows[i].request, response, sizeof(response));
        client_close(&client);
        snprintf(name, sizeof(name), "lws_echo_refused_handshakes_total{reason=\"%s\"}",
                 rows[i].reason);
        check_metric(server.port, name, 1);
        snprintf(said, sizeof(said), " info: lws-echo: handshake refused peer=127.0.0.1 reason=%s ",
                 rows[i].reason);
        server_wait_said(&server, said);
    }
    server_stop(&server);
}

static void both_may_have_a_listener_of_their_own(void)
{
    static const char *const rows[] = {"", ", \"workers\": 2", ", \"tls\": \"self-signed\""};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;
        struct client client;
        char members[256];
        char response[16384];
        uint16_t admin;

        snprintf(members, sizeof(members), ON_FREE_PORT ", \"admin\": \"127.0.0.1:0\"%s", rows[i]);
        if (!server_start(&server, members))
            return;
        admin = server_admin_port(&server);
        CHECK_ROW(health(admin) == 200, rows[i]);
        if (i != 2) {
            CHECK_ROW(ask(server.port, "/healthz", response, sizeof(response)) == 404, rows[i]);
            CHECK_ROW(ask(server.port, "/metrics", response, sizeof(response)) == 404, rows[i]);
            CHECK_ROW(ask(server.port, "/", response, sizeof(response)) == 200, rows[i]);
            if (client_open(&client, server.port)) {
                check_metric(admin, "lws_echo_connections", 1);
                client_say_goodbye(&client);
            }
        }
        CHECK_ROW(ask(admin, "/", response, sizeof(response)) == 404, rows[i]);
        CHECK_ROW(ask(admin, "/info.json", response, sizeof(response)) == 404, rows[i]);
        if (client_connect(&client, admin)) {
            CHECK_ROW(!client_offer(&client, "/ws", "", response, sizeof(response)), rows[i]);
            CHECK_ROW(strstr(response, "WebSocket connections are not accepted here."), response);
            client_close(&client);
        }
        server_stop(&server);
    }
}

/* It answers to the end, when the other one is closed already. */
static void the_listener_of_health_stays_to_the_end(void)
{
    struct server server;
    struct client mute;
    uint16_t admin;
    char response[4096];

    if (!server_start(&server, ON_FREE_PORT ", \"admin\": \"127.0.0.1:0\""))
        return;
    admin = server_admin_port(&server);
    if (client_open(&mute, server.port)) {
        kill(server.pid, SIGTERM);
        while (can_connect(server.port))
            ;
        CU_ASSERT_EQUAL(ask(admin, "/healthz", response, sizeof(response)), 503);
        client_close(&mute);
    }
    CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
}

static void health_may_be_on_a_unix_socket(void)
{
    char directory[] = "/tmp/lws-echo-admin-XXXXXX";
    char members[256];
    char path[64];
    char response[4096];
    struct server server;
    struct client client;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/admin", directory);
    snprintf(members, sizeof(members), ON_FREE_PORT ", \"admin\": \"unix:%s\"", path);
    if (server_start(&server, members)) {
        if (client_connect_local(&client, path)) {
            CU_ASSERT_TRUE(client_request(&client, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
                                          response, sizeof(response)));
            CU_ASSERT_EQUAL(strncmp(response, "HTTP/1.1 200 ", 13), 0);
            client_close(&client);
        }
        server_stop(&server);
    }
    CU_ASSERT_EQUAL(rmdir(directory), 0); /* nothing is left */
}

static void a_connection_is_logged_when_it_has_ended(void)
{
    struct server server;
    struct client client;

    if (!server_start(&server, ON_FREE_PORT AT_INFO ", \"echo\": { \"subprotocols\": [\"b\"], "
                                                    "\"compression\": \"on\" }"))
        return;
    if (client_open_with(&client, server.port,
                         "Sec-WebSocket-Protocol: a, b\r\n"
                         "Sec-WebSocket-Extensions: permessage-deflate\r\n")) {
        check_echo(&client, OPCODE_TEXT, "secret payload", 14, "text");
        client_send_frame(&client, FIN | OPCODE_CLOSE, "\x0f\xa1secret reason", 15);
        check_end(&client);
        client_close(&client);
    }
    server_wait_said(&server, " path=/ws\n");
    CHECK_ROW(strstr(server.text, " info: lws-echo: connection closed peer=127.0.0.1 code=4001 "
                                  "why=\"closed by the peer\" duration_s=0."),
              server.text);
    CHECK_ROW(strstr(server.text, " received_messages=1 received_bytes=14 sent_messages=1 "
                                  "sent_bytes=14 compression=on subprotocol=b path=/ws\n"),
              server.text);
    server_stop(&server);
    CU_ASSERT_PTR_NULL(strstr(server.text, "secret"));
    CU_ASSERT_PTR_NULL(strstr(server.text, "lws_")); /* libwebsockets' insides are for "debug" */
}

static void a_log_of_json_is_json_line_by_line(void)
{
    struct server server;
    struct client client;
    char *rest = server.text;
    char *line;
    size_t lines = 0;

    if (!server_start(&server, ON_FREE_PORT AT_INFO ", \"log-format\": \"json\", \"workers\": 2"))
        return;
    for (int i = 0; i < 5; i++)
        if (client_open(&client, server.port))
            client_say_goodbye(&client);
    check_metric(server.port, "lws_echo_connections", 0);
    kill(server.pid, SIGHUP);
    server_wait_said(&server, "in force");
    server_stop(&server);
    while ((line = strsep(&rest, "\n")) && *line) {
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

        CHECK_ROW(json_is_string(json_object_get(object, "time")), line);
        CHECK_ROW(json_is_string(json_object_get(object, "level")), line);
        CHECK_ROW(json_is_string(json_object_get(object, "message")), line);
        json_decref(object);
        lines++;
    }
    CU_ASSERT_TRUE(lines >= 5 + 2 + 2); /* connections, reloads, stops */
}

/* The journal has time and level of its own: systemd's SD_DAEMON(3) prefixes. */
/* It goes on, and says how much is missing when it can. */
static void a_log_that_nobody_reads_stops_nobody(void)
{
    enum { CONNECTIONS = 200 };
    struct server server;
    struct client client;

    if (!server_start(&server, ON_FREE_PORT AT_INFO))
        return;
    CU_ASSERT_NOT_EQUAL(fcntl(server.err, F_SETPIPE_SZ, 4096), -1);
    for (int i = 0; i < CONNECTIONS && client_open(&client, server.port); i++)
        client_say_goodbye(&client);
    server_wait_said(&server, "connection closed");
    while (client_open(&client, server.port)) {
        client_say_goodbye(&client);
        if (!server_hear(&server) || strstr(server.text, " lines of the log were lost"))
            break;
    }
    CU_ASSERT_PTR_NOT_NULL(
        strstr(server.text, " log lines were lost: nobody read standard error\n"));
    server_stop(&server);
}

static void the_journal_gets_priorities(void)
{
    struct server server;

    server_spawn_in_shell(&server,
                          "export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2); "
                          "exec \"$0\" \"$@\"",
                          (const char *const[]){"--port", "0", "--log-level", "notice", NULL});
    CU_ASSERT_TRUE(server_wait_ready(&server));
    server_stop(&server);
    CU_ASSERT_PTR_NOT_NULL(strstr(server.text, "<5>lws-echo: SIGTERM: closing all connections\n"));
}

#define COMPLAINTS ((size_t)40)

/* Each of several connections sends a length of 2^63, of which libwebsockets warns each time. */
static void cause_complaints(uint16_t port)
{
    static const uint8_t impossible[] = {0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct client clients[COMPLAINTS];
    size_t count = 0;

    while (count < COMPLAINTS && client_open(&clients[count], port))
        count++;
    for (size_t i = 0; i < count; i++)
        client_send(&clients[i], impossible, sizeof(impossible));
    while (count--) {
        check_protocol_error(&clients[count], "length");
        client_close(&clients[count]);
    }
}

static void complaints_of_the_library_do_not_fill_a_disk(void)
{
    struct server server;
    size_t lines = 0;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    cause_complaints(server.port);
    clock_pass(1100); /* what was left out is told in the next second */
    cause_complaints(server.port);
    server_stop(&server);
    for (const char *p = server.text; (p = strstr(p, "b63 of length")); p++)
        lines++;
    CHECK_ROW(lines > 0 && lines < COMPLAINTS, server.text);
    CHECK_ROW(strstr(server.text, " messages from libwebsockets suppressed\n"), server.text);
}

/* Pings are the plugin's business: libwebsockets' own timers would cost each connection. */
static void libwebsockets_has_no_timers_of_its_own(void)
{
    struct server server;
    struct client client;

    if (!server_start(&server, ON_FREE_PORT ", \"log-level\": \"debug\""))
        return;
    if (client_connect(&client, server.port)) {
        client_upgrade(&client, "/ws");
        client_close(&client);
    }
    server_wait_said(&server, "connection closed");
    CU_ASSERT_PTR_NULL(strstr(server.text, "setting validity timer"));
    CU_ASSERT_PTR_NULL(strstr(server.text, "] I: ")); /* another time than ours */
    kill(server.pid, SIGKILL);                        /* its log is longer than the room for it */
    server_wait_exit(&server);
}

/* Connects from 127.0.0.@host. */
static bool connect_from(struct client *client, uint16_t port, uint8_t host)
{
    struct sockaddr_in name = {.sin_family = AF_INET};

    memset(client, 0, sizeof(*client));
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    name.sin_addr.s_addr = htonl(0x7f000000U | host);
    CU_ASSERT_EQUAL(bind(client->fd, (const struct sockaddr *)&name, sizeof(name)), 0);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(port);

    return !connect(client->fd, (const struct sockaddr *)&name, sizeof(name));
}

/* Upgrades from there, with more header lines. Returns the status. */
static unsigned upgrade_from(struct client *client, uint16_t port, uint8_t host,
                             const char *headers)
{
    char response[2048] = "";

    if (connect_from(client, port, host))
        client_offer(client, "/ws", headers, response, sizeof(response));

    return strlen(response) > STATUS_OFFSET ? (unsigned)strtoul(response + STATUS_OFFSET, NULL, 10)
                                            : 0;
}

static void connections_of_a_process_are_limited(void)
{
    struct client clients[4];
    struct server server;

    if (!server_start(&server, ON_FREE_PORT ", \"echo\": { \"max-connections\": 3 }"))
        return;
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(upgrade_from(&clients[i], server.port, 1, ""), 101);
    CU_ASSERT_EQUAL(upgrade_from(&clients[3], server.port, 1, ""), 503);
    client_close(&clients[3]);
    check_metric(server.port, "lws_echo_refused_handshakes_total{reason=\"max-connections\"}", 1);
    for (int i = 0; i < 3; i++)
        check_echo(&clients[i], OPCODE_TEXT, "hello", 5, "those that are there");
    client_say_goodbye(&clients[0]);
    check_metric(server.port, "lws_echo_connections", 2);
    CU_ASSERT_EQUAL(upgrade_from(&clients[0], server.port, 1, ""), 101);
    for (int i = 0; i < 3; i++)
        client_say_goodbye(&clients[i]);
    server_stop(&server);
}

static void connections_of_an_address_are_limited(void)
{
    struct client clients[3];
    struct client other;
    struct server server;

    if (!server_start(&server, ON_FREE_PORT ", \"echo\": { \"max-connections-per-address\": 2 }"))
        return;
    CU_ASSERT_EQUAL(upgrade_from(&clients[0], server.port, 2, ""), 101);
    CU_ASSERT_EQUAL(upgrade_from(&clients[1], server.port, 2, ""), 101);
    CU_ASSERT_EQUAL(upgrade_from(&clients[2], server.port, 2, ""), 429);
    client_close(&clients[2]);
    CU_ASSERT_EQUAL(upgrade_from(&other, server.port, 3, ""), 101);
    /* a stranger's word about others is not taken */
    CU_ASSERT_EQUAL(upgrade_from(&clients[2], server.port, 2, "X-Forwarded-For: 192.0.2.1\r\n"),
                    429);
    client_close(&clients[2]);
    client_say_goodbye(&clients[0]);
    check_metric(server.port, "lws_echo_connections", 2);
    CU_ASSERT_EQUAL(upgrade_from(&clients[2], server.port, 2, ""), 101);
    client_say_goodbye(&clients[1]);
    client_say_goodbye(&clients[2]);
    client_say_goodbye(&other);
    server_stop(&server);
}

static void a_trusted_proxy_says_who_connects(void)
{
    struct client clients[3];
    struct server server;
    char header[3000];
    int length;

    if (!server_start(&server,
                      ON_FREE_PORT AT_INFO ", \"echo\": { \"max-connections-per-address\": 1, "
                                           "\"trusted-proxies\": [\"127.0.0.0/31\"] }"))
        return;
    CU_ASSERT_EQUAL(upgrade_from(&clients[0], server.port, 1,
                                 "X-Forwarded-For: 198.51.100.7, 192.0.2.1, 127.0.0.0\r\n"),
                    101);
    CU_ASSERT_EQUAL(upgrade_from(&clients[1], server.port, 1, "X-Forwarded-For: 192.0.2.1\r\n"),
                    429);
    client_close(&clients[1]);
    CU_ASSERT_EQUAL(upgrade_from(&clients[1], server.port, 1, "X-Forwarded-For: 2001:db8::1\r\n"),
                    101);
    CU_ASSERT_EQUAL(upgrade_from(&clients[2], server.port, 1, "X-Forwarded-For: 2001:db8::2\r\n"),
                    429);
    client_close(&clients[2]);
    client_say_goodbye(&clients[0]);
    client_say_goodbye(&clients[1]);
    server_wait_said(&server, "connection closed peer=192.0.2.1 ");
    server_wait_said(&server, "connection closed peer=2001:db8::1 ");

    /* however long the way was */
    length = snprintf(header, sizeof(header), "X-Forwarded-For: 192.0.2.9%0600d, 192.0.2.3", 1);
    CU_ASSERT_FATAL(length > 0);
    for (int i = 0; i < 50; i++)
        length += snprintf(header + length, sizeof(header) - (size_t)length, ", 127.0.0.1");
    snprintf(header + length, sizeof(header) - (size_t)length, "\r\n");
    CU_ASSERT_EQUAL(upgrade_from(&clients[0], server.port, 1, header), 101);
    client_say_goodbye(&clients[0]);
    server_wait_said(&server, "connection closed peer=192.0.2.3 ");
    server_stop(&server);
}

static CU_TestInfo tests[] = {
    TEST(the_server_says_that_it_is_well),
    TEST(a_reload_forgets_no_connection),
    TEST(before_a_stop_it_says_so_and_goes_on_serving),
    TEST(after_the_delay_it_stops_by_itself),
    TEST(what_happens_is_counted),
    TEST(each_end_is_counted_by_its_code),
    TEST(a_worker_s_successor_goes_on_counting),
    TEST(refusals_are_counted_by_their_reason),
    TEST(both_may_have_a_listener_of_their_own),
    TEST(the_listener_of_health_stays_to_the_end),
    TEST(health_may_be_on_a_unix_socket),
    TEST(a_connection_is_logged_when_it_has_ended),
    TEST(a_log_of_json_is_json_line_by_line),
    TEST(a_log_that_nobody_reads_stops_nobody),
    TEST(the_journal_gets_priorities),
    TEST(complaints_of_the_library_do_not_fill_a_disk),
    TEST(libwebsockets_has_no_timers_of_its_own),
    TEST(connections_of_a_process_are_limited),
    TEST(connections_of_an_address_are_limited),
    TEST(a_trusted_proxy_says_who_connects),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"status", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
