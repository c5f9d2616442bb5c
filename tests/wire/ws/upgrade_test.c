/*
 * The lists of an opening handshake, however long they are and however they are written (RFC 9110
 * sections 5.6.1 and 7.8, RFC 6455 section 4.2.1), and its version.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "library.h"
#include "runner.h"
#include "server.h"

SUITE_SERVER(ON_FREE_PORT ", \"echo\": { \"subprotocols\": [ \"chat\", \"1\" ],"
                          " \"compression\": \"on\" }")

#define BEGIN                                                                                      \
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define ALL BEGIN UPGRADE CONNECTION VERSION
#define END "\r\n"

/* The statuses are what the server says, or where it drops a connection without a word: */
#define NOTHING 0

struct row {
    const char *name;
    const char *request;
    long status;
    long limited;         /* the status where the library has the limit */
    const char *contains; /* in a response with 101; or NULL */
};

/* Sends @request as the first or second request of a connection, and checks the answer. */
static void check_request(const struct row *row, bool limited, bool second)
{
    long status = limited ? row->limited : row->status;
    char response[4096];
    struct client client;

    if (!client_connect(&client, server.port))
        return;
    if (second)
        CHECK_ROW(client_request(&client, "GET /info.json HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                 response, sizeof(response)),
                  row->name);
    response[0] = '\0';
    CHECK_ROW(client_request(&client, row->request, response, sizeof(response)) || !status,
              row->name);
    CHECK_ROW((status ? strtol(response + 9, NULL, 10) : (long)strlen(response)) == status,
              row->name);
    if (status != 101) {
        check_end(&client);
        client_close(&client);
        return;
    }
    CHECK_ROW(!row->contains || strstr(response, row->contains) != NULL, row->name);
    CHECK_ROW(row->contains || !strstr(response, "Sec-WebSocket-Protocol"), row->name);
    check_echo(&client, OPCODE_TEXT, "open", 4, row->name);
    client_say_goodbye(&client);
}

static void check_requests(enum library_limit limit, const struct row *rows, size_t count)
{
    bool limited = library_has(limit);

    for (size_t i = 0; i < count; i++) {
        check_request(&rows[i], limited, false);
        check_request(&rows[i], limited, true);
    }
}

#define CHECK(limit, rows) check_requests(limit, rows, sizeof(rows) / sizeof((rows)[0]))

static void upgrade_is_a_list(void)
{
    static const struct row rows[] = {
        {"alone", ALL END, 101, 101, NULL},
        {"in any case", BEGIN "Upgrade: WebSOCKET\r\n" CONNECTION VERSION END, 101, 101, NULL},
        {"with another (7.8)", BEGIN "Upgrade: websocket, foo\r\n" CONNECTION VERSION END, 101, 403,
         NULL},
        {"behind another (7.8)", BEGIN "Upgrade: foo/2.0, WebSocket\r\n" CONNECTION VERSION END,
         101, 403, NULL},
        {"behind h2c", BEGIN "Upgrade: h2c, websocket\r\n" CONNECTION VERSION END, 101, 403, NULL},
        {"in two lines (5.3)",
         BEGIN "Upgrade: foo\r\nUpgrade: websocket\r\n" CONNECTION VERSION END, 101, 403, NULL},
        {"without blanks", BEGIN "Upgrade: a,websocket,b\r\n" CONNECTION VERSION END, 101, 403,
         NULL},
        {"with empty elements (5.6.1)", BEGIN "Upgrade: , ,websocket ,,\r\n" CONNECTION VERSION END,
         101, 403, NULL},
    };

    CHECK(LIMIT_UPGRADE_LISTS, rows);
}

/* The page answers, as it does to a request without Upgrade. */
static void other_upgrades_are_no_websocket(void)
{
    static const struct row rows[] = {
        {"websocket2", BEGIN "Upgrade: websocket2\r\n" CONNECTION VERSION END, 400, 403, NULL},
        {"websocket/13", BEGIN "Upgrade: websocket/13\r\n" CONNECTION VERSION END, 400, 403, NULL},
        {"part of it", BEGIN "Upgrade: web, socket\r\n" CONNECTION VERSION END, 400, 403, NULL},
        {"no list", BEGIN "Upgrade: web socket\r\n" CONNECTION VERSION END, 400, 403, NULL},
        {"quoted", BEGIN "Upgrade: \"websocket\"\r\n" CONNECTION VERSION END, 400, 403, NULL},
    };

    CHECK(LIMIT_UNKNOWN_UPGRADE, rows);
}

#define TEN(text) text text text text text text text text text text
#define HUNDRED(text) TEN(TEN(text))

static void connection_is_a_list(void)
{
    static const struct row rows[] = {
        {"with another", BEGIN UPGRADE "Connection: keep-alive, Upgrade\r\n" VERSION END, 101, 101,
         NULL},
        {"in two lines", BEGIN UPGRADE "Connection: a\r\nConnection: uPGRADE\r\n" VERSION END, 101,
         101, NULL},
        {"empty elements (5.6.1)", BEGIN UPGRADE "Connection: , Upgrade,,\r\n" VERSION END, 101,
         400, NULL},
        {"empty elements in between", BEGIN UPGRADE "Connection: a, \t,,Upgrade\r\n" VERSION END,
         101, 400, NULL},
        {"a number", BEGIN UPGRADE "Connection: 1, Upgrade\r\n" VERSION END, 101, 400, NULL},
        {"127 bytes",
         BEGIN UPGRADE "Connection: " HUNDRED("x") "0123456789,abcdefgh,Upgrade\r\n" VERSION END,
         101, 400, NULL},
        {"1009 bytes",
         BEGIN UPGRADE "Connection: Upgrade, " HUNDRED("abcdefgh, ") "\r\n" VERSION END, 101, 400,
         NULL},
        {"the beginning of the token", BEGIN UPGRADE "Connection: Up\r\n" VERSION END, 400, 400,
         NULL},
        {"a token that begins so", BEGIN UPGRADE "Connection: Upgrades\r\n" VERSION END, 400, 400,
         NULL},
        {"no token before it", BEGIN UPGRADE "Connection: a b, Upgrade\r\n" VERSION END, 400, 400,
         NULL},
        {"quoted", BEGIN UPGRADE "Connection: \"x, Upgrade\"\r\n" VERSION END, 400, 400, NULL},
        {"only empty elements", BEGIN UPGRADE "Connection: ,,\r\n" VERSION END, 400, 400, NULL},
    };

    CHECK(LIMIT_TOKEN_LISTS, rows);
}

static void tokens_of_connection_have_all_characters(void)
{
    static const struct row rows[] = {
        {"all but an asterisk",
         BEGIN UPGRADE "Connection: a!#$%&'+-.^_`|~9, Upgrade\r\n" VERSION END, 101, 101, NULL},
        {"an asterisk", BEGIN UPGRADE "Connection: a*b, *, Upgrade\r\n" VERSION END, 101, NOTHING,
         NULL},
    };

    CHECK(LIMIT_ASTERISK_IN_CONNECTION, rows);
}

static void subprotocols_are_a_list(void)
{
    static const struct row rows[] = {
        {"a number first", ALL "Sec-WebSocket-Protocol: 1, chat\r\n" END, 101, 400,
         "\r\nSec-WebSocket-Protocol: 1\r\n"},
        {"an unknown number first", ALL "Sec-WebSocket-Protocol: 2.5, chat\r\n" END, 101, 400,
         "\r\nSec-WebSocket-Protocol: chat\r\n"},
        {"empty elements (5.6.1)", ALL "Sec-WebSocket-Protocol: ,, x,\t,chat ,\r\n" END, 101, 400,
         "\r\nSec-WebSocket-Protocol: chat\r\n"},
        {"asterisks", ALL "Sec-WebSocket-Protocol: a*b, chat\r\n" END, 101, 101,
         "\r\nSec-WebSocket-Protocol: chat\r\n"},
        {"one of 63 bytes, and none known",
         ALL "Sec-WebSocket-Protocol: " TEN("abcdef") "ghi\r\n" END, 101, 400, NULL},
        {"one of 1000 bytes first",
         ALL "Sec-WebSocket-Protocol: " HUNDRED("0123456789") ", chat\r\n" END, 101, 400,
         "\r\nSec-WebSocket-Protocol: chat\r\n"},
        {"127 bytes",
         ALL "Sec-WebSocket-Protocol: a, " HUNDRED("x") "0123456789abcdefghi,chat\r\n" END, 101,
         400, "\r\nSec-WebSocket-Protocol: chat\r\n"},
        {"2000 bytes in many lines",
         ALL TEN("Sec-WebSocket-Protocol: " TEN(
             TEN("a,")) "\r\n") "Sec-WebSocket-Protocol: chat\r\n" END,
         101, 400, "\r\nSec-WebSocket-Protocol: chat\r\n"},
        {"none known", ALL "Sec-WebSocket-Protocol: " HUNDRED("0, ") "\r\n" END, 101, 400, NULL},
        {"only empty elements", ALL "Sec-WebSocket-Protocol: ,,\r\n" END, 400, 400, NULL},
        {"two words", ALL "Sec-WebSocket-Protocol: chat superchat\r\n" END, 400, 400, NULL},
        {"two words behind one", ALL "Sec-WebSocket-Protocol: chat, a b\r\n" END, 400, 400, NULL},
        {"a quoted string", ALL "Sec-WebSocket-Protocol: chat, \"x\"\r\n" END, 400, 101,
         "\r\nSec-WebSocket-Protocol: chat\r\n"},
    };

    CHECK(LIMIT_TOKEN_LISTS, rows);
}

/* RFC 9112 section 9.3: "close" and "keep-alive" may be among other options. */
static void options_of_connection_are_a_list(void)
{
    static const struct {
        const char *name;
        const char *request;
        bool stays;
    } rows[] = {
        {"close", "1.1\r\nConnection: foo, Close\r\n", false},
        {"close before others", "1.1\r\nConnection: ,close ,foo\r\n", false},
        {"close in a line of its own", "1.1\r\nConnection: foo\r\nConnection: close\r\n", false},
        {"close counts more", "1.1\r\nConnection: close, keep-alive\r\n", false},
        {"neither", "1.1\r\nConnection: closed, foo\r\n", true},
        {"HTTP/1.0", "1.0\r\nConnection: keep-alive, foo\r\n", true},
        {"HTTP/1.0 with neither", "1.0\r\nConnection: foo\r\n", false},
    };
    char request[256];
    char response[8192];
    struct client client;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && !library_has(LIMIT_TOKEN_LISTS); i++) {
        snprintf(request, sizeof(request), "GET /info.json HTTP/%sHost: localhost\r\n\r\n",
                 rows[i].request);
        if (!client_connect(&client, server.port))
            return;
        CHECK_ROW(client_request(&client, request, response, sizeof(response)), rows[i].name);
        CHECK_ROW(strtol(response + 9, NULL, 10) == 200, rows[i].name);
        CHECK_ROW(client_request(&client, request, response, sizeof(response)) == rows[i].stays,
                  rows[i].name);
        client_close(&client);
    }
}

#define DEFLATE "permessage-deflate; client_max_window_bits=10"
#define TAKEN "\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10\r\n"

static void extensions_are_as_long_as_the_header(void)
{
    static const struct row rows[] = {
        {"255 bytes", ALL "Sec-WebSocket-Extensions: " HUNDRED("ab") TEN("cdefg") "hijkl\r\n" END,
         101, 400, NULL},
        {"taken behind 254 bytes",
         ALL "Sec-WebSocket-Extensions: " HUNDRED("a, ") DEFLATE "\r\n" END, 101, 400, TAKEN},
        {"taken behind 1000 bytes",
         ALL "Sec-WebSocket-Extensions: " HUNDRED("a; b=1234,") DEFLATE "\r\n" END, 101, 400,
         TAKEN},
        {"taken before 1000 bytes",
         ALL "Sec-WebSocket-Extensions: " DEFLATE HUNDRED(", a; b=123") "\r\n" END, 101, 400,
         TAKEN},
        {"2000 bytes in many lines",
         ALL TEN("Sec-WebSocket-Extensions: " TEN(
             "a; b=\"1234567890\",") "\r\n") "Sec-WebSocket-Extensions: " DEFLATE "\r\n" END,
         101, 400, TAKEN},
        {"the hundredth offer of the name",
         ALL "Sec-WebSocket-Extensions: " HUNDRED("permessage-deflate; x,") DEFLATE "\r\n" END, 101,
         400, TAKEN},
    };

    CHECK(LIMIT_LONG_EXTENSIONS, rows);
}

/* Where libwebsockets takes it for a comma, the offer is declined. */
static void a_tab_between_parameters_is_a_blank(void)
{
    static const struct row rows[] = {
        {"before a parameter",
         ALL "Sec-WebSocket-Extensions: permessage-deflate;\tclient_max_window_bits=10\r\n" END,
         101, 101, TAKEN},
        {"before the name", ALL "Sec-WebSocket-Extensions: foo,\t" DEFLATE "\r\n" END, 101, 101,
         TAKEN},
        {"behind the name",
         ALL "Sec-WebSocket-Extensions: permessage-deflate\t; client_max_window_bits=10\r\n" END,
         101, 101, TAKEN},
    };

    if (!library_has(LIMIT_LONG_EXTENSIONS))
        CHECK(LIMIT_LONG_EXTENSIONS, rows);
}

/* RFC 6455 section 4.4 */
static void other_versions_are_told_ours(void)
{
    static const char *const versions[] = {
        "0",   "7",   "8",     "12",    "14", "013", "13.0", "13a",
        "+13", "131", "13, 8", "8, 13", "x",  "-1",  "269",  "4294967309",
    };
    char request[512];
    char response[4096];
    struct client client;

    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        snprintf(request, sizeof(request),
                 BEGIN UPGRADE CONNECTION "Sec-WebSocket-Version: %s\r\n\r\n", versions[i]);
        if (!client_connect(&client, server.port))
            return;
        CHECK_ROW(client_request(&client, request, response, sizeof(response)), versions[i]);
        CHECK_ROW(!strncmp(response, "HTTP/1.1 426 ", 13), versions[i]);
        CHECK_ROW(strstr(response, "\r\nSec-WebSocket-Version: 13\r\n") != NULL, versions[i]);
        check_end(&client);
        client_close(&client);
    }
}

static CU_TestInfo tests[] = {
    TEST(upgrade_is_a_list),
    TEST(other_upgrades_are_no_websocket),
    TEST(connection_is_a_list),
    TEST(tokens_of_connection_have_all_characters),
    TEST(options_of_connection_are_a_list),
    TEST(subprotocols_are_a_list),
    TEST(extensions_are_as_long_as_the_header),
    TEST(a_tab_between_parameters_is_a_blank),
    TEST(other_versions_are_told_ours),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"upgrade", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
