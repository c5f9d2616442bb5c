/* The syntax of a request's head (RFC 9112 sections 2.2, 3 and 5), and what is refused. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "library.h"
#include "runner.h"
#include "server.h"

#define OUR_ORIGIN "http://ours.example"

SUITE_SERVER(ON_FREE_PORT ", \"echo\": { \"allowed-origins\": [\"" OUR_ORIGIN "\"] }")

#define GET "GET /info.json HTTP/1.1\r\n"
#define HOST "Host: localhost\r\n"
#define END "\r\n"

struct row {
    const char *name; /* with the section of RFC 9112 or 9110 */
    const char *head;
    size_t bytes;
    long status;
};

/* A row whose head may contain NUL. */
#define ROW(name, head, status)                                                                    \
    {                                                                                              \
        (name), (head), sizeof(head) - 1, (status)                                                 \
    }

/* Ways to deliver a head. */
enum { WHOLE, HALVES, BYTES, DELIVERIES };

static bool deliver(struct client *client, const struct row *row, int delivery)
{
    size_t step = delivery == WHOLE ? row->bytes : delivery == HALVES ? row->bytes / 2 + 1 : 1;

    for (size_t sent = 0; sent < row->bytes; sent += step) {
        size_t bytes = row->bytes - sent < step ? row->bytes - sent : step;

        /* whoever is refused need not be heard out */
        if (!client_send(client, row->head + sent, bytes))
            return delivery == BYTES;
    }

    return true;
}

/* Checks that each head has the response it should have, and what becomes of the connection. */
static void check_rows(uint16_t port, const struct row *rows, size_t count)
{
    char response[65536];
    struct client client;

    for (size_t i = 0; i < count; i++)
        for (int delivery = 0; delivery < DELIVERIES; delivery++) {
            if (!client_connect(&client, port))
                return;
            CHECK_ROW(deliver(&client, &rows[i], delivery), rows[i].name);
            CHECK_ROW(client_request(&client, "", response, sizeof(response)), rows[i].name);
            CHECK_ROW(!strncmp(response, "HTTP/1.", 7), rows[i].name);
            CHECK_ROW(strtol(response + 9, NULL, 10) == rows[i].status, rows[i].name);
            if (rows[i].status == 400 || rows[i].status == 431 || rows[i].status > 500) {
                CHECK_ROW(strstr(response, "\r\nConnection: close\r\n") != NULL, rows[i].name);
                CHECK_ROW(strstr(response, "\r\nContent-Length: 0\r\n") != NULL, rows[i].name);
                check_end(&client);
            }
            client_close(&client);
        }
}

#define CHECK(rows)                                                                                \
    do {                                                                                           \
        if (!library_has(LIMIT_REQUEST_SYNTAX))                                                    \
            check_rows(server.port, rows, sizeof(rows) / sizeof((rows)[0]));                       \
    } while (0)

static void the_request_line_is_checked(void)
{
    static const struct row rows[] = {
        ROW("as it should be", GET HOST END, 200),
        ROW("an empty line before it (2.2)", "\r\n" GET HOST END, 200),
        ROW("LF alone before it (2.2)", "\n" GET HOST END, 200),
        ROW("LF alone as a line's end (2.2)", "GET /info.json HTTP/1.1\nHost: localhost\n\n", 200),
        ROW("four empty lines before it", "\r\n\r\n\r\n\r\n" GET HOST END, 200),
        ROW("five empty lines before it", "\r\n\r\n\r\n\r\n\r\n" GET HOST END, 400),
        ROW("blank before it (3)", " " GET HOST END, 400),
        ROW("two blanks (3)", "GET  /info.json HTTP/1.1\r\n" HOST END, 400),
        ROW("tab (3)", "GET\t/info.json HTTP/1.1\r\n" HOST END, 400),
        ROW("two blanks before the version (3)", "GET /info.json  HTTP/1.1\r\n" HOST END, 400),
        ROW("blank behind the version (3)", "GET /info.json HTTP/1.1 \r\n" HOST END, 400),
        ROW("CR alone (2.2)", "GET /info.json HTTP/1.1\r" HOST END, 400),
        ROW("no version (3)", "GET /info.json\r\n" HOST END, 400),
        ROW("no target (3)", "GET HTTP/1.1\r\n" HOST END, 400),
        ROW("only a method (3)", "GET\r\n" HOST END, 400),
        ROW("a later minor version (2.3)", "GET /info.json HTTP/1.2\r\n" HOST END, 200),
        ROW("a far later one (2.3)", "GET /info.json HTTP/1.9\r\n" HOST END, 200),
        ROW("two digits (2.3)", "GET /info.json HTTP/1.10\r\n" HOST END, 400),
        ROW("no digit (2.3)", "GET /info.json HTTP/1.x\r\n" HOST END, 400),
        ROW("major version 2 (2.3)", "GET /info.json HTTP/2.0\r\n" HOST END, 505),
        ROW("major version 0 (2.3)", "GET /info.json HTTP/0.9\r\n" HOST END, 505),
        ROW("version in small letters (2.3)", "GET /info.json http/1.1\r\n" HOST END, 400),
        ROW("another protocol (3)", "GET /info.json RTSP/1.0\r\n" HOST END, 400),
        ROW("TLS", "\x16\x03\x01\x02\x00\x01", 400),
        ROW("NUL", "\0" GET HOST END, 400),
        ROW("control character in the target", "GET /info\x01.json HTTP/1.1\r\n" HOST END, 400),
    };

    CHECK(rows);
}

static void methods_are_case_sensitive(void)
{
    static const struct row rows[] = {
        ROW("small letters (9110 9.1)", "get /info.json HTTP/1.1\r\n" HOST END, 501),
        ROW("some small letters", "GEt /info.json HTTP/1.1\r\n" HOST END, 501),
        ROW("unknown (9110 9.1)", "BREW /info.json HTTP/1.1\r\n" HOST END, 501),
        ROW("longer than a known one", "GETS /info.json HTTP/1.1\r\n" HOST END, 501),
        ROW("longer than PUT", "PUTS /info.json HTTP/1.1\r\n" HOST END, 501),
        ROW("no token", "G(T /info.json HTTP/1.1\r\n" HOST END, 400),
    };

    CHECK(rows);
}

static void header_lines_are_checked(void)
{
    static const struct row rows[] = {
        ROW("no blank behind the colon", GET "Host:localhost\r\n" END, 200),
        ROW("all token characters (9110 5.6.2)", GET HOST "!#$%&'*+-.^_`|~09azAZ: 1\r\n" END, 200),
        ROW("blank before the colon (5.1)", GET HOST "X : 1\r\n" END, 400),
        ROW("tab before the colon (5.1)", GET HOST "X\t: 1\r\n" END, 400),
        ROW("blank in a name (5)", GET HOST "X Y: 1\r\n" END, 400),
        ROW("no name (5)", GET HOST ": 1\r\n" END, 400),
        ROW("no colon (5)", GET HOST "X\r\n" END, 400),
        ROW("no colon in a known name (5)", GET HOST "Origin\r\n" END, 400),
        ROW("bracket in a name (5)", GET HOST "X[1]: 1\r\n" END, 400),
        ROW("NUL in a name (5)", GET HOST "X\0Y: 1\r\n" END, 400),
        ROW("another request line", GET HOST "PUT /x HTTP/1.1\r\n" END, 400),
        ROW("continued line (5.2)", GET HOST "X: 1\r\n 2\r\n" END, 400),
        ROW("continued request line (5.2)", GET " x\r\n" HOST END, 400),
        ROW("empty value", GET HOST "X:\r\nOrigin:\r\n" END, 200),
        ROW("colon in a value", GET HOST "X: a:b: c\r\n" END, 200),
        ROW("other characters in a value (9110 5.5)", GET HOST "X: \xc3\xa4 \xff\r\n" END, 200),
        ROW("NUL in a value (9110 5.5)", GET HOST "X: a\0b\r\n" END, 400),
        ROW("CR in a value (9110 5.5)", GET HOST "X: a\rb\r\n" END, 400),
        ROW("control character in a value", GET HOST "X: a\x01\r\n" END, 400),
        ROW("DEL in a value", GET HOST "X: a\x7f\r\n" END, 400),
        ROW("CR alone at the end", GET HOST "\rX", 400),
    };

    CHECK(rows);
}

static void there_is_one_host(void)
{
    static const struct row rows[] = {
        ROW("none (3.2)", GET END, 400),
        ROW("none in HTTP/1.0", "GET /info.json HTTP/1.0\r\n" END, 200),
        ROW("empty (3.2)", GET "Host:\r\n" END, 200),
        ROW("two (3.2)", GET HOST "Host: other\r\n" END, 400),
        ROW("the same twice (3.2)", GET HOST HOST END, 400),
        ROW("blanks around it (5)", GET "Host:\t localhost \t\r\n" END, 200),
        ROW("with a port", GET "Host: localhost:5000\r\n" END, 200),
        ROW("with an empty port (9110 4.2.3)", GET "Host: localhost:\r\n" END, 200),
        ROW("IPv6", GET "Host: [::1]:5000\r\n" END, 200),
        ROW("IPv6 that does not end", GET "Host: [::1\r\n" END, 400),
        ROW("port that is none", GET "Host: localhost:http\r\n" END, 400),
        ROW("two ports", GET "Host: localhost:1:2\r\n" END, 400),
        ROW("blank in it", GET "Host: local host\r\n" END, 400),
        ROW("list", GET "Host: a, b\r\n" END, 400),
        ROW("user in it", GET "Host: user@localhost\r\n" END, 400),
        ROW("path in it", GET "Host: localhost/x\r\n" END, 400),
    };

    CHECK(rows);
}

static void targets_may_have_the_absolute_form(void)
{
    static const struct row rows[] = {
        ROW("http (3.2.2)", "GET http://localhost/info.json HTTP/1.1\r\n" HOST END, 200),
        ROW("in capitals", "GET HTTP://LOCALHOST:80/info.json HTTP/1.1\r\n" HOST END, 200),
        ROW("https", "GET https://localhost/info.json HTTP/1.1\r\n" HOST END, 200),
        ROW("ws", "GET ws://localhost/info.json HTTP/1.1\r\n" HOST END, 200),
        ROW("wss", "GET wss://[::1]:1/info.json HTTP/1.1\r\n" HOST END, 200),
        ROW("no path", "GET http://localhost HTTP/1.1\r\n" HOST END, 200),
        ROW("no path, query", "GET http://localhost?a=1 HTTP/1.1\r\n" HOST END, 200),
        ROW("dots", "GET http://localhost/x/../info.json HTTP/1.1\r\n" HOST END, 200),
        ROW("another Host", "GET http://localhost/info.json HTTP/1.1\r\nHost: other\r\n" END, 200),
        ROW("two Hosts", "GET http://localhost/info.json HTTP/1.1\r\n" HOST HOST END, 400),
        ROW("no host", "GET http:///info.json HTTP/1.1\r\n" HOST END, 400),
        ROW("no such host", "GET http://a b/info.json HTTP/1.1\r\n" HOST END, 400),
        ROW("user", "GET http://user@localhost/info.json HTTP/1.1\r\n" HOST END, 400),
        ROW("one slash", "GET http:/localhost/info.json HTTP/1.1\r\n" HOST END, 400),
        ROW("another scheme", "GET ftp://localhost/info.json HTTP/1.1\r\n" HOST END, 400),
        ROW("a long scheme", "GET httpsss://localhost/info.json HTTP/1.1\r\n" HOST END, 400),
        ROW("no scheme", "GET info.json HTTP/1.1\r\n" HOST END, 400),
    };

    CHECK(rows);
}

#define UPGRADE                                                                                    \
    HOST "Upgrade: websocket\r\nConnection: Upgrade\r\nOrigin: " OUR_ORIGIN "\r\n"                 \
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define REPEAT_10(text) text text text text text text text text text text

static void paths_are_decoded_and_queries_are_not(void)
{
    static const struct row rows[] = {
        ROW("encoded (RFC 3986 2.1)", "GET /info%2Ejson HTTP/1.1\r\n" HOST END, 200),
        ROW("NUL", "GET /info.json%00 HTTP/1.1\r\n" HOST END, 400),
        ROW("NUL behind a slash", "GET /%00info.json HTTP/1.1\r\n" HOST END, 400),
        ROW("not hexadecimal", "GET /info%2xjson HTTP/1.1\r\n" HOST END, 400),
        ROW("cut", "GET /info.json% HTTP/1.1\r\n" HOST END, 400),
        ROW("out of the root", "GET /../info.json HTTP/1.1\r\n" HOST END, 200),
        ROW("query not hexadecimal", "GET /info.json?a=%2x HTTP/1.1\r\n" HOST END, 200),
        ROW("query cut", "GET /info.json?a=100% HTTP/1.1\r\n" HOST END, 200),
        ROW("NUL in a query", "GET /info.json?a=%00 HTTP/1.1\r\n" HOST END, 200),
        ROW("many parameters",
            "GET /info.json?" REPEAT_10(REPEAT_10("a=1&a;&&")) " HTTP/1.1\r\n" HOST END, 200),
    };

    CHECK(rows);
}

static void a_plus_in_a_path_is_no_blank(void)
{
    static const struct row rows[] = {
        ROW("plus", "GET /w+s HTTP/1.1\r\n" UPGRADE END, 101),
        ROW("plus, encoded", "GET /w%2Bs HTTP/1.1\r\n" UPGRADE END, 101),
        ROW("blank, encoded", "GET /w%20s HTTP/1.1\r\n" UPGRADE END, 404),
    };
    struct server other;

    if (library_has(LIMIT_REQUEST_SYNTAX) ||
        !server_start(&other, ON_FREE_PORT ", \"echo\": { \"path\": \"/w+s\" }"))
        return;
    check_rows(other.port, rows, sizeof(rows) / sizeof(rows[0]));
    server_stop(&other);
}

/* Each value of a handshake has @before and @after around it. */
static long handshake_status(const char *before, const char *after)
{
    char request[1024];
    char response[4096];
    struct client client;
    long status;

    if (!client_connect(&client, server.port))
        return 0;
    snprintf(request, sizeof(request),
             "GET /ws HTTP/1.1\r\nHost:%slocalhost%s\r\nUpgrade:%swebsocket%s\r\n"
             "Connection:%sUpgrade%s\r\nSec-WebSocket-Key:%sdGhlIHNhbXBsZSBub25jZQ==%s\r\n"
             "Sec-WebSocket-Version:%s13%s\r\nOrigin:%s" OUR_ORIGIN "%s\r\nSome:%s1%s\r\n\r\n",
             before, after, before, after, before, after, before, after, before, after, before,
             after, before, after);
    status = client_request(&client, request, response, sizeof(response))
                 ? strtol(response + 9, NULL, 10)
                 : 0;
    client_close(&client);

    return status;
}

static void white_space_around_values_is_no_part_of_them(void)
{
    static const char *const rows[][2] = {
        {"", ""}, {" ", " "}, {"  ", "  "}, {"\t", "\t"}, {" \t \t", "\t "}, {"", " \t"},
    };

    if (library_has(LIMIT_BLANKS_AROUND_VALUES)) {
        CU_ASSERT_EQUAL(handshake_status(" ", ""), 101);
        CU_ASSERT_NOT_EQUAL(handshake_status(" ", " "), 101);
        return;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(handshake_status(rows[i][0], rows[i][1]) == 101, rows[i][0]);
}

/* The response can be read, though much of what was sent has not been. */
static void a_refused_request_is_answered_whatever_follows(void)
{
    static char rest[1 << 20];
    struct client client;
    char response[4096];

    if (library_has(LIMIT_REQUEST_SYNTAX) || !client_connect(&client, server.port))
        return;
    memset(rest, 'x', sizeof(rest));
    client_send(&client, "GET / HTTP/1.1\r\nX Y: ", 21);
    client_send(&client, rest, sizeof(rest));
    CU_ASSERT_TRUE(client_request(&client, "", response, sizeof(response)));
    CU_ASSERT_TRUE(!strncmp(response, "HTTP/1.1 400 ", 13));
    client_close(&client);
}

static void requests_follow_each_other_on_a_connection(void)
{
    static const char *const between[] = {"", "\r\n", "\r\n\r\n"};
    char request[256];
    char response[65536];
    struct client client;

    if (library_has(LIMIT_REQUEST_SYNTAX) || !client_connect(&client, server.port))
        return;
    for (size_t i = 0; i < 6; i++) {
        snprintf(request, sizeof(request), "%s" GET HOST END, between[i % 3]);
        CHECK_ROW(client_request(&client, request, response, sizeof(response)), between[i % 3]);
        CHECK_ROW(!strncmp(response, "HTTP/1.1 200 ", 13), response);
    }
    client_close(&client);
}

static CU_TestInfo tests[] = {
    TEST(the_request_line_is_checked),
    TEST(methods_are_case_sensitive),
    TEST(header_lines_are_checked),
    TEST(there_is_one_host),
    TEST(targets_may_have_the_absolute_form),
    TEST(paths_are_decoded_and_queries_are_not),
    TEST(a_plus_in_a_path_is_no_blank),
    TEST(white_space_around_values_is_no_part_of_them),
    TEST(a_refused_request_is_answered_whatever_follows),
    TEST(requests_follow_each_other_on_a_connection),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"request", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
