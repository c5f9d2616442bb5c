/*
 * What an opening handshake must say, and what is agreed on in it (RFC 6455 section 4.2). Every row
 * is tried as the first request of a connection and as a later one.
 */

#include <stdio.h>
#include <string.h>

#include "client.h"
#include "library.h"
#include "runner.h"
#include "server.h"

static struct server server;     /* with the default options */
static struct server particular; /* with lists, and compression */

static int start(void)
{
    return server_start(&server, ON_FREE_PORT) &&
                   server_start(&particular, ON_FREE_PORT
                                ", \"echo\": { \"allowed-origins\": [ \"https://example.com\","
                                " \"http://localhost:8080\" ],"
                                " \"subprotocols\": [ \"chat\", \"echo.v2\", \"1\" ] }")
               ? 0
               : 1;
}

static int stop(void)
{
    bool stopped = server_stop(&server);

    return server_stop(&particular) && stopped ? 0 : 1;
}

#define GET "GET /ws HTTP/1.1\r\n"
#define HOST "Host: localhost\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define ALL GET HOST UPGRADE CONNECTION KEY VERSION
#define END "\r\n"

#define TEN(text) text text text text text text text text text text

struct row {
    const char *name;
    const char *request;
    const char *status;
    const char *contains; /* or NULL */
    const char *lacks;    /* or NULL */
};

/* Sends @request as the first or second request of a connection and checks the answer. */
static void check_request(uint16_t port, const struct row *row, bool second)
{
    char response[16384];
    struct client client;
    bool accepted;

    if (!client_connect(&client, port))
        return;
    if (second)
        CHECK_ROW(
            client_request(&client, "GET / HTTP/1.1\r\n" HOST END, response, sizeof(response)),
            row->name);
    CHECK_ROW(client_request(&client, row->request, response, sizeof(response)), row->name);
    CHECK_ROW(!strncmp(response + 9, row->status, 3), row->name);
    if (strncmp(response + 9, row->status, 3) != 0)
        fprintf(stderr, "%s: %s\n", row->name, response);
    CHECK_ROW(!row->contains || strcasestr(response, row->contains), row->name);
    CHECK_ROW(!row->lacks || !strcasestr(response, row->lacks), row->name);

    accepted = !strncmp(response, "HTTP/1.1 101 ", 13);
    if (accepted) {
        check_echo(&client, OPCODE_TEXT, "open", 4, row->name);
        client_say_goodbye(&client);
        return;
    }
    check_end(&client);
    CHECK_ROW(client.input_bytes == 0, row->name); /* one answer only */
    client_close(&client);
}

static void check_requests(uint16_t port, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_request(port, &rows[i], false);
        check_request(port, &rows[i], true);
    }
}

#define CHECK(server, rows) check_requests((server).port, rows, sizeof(rows) / sizeof((rows)[0]))

static void a_handshake_in_order_is_accepted(void)
{
    static const struct row rows[] = {
        {"plain (4.1)", ALL END, "101", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "sec-websocket-protocol"},
        {"case of names and tokens (4.2.1)",
         GET "HOST: localhost\r\nUPGRADE: WebSocket\r\nCONNECTION: upgrade\r\n" KEY
             "SEC-WEBSOCKET-VERSION: 13\r\n" END,
         "101", NULL, NULL},
        {"Connection is a list (4.2.1)",
         GET HOST UPGRADE "Connection: keep-alive, Upgrade\r\n" KEY VERSION END, "101", NULL, NULL},
        {"Connection in two lines (RFC 9110 5.2)",
         GET HOST UPGRADE "Connection: keep-alive\r\nConnection: Upgrade\r\n" KEY VERSION END,
         "101", NULL, NULL},
        {"any origin by default", ALL "Origin: https://anywhere.example\r\n" END, "101", NULL,
         NULL},
        {"an extension nobody knows (9.1)", ALL "Sec-WebSocket-Extensions: foo; bar=1\r\n" END,
         "101", NULL, "sec-websocket-extensions"},
        {"permessage-deflate, which is off",
         ALL "Sec-WebSocket-Extensions: permessage-deflate\r\n" END, "101", NULL,
         "sec-websocket-extensions"},
        {"254 bytes of extensions",
         ALL "Sec-WebSocket-Extensions: " TEN(TEN("ab")) TEN("cdefg") "hijk\r\n" END, "101", NULL,
         "sec-websocket-extensions"},
    };

    CHECK(server, rows);
}

static void a_handshake_not_in_order_is_refused_with_a_sentence(void)
{
    static const struct row rows[] = {
        {"POST (4.1)",
         "POST /ws HTTP/1.1\r\nContent-Length: 0\r\n" HOST UPGRADE CONNECTION KEY VERSION END,
         "400", "A WebSocket handshake is a GET request.", NULL},
        {"HTTP/1.0 (4.1)", "GET /ws HTTP/1.0\r\n" HOST UPGRADE CONNECTION KEY VERSION END, "400",
         "A WebSocket handshake needs HTTP/1.1.", NULL},
        {"no Upgrade (4.2.1)", GET HOST CONNECTION KEY VERSION END, "400", "Upgrade: websocket",
         NULL},
        {"no Connection (4.2.1)", GET HOST UPGRADE KEY VERSION END, "400", "The Connection header",
         NULL},
        {"Connection without the token (4.2.1)",
         GET HOST UPGRADE "Connection: keep-alive\r\n" KEY VERSION END, "400",
         "The Connection header", NULL},
        {"Connection with part of the token (4.2.1)",
         GET HOST UPGRADE "Connection: Up\r\n" KEY VERSION END, "400", "The Connection header",
         NULL},
        {"no version (4.2.1)", GET HOST UPGRADE CONNECTION KEY END, "426",
         "Sec-WebSocket-Version: 13\r\n", NULL},
        {"version 8 (4.4)", GET HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 8\r\n" END,
         "426", "Upgrade: websocket\r\n", NULL},
        {"version 14 (4.4)", GET HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 14\r\n" END,
         "426", "Connection: Upgrade, close\r\n", NULL},
        {"version 130 (4.4)", GET HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 130\r\n" END,
         "426", "Sec-WebSocket-Version must be 13.", NULL},
        {"no key (4.2.1)", GET HOST UPGRADE CONNECTION VERSION END, "400", "Sec-WebSocket-Key",
         NULL},
        {"a key of 15 bytes (4.2.1)",
         GET HOST UPGRADE CONNECTION VERSION "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA\r\n" END,
         "400", "Sec-WebSocket-Key must be 16 bytes in base64.", NULL},
        {"a key of 17 bytes (4.2.1)",
         GET HOST UPGRADE CONNECTION VERSION "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=\r\n" END,
         "400", "Sec-WebSocket-Key", NULL},
        {"a key that is no base64 (4.2.1)",
         GET HOST UPGRADE CONNECTION VERSION "Sec-WebSocket-Key: dGhlIHNhbXBs*SBub25jZQ==\r\n" END,
         "400", "Sec-WebSocket-Key", NULL},
        {"two keys (11.3.1)", ALL KEY END, "400", "Sec-WebSocket-Key", NULL},
        {"subprotocols that are no list (4.1)",
         ALL "Sec-WebSocket-Protocol: chat superchat\r\n" END, "400", "Sec-WebSocket-Protocol",
         NULL},
        {"subprotocols that are no tokens (4.1)",
         ALL "Sec-WebSocket-Protocol: chat, \"quoted\r\n" END, "400", "Sec-WebSocket-Protocol",
         NULL},
        {"extensions that are no list (9.1)", ALL "Sec-WebSocket-Extensions: foo; =1\r\n" END,
         "400", "Sec-WebSocket-Extensions", NULL},
    };

    CHECK(server, rows);
}

static void origins_are_allowed_by_a_list(void)
{
    static const struct row rows[] = {
        {"none: no page (10.2)", ALL END, "101", NULL, NULL},
        {"the first", ALL "Origin: https://example.com\r\n" END, "101", NULL, NULL},
        {"the second", ALL "Origin: http://localhost:8080\r\n" END, "101", NULL, NULL},
        {"in another case (RFC 6454 4)", ALL "Origin: HTTPS://Example.COM\r\n" END, "101", NULL,
         NULL},
        {"another scheme", ALL "Origin: http://example.com\r\n" END, "403",
         "Pages of this origin may not connect.", NULL},
        {"another port", ALL "Origin: https://example.com:8443\r\n" END, "403", NULL, NULL},
        {"another host", ALL "Origin: https://evil.example\r\n" END, "403", NULL, NULL},
        {"a longer host", ALL "Origin: https://example.com.evil.example\r\n" END, "403", NULL,
         NULL},
        {"a part of a host", ALL "Origin: https://example.co\r\n" END, "403", NULL, NULL},
        {"null", ALL "Origin: null\r\n" END, "403", NULL, NULL},
        {"two of them", ALL "Origin: https://example.com\r\nOrigin: https://example.com\r\n" END,
         "403", NULL, NULL},
        {"1500 bytes", ALL "Origin: https://example.com" TEN(TEN("012345678901234")) "\r\n" END,
         "403", NULL, NULL},
    };

    CHECK(particular, rows);
}

static void an_asterisk_allows_every_origin(void)
{
    static const struct row rows[] = {
        {"any", ALL "Origin: https://anywhere.example\r\n" END, "101", NULL, NULL},
        {"null", ALL "Origin: null\r\n" END, "101", NULL, NULL},
    };
    struct server other;

    if (!server_start(&other, ON_FREE_PORT ", \"echo\": { \"allowed-origins\": [ \"*\" ] }"))
        return;
    CHECK(other, rows);
    server_stop(&other);
}

static void the_first_subprotocol_known_is_chosen(void)
{
    static const struct row rows[] = {
        {"the only one (4.2.2)", ALL "Sec-WebSocket-Protocol: chat\r\n" END, "101",
         "\r\nSec-WebSocket-Protocol: chat\r\n", NULL},
        {"the first offered, not the first of ours (4.2.2)",
         ALL "Sec-WebSocket-Protocol: echo.v2, chat\r\n" END, "101",
         "\r\nSec-WebSocket-Protocol: echo.v2\r\n", NULL},
        {"after unknown ones (4.2.2)", ALL "Sec-WebSocket-Protocol: x, soap, chat, echo.v2\r\n" END,
         "101", "\r\nSec-WebSocket-Protocol: chat\r\n", NULL},
        {"in a second line (11.3.4)",
         ALL "Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: echo.v2\r\n" END, "101",
         "\r\nSec-WebSocket-Protocol: echo.v2\r\n", NULL},
        {"a number", ALL "Sec-WebSocket-Protocol: x, 1\r\n" END, "101",
         "\r\nSec-WebSocket-Protocol: 1\r\n", NULL},
        {"libwebsockets' name for us", ALL "Sec-WebSocket-Protocol: lws-echo\r\n" END, "101",
         "\r\nSec-WebSocket-Protocol: lws-echo\r\n", NULL},
        {"none known: none chosen, and open", ALL "Sec-WebSocket-Protocol: x, soap\r\n" END, "101",
         NULL, "sec-websocket-protocol"},
        {"case matters", ALL "Sec-WebSocket-Protocol: CHAT\r\n" END, "101", NULL,
         "sec-websocket-protocol"},
        {"62 bytes", ALL "Sec-WebSocket-Protocol: " TEN("abcdef") "gh\r\n" END, "101", NULL,
         "sec-websocket-protocol"},
        {"126 bytes, known at the end",
         ALL "Sec-WebSocket-Protocol: a," TEN("abcdefghijk") ",a12345,chat\r\n" END, "101",
         "\r\nSec-WebSocket-Protocol: chat\r\n", NULL},
        {"characters a token may have", ALL "Sec-WebSocket-Protocol: v1.a-b_c+d!#$%&'*^`|~\r\n" END,
         "101", NULL, "sec-websocket-protocol"},
        {"not offered: none chosen", ALL END, "101", NULL, "sec-websocket-protocol"},
    };

    CHECK(particular, rows);
}

/* The name that one handshake gave the protocol must not be there for the next. */
static void handshakes_leave_nothing_behind(void)
{
    static const struct row rows[] = {
        {"chat", ALL "Sec-WebSocket-Protocol: chat\r\n" END, "101",
         "\r\nSec-WebSocket-Protocol: chat\r\n", NULL},
        {"refused after its subprotocol was seen",
         GET HOST UPGRADE CONNECTION VERSION "Sec-WebSocket-Protocol: chat\r\n" END, "400", NULL,
         NULL},
        {"unknown", ALL "Sec-WebSocket-Protocol: x\r\n" END, "101", NULL, "sec-websocket-protocol"},
        {"none", ALL END, "101", NULL, "sec-websocket-protocol"},
        {"libwebsockets' name for us", ALL "Sec-WebSocket-Protocol: lws-echo\r\n" END, "101",
         "\r\nSec-WebSocket-Protocol: lws-echo\r\n", NULL},
    };

    for (int i = 0; i < 3; i++)
        CHECK(particular, rows);
}

/* The mended library refuses it before the plugin is asked. */
static void a_handshake_without_a_host_is_refused(void)
{
    const struct row rows[] = {
        {"no Host (4.2.1)", GET UPGRADE CONNECTION KEY VERSION END, "400",
         library_has(LIMIT_REQUEST_SYNTAX) ? "The Host header is missing." : NULL, NULL},
    };

    CHECK(server, rows);
}

static CU_TestInfo tests[] = {
    TEST(a_handshake_in_order_is_accepted),
    TEST(a_handshake_not_in_order_is_refused_with_a_sentence),
    TEST(a_handshake_without_a_host_is_refused),
    TEST(origins_are_allowed_by_a_list),
    TEST(an_asterisk_allows_every_origin),
    TEST(the_first_subprotocol_known_is_chosen),
    TEST(handshakes_leave_nothing_behind),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"opening", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
