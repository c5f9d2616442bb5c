/*
 * How large the head of a request may be: the option "max-header". Larger ones are answered with
 * 431 (RFC 6585 section 5), in a way that the client gets to read it (RFC 9112 section 9.6).
 */

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client.h"
#include "clock.h"
#include "library.h"
#include "runner.h"
#include "server.h"

#define REFUSAL                                                                                    \
    "HTTP/1.1 431 Request Header Fields Too Large\r\n"                                             \
    "Connection: close\r\n"                                                                        \
    "Content-Length: 0\r\n"                                                                        \
    "\r\n"

#define HEAD_MAX ((size_t)1 << 21)

static const size_t limits[] = {1024, 5000, 16384, 61440};
enum { LIMITS = sizeof(limits) / sizeof(limits[0]), BY_DEFAULT = 2 };

static struct server servers[LIMITS];
static char head[HEAD_MAX + 1];

static int start(void)
{
    char members[128];

    for (size_t i = 0; i < LIMITS; i++) {
        snprintf(members, sizeof(members), ON_FREE_PORT ", \"max-header\": %zu", limits[i]);
        if (!server_start(&servers[i], i == BY_DEFAULT ? ON_FREE_PORT : members))
            return 1;
    }

    return 0;
}

static int stop(void)
{
    bool stopped = true;

    for (size_t i = 0; i < LIMITS; i++)
        stopped = server_stop(&servers[i]) && stopped;

    return stopped ? 0 : 1;
}

/* Writes behind the @used bytes of the head, and returns how many there are then. */
__attribute__((format(printf, 2, 3))) static size_t add(size_t used, const char *format, ...)
{
    va_list arguments;
    int bytes;

    va_start(arguments, format);
    bytes = vsnprintf(head + used, sizeof(head) - used, format, arguments);
    va_end(arguments);

    return used + (size_t)bytes;
}

/* Where the bytes of a head are. */
struct shape {
    const char *name;
    const char *target; /* of a request that asks for the info document */
    const char *line;   /* repeated as often as it fits */
    const char *last;   /* the beginning of a line that is filled up */
    bool known;         /* all of it counts: no names of headers that libwebsockets knows */
    bool ordinary;      /* it fits without the mended library, too */
};

static const struct shape shapes[] = {
    {"the query", "/info.json?", NULL, NULL, false, true},
    {"one value that libwebsockets knows", "/info.json", NULL, "Cookie: ", false, true},
    {"one value that it does not know", "/info.json", NULL, "X-Something: ", true, true},
    {"one name", "/info.json", NULL, "X-", true, true},
    {"many lines", "/info.json", "X-Header: value\r\n", "X-Rest: ", true, false},
    {"many short lines", "/info.json", "a:\r\n", "X-Rest: ", true, false},
    {"many short lines that end in LF", "/info.json", "a:\n", "X-Rest: ", true, false},
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))
#define REST "Host: a\r\n"
#define VERSION " HTTP/1.1\r\n"
#define UPGRADE                                                                                    \
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"                   \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

/* Composes a head of @bytes, which ends in its empty line. */
static void compose(const struct shape *shape, size_t bytes)
{
    const size_t end_bytes = strlen("\r\n");
    size_t used = add(0, "GET %s", shape->target);
    size_t fill;

    if (!shape->line && !shape->last) {
        fill = bytes - used - strlen(VERSION REST) - end_bytes;
        memset(head + used, 'x', fill);
        add(used + fill, VERSION REST "\r\n");
        return;
    }
    used = add(used, VERSION REST);
    while (shape->line &&
           used + strlen(shape->line) + strlen(shape->last) + 2 * end_bytes + 1 <= bytes)
        used = add(used, "%s", shape->line);
    used = add(used, "%s", shape->last);
    fill = bytes - used - 2 * end_bytes;
    memset(head + used, 'x', fill);
    if (!strchr(shape->last, ':'))
        head[used + fill - 1] = ':'; /* it is the name that is long */
    add(used + fill, "\r\n\r\n");
}

static void check_status(struct client *client, const char *request, long status, const char *row)
{
    static char response[65536];

    CHECK_ROW(client_request(client, request, response, sizeof(response)), row);
    CHECK_ROW(!strncmp(response, "HTTP/1.1 ", 9), row);
    CHECK_ROW(strtol(response + 9, NULL, 10) == status, row);
}

static void heads_up_to_the_limit_pass(void)
{
    const size_t kept_beside = library_has(LIMIT_HEAD_SIZE) ? 16 : 0;
    struct client client;

    for (size_t l = 0; l < LIMITS; l++) {
        if (!client_connect(&client, servers[l].port))
            return;
        for (size_t i = 0; i < SHAPES; i++) {
            if (!shapes[i].ordinary && library_has(LIMIT_HEAD_SIZE))
                continue;
            compose(&shapes[i], limits[l] - kept_beside);
            CU_ASSERT_EQUAL(strlen(head), limits[l] - kept_beside);
            check_status(&client, head, 200, shapes[i].name);
        }
        client_close(&client);
    }
}

static void handshakes_up_to_the_limit_pass(void)
{
    struct client client;

    for (size_t l = 0; l < LIMITS; l++) {
        size_t used = add(0, "GET /ws" VERSION REST UPGRADE "Sec-WebSocket-Protocol: ");

        while (used + 6 <= limits[l])
            used = add(used, "a,");
        used = add(used, "%s\r\n\r\n", used + 5 <= limits[l] ? "b" : "");
        CU_ASSERT_EQUAL(used, limits[l]);
        if (!library_has(LIMIT_TOKEN_LISTS) && client_connect(&client, servers[l].port)) {
            check_status(&client, head, 101, "subprotocols");
            check_echo(&client, OPCODE_TEXT, "open", 4, "subprotocols");
            client_say_goodbye(&client);
        }

        used = add(0, "GET /ws" VERSION REST UPGRADE "Cookie: ");
        memset(head + used, 'c', limits[l] - used);
        add(limits[l] - 4, "\r\n\r\n");
        if (client_connect(&client, servers[l].port)) {
            check_status(&client, head, 101, "a cookie");
            check_echo(&client, OPCODE_TEXT, "open", 4, "a cookie");
            client_say_goodbye(&client);
        }
    }
}

/* Checks that the server has answered with 431, and has not reset the connection. */
static void check_refused(struct client *client, const char *row)
{
    char byte;

    while (client_receive(client) == READ_OK)
        ;
    CHECK_ROW(client->input_bytes == strlen(REFUSAL) &&
                  !memcmp(client->input, REFUSAL, strlen(REFUSAL)),
              row);
    if (!client->ssl)
        CHECK_ROW(!recv(client->fd, &byte, 1, 0), row);
}

/* However it comes. */
static void larger_heads_are_refused_with_431(void)
{
    static const size_t steps[] = {HEAD_MAX, 700, 16384, 1};
    struct client client;

    if (library_has(LIMIT_HEAD_SIZE))
        return;
    for (size_t l = 0; l < LIMITS; l++)
        for (size_t i = 0; i < SHAPES; i++)
            for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
                /* names that libwebsockets knows do not count */
                size_t bytes = limits[l] + (shapes[i].known ? 1 : 100);
                size_t sent;

                if (steps[s] == 1 && l != 0)
                    continue;
                if (!client_connect(&client, servers[l].port))
                    return;
                compose(&shapes[i], bytes);
                for (sent = 0; sent < bytes; sent += steps[s])
                    if (!client_send(&client, head + sent,
                                     bytes - sent < steps[s] ? bytes - sent : steps[s]))
                        break;
                CHECK_ROW(sent >= bytes, shapes[i].name);
                check_refused(&client, shapes[i].name);
                client_close(&client);
            }
}

static void much_larger_ones_too(void)
{
    struct client client;

    if (library_has(LIMIT_HEAD_SIZE))
        return;
    for (size_t i = 0; i < SHAPES; i++) {
        if (!client_connect(&client, servers[0].port))
            return;
        compose(&shapes[i], HEAD_MAX);
        CHECK_ROW(client_send(&client, head, HEAD_MAX), shapes[i].name);
        check_refused(&client, shapes[i].name);
        client_close(&client);
    }
}

static void too_many_headers_are_refused(void)
{
    size_t used = add(0, "GET /info.json" VERSION REST);
    struct client client;

    if (library_has(LIMIT_HEAD_SIZE) || !client_connect(&client, servers[BY_DEFAULT].port))
        return;
    for (int i = 0; i < 200; i++)
        used = add(used, "Cookie: a\r\n");
    used = add(used, "\r\n");
    CU_ASSERT_TRUE(client_send(&client, head, used));
    check_refused(&client, "200 cookies");
    client_close(&client);
}

/* Each request of a connection has all of the room. */
static void later_requests_are_counted_alone(void)
{
    struct client client;

    if (library_has(LIMIT_HEAD_SIZE) || !client_connect(&client, servers[0].port))
        return;
    for (int i = 0; i < 3; i++) {
        compose(&shapes[0], limits[0]);
        check_status(&client, head, 200, "query");
    }
    compose(&shapes[0], 2 * limits[0]);
    CU_ASSERT_TRUE(client_send(&client, head, 2 * limits[0]));
    check_refused(&client, "fourth");
    client_close(&client);
}

/* What comes behind a refused head is no request. */
static void nothing_behind_it_is_served(void)
{
    struct client client;

    if (library_has(LIMIT_HEAD_SIZE) || !client_connect(&client, servers[0].port))
        return;
    compose(&shapes[0], 2 * limits[0]);
    add(2 * limits[0], "GET /info.json HTTP/1.1\r\nHost: a\r\n\r\n");
    CU_ASSERT_TRUE(client_send(&client, head, strlen(head)));
    check_refused(&client, "and another");
    client_send(&client, "GET /info.json HTTP/1.1\r\nHost: a\r\n\r\n", 37);
    check_refused(&client, "and another");
    client_close(&client);
}

static void over_tls_too(void)
{
    struct client client;
    struct server secure;

    if (library_has(LIMIT_HEAD_SIZE) ||
        !server_start(&secure, ON_FREE_PORT ", \"tls\": \"self-signed\""))
        return;
    for (size_t i = 0; i < SHAPES; i++) {
        if (client_connect_tls(&client, secure.port, NULL)) {
            compose(&shapes[i], limits[BY_DEFAULT]);
            check_status(&client, head, 200, shapes[i].name);
            compose(&shapes[i], 4 * limits[BY_DEFAULT]);
            CHECK_ROW(client_send(&client, head, 4 * limits[BY_DEFAULT]), shapes[i].name);
            check_refused(&client, shapes[i].name);
            client_close(&client);
        }
    }
    server_stop(&secure);
}

/* A client that goes on sending, or does not go, is not waited for. */
static void the_connection_ends_by_itself(void)
{
    struct client client;
    bool ended = false;

    if (library_has(LIMIT_HEAD_SIZE) || !client_connect(&client, servers[0].port))
        return;
    compose(&shapes[0], 2 * limits[0]);
    CU_ASSERT_TRUE(client_send(&client, head, 2 * limits[0]));
    check_refused(&client, "at first");
    for (int64_t deadline_ms = clock_deadline_ms(); !ended && clock_tick(deadline_ms);) {
        struct pollfd reset = {.fd = client.fd};

        ended = poll(&reset, 1, 0) > 0 || !client_send(&client, "x", 1);
    }
    CU_ASSERT_TRUE(ended);
    client_close(&client);
}

/* An open connection holds nothing of its handshake. */
static void the_room_is_given_back(void)
{
    enum { CONNECTIONS = 200 };
    static struct client clients[CONNECTIONS];
    uint64_t before = server_memory(&servers[3], "Rss");
    size_t used = add(0, "GET /ws" VERSION REST UPGRADE "Cookie: ");

    memset(head + used, 'c', limits[3] - used);
    add(limits[3] - 4, "\r\n\r\n");
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (!client_connect(&clients[i], servers[3].port))
            return;
        check_status(&clients[i], head, 101, "open");
    }
    CU_ASSERT_TRUE(server_memory(&servers[3], "Rss") <= before + CONNECTIONS * (uint64_t)16384);
    for (size_t i = 0; i < CONNECTIONS; i++)
        client_say_goodbye(&clients[i]);
}

static CU_TestInfo tests[] = {
    TEST(heads_up_to_the_limit_pass),
    TEST(handshakes_up_to_the_limit_pass),
    TEST(larger_heads_are_refused_with_431),
    TEST(much_larger_ones_too),
    TEST(too_many_headers_are_refused),
    TEST(later_requests_are_counted_alone),
    TEST(nothing_behind_it_is_served),
    TEST(over_tls_too),
    TEST(the_connection_ends_by_itself),
    TEST(the_room_is_given_back),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"header size", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
