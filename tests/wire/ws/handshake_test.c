/* HTTP on the same port: the page, the opening handshake, and what is refused. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "library.h"
#include "runner.h"
#include "server.h"

SUITE_SERVER(ON_FREE_PORT)

#define UPGRADE                                                                                    \
    "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                             \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

static void requests_are_answered(void)
{
    static const struct {
        const char *request;
        const char *status;
        const char *contains;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 ",
         "WebSocket Sample Application"},
        {"GET /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 ", "text/html"},
        {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 ",
         "content-security-policy: default-src 'none'"},
        {"GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 400 ",
         "This is a WebSocket endpoint"},
        {"GET /ws?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 400 ",
         "This is a WebSocket endpoint"},
        {"POST /ws HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 400 ",
         "This is a WebSocket endpoint"},
        {"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 ",
         "Nothing is served at this path"},
        {"GET /ws/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 ", "Nothing is served"},
        {"GET /ws2 HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 ", "Nothing is served"},
        {"GET /../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 ",
         "Nothing is served"},
        {"GET /ws HTTP/1.1\r\n" UPGRADE, "HTTP/1.1 101 ", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
        {"GET /ws?token=1 HTTP/1.1\r\n" UPGRADE, "HTTP/1.1 101 ", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
        {"GET /other HTTP/1.1\r\n" UPGRADE, "HTTP/1.1 404 ",
         "WebSocket connections are accepted at /ws only."},
        {"GET / HTTP/1.1\r\n" UPGRADE, "HTTP/1.1 404 ", "accepted at /ws only."},
        {"GET /wss HTTP/1.1\r\n" UPGRADE, "HTTP/1.1 404 ", "accepted at /ws only."},
    };
    char response[16384];
    struct client client;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!client_connect(&client, server.port))
            return;
        CHECK_ROW(client_request(&client, rows[i].request, response, sizeof(response)),
                  rows[i].request);
        CHECK_ROW(!strncmp(response, rows[i].status, strlen(rows[i].status)), rows[i].request);
        CHECK_ROW(strstr(response, rows[i].contains) != NULL, rows[i].request);
        client_close(&client);
    }
}

static void head_is_answered_without_a_body(void)
{
    static const char request[] = "HEAD /ws HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct client client;

    if (!client_connect(&client, server.port))
        return;
    client_send(&client, request, strlen(request));
    check_end(&client);
    CU_ASSERT_TRUE(client.input_bytes > 4);
    CU_ASSERT_EQUAL(memcmp(client.input + client.input_bytes - 4, "\r\n\r\n", 4), 0);
    client_close(&client);
}

static void the_page_s_files_have_their_types(void)
{
    static const struct {
        const char *path;
        const char *type;
    } rows[] = {
        {"/", "text/html"},
        {"/js/main.js", "javascript"},
        {"/js/connection.js", "javascript"},
        {"/css/page.css", "text/css"},
    };
    char request[256];
    char response[32768];
    struct client client;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!client_connect(&client, server.port))
            return;
        snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n",
                 rows[i].path);
        CHECK_ROW(client_request(&client, request, response, sizeof(response)), rows[i].path);
        CHECK_ROW(!strncmp(response, "HTTP/1.1 200 ", 13), rows[i].path);
        CHECK_ROW(strstr(response, rows[i].type) != NULL, rows[i].path);
        client_close(&client);
    }
}

/* libwebsockets follows them: who has put one there has to know. */
static void links_out_of_the_page_s_directory_are_named(void)
{
    char directory[] = "/tmp/lws-echo-page-XXXXXX";
    char members[128];
    char path[3][64];
    char response[4096];
    struct server with_links;
    struct client client;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    snprintf(path[0], sizeof(path[0]), "%s/index.html", directory);
    snprintf(path[1], sizeof(path[1]), "%s/inside.html", directory);
    snprintf(path[2], sizeof(path[2]), "%s/outside.html", directory);
    fclose(fopen(path[0], "we"));
    CU_ASSERT_EQUAL(symlink("index.html", path[1]), 0);
    CU_ASSERT_EQUAL(symlink("/etc/hostname", path[2]), 0);
    snprintf(members, sizeof(members), ON_FREE_PORT ", \"mount-origin\": \"%s\"", directory);
    if (server_start(&with_links, members)) {
        server_wait_said(&with_links,
                         "outside.html: this link leads out of \"mount-origin\": /etc/hostname");
        CU_ASSERT_PTR_NULL(strstr(with_links.text, "inside.html"));
        if (client_connect(&client, with_links.port)) {
            CU_ASSERT_TRUE(client_request(&client, "GET /outside.html HTTP/1.1\r\nHost: a\r\n\r\n",
                                          response, sizeof(response)));
            CHECK_ROW(!strncmp(response, "HTTP/1.1 200 ", 13), response);
            client_close(&client);
        }
        server_stop(&with_links);
    }
    for (int i = 0; i < 3; i++)
        unlink(path[i]);
    rmdir(directory);
}

static void an_upgrade_may_follow_a_page_on_the_same_connection(void)
{
    char response[16384];
    struct client client;

    if (!client_connect(&client, server.port))
        return;
    CU_ASSERT_TRUE(client_request(&client, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", response,
                                  sizeof(response)));
    if (client_upgrade(&client, "/ws"))
        check_echo(&client, OPCODE_TEXT, "second", 6, "second request");
    client_say_goodbye(&client);
}

/* A server may ignore an upgrade (RFC 9110 section 7.8). */
static void upgrades_to_anything_else_are_ignored(void)
{
    static const char *const protocols[] = {"x", "websocketx", "TLS/1.3", "IRC/6.9"};
    char request[256];
    char response[16384];
    struct client client;

    if (library_has(LIMIT_UNKNOWN_UPGRADE) || !client_connect(&client, server.port))
        return;
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        snprintf(request, sizeof(request),
                 "GET /info.json HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                 "Upgrade: %s\r\n\r\n",
                 protocols[i]);
        CHECK_ROW(client_request(&client, request, response, sizeof(response)), protocols[i]);
        CHECK_ROW(!strncmp(response, "HTTP/1.1 200 ", 13), response);
    }
    client_close(&client);
}

/*
 * CVE-2025-11677: such a library reads freed memory unless the plugin ends the connection. And
 * whoever asks it for the path by then has it complain, a line for each request.
 */
static void upgrades_to_anything_else_are_refused(void)
{
    static const struct {
        const char *upgrade;
        const char *status; /* libwebsockets' own answer, or ours to what it would upgrade to */
    } rows[] = {
        {"h2c", "HTTP/1.1 400 "},
        {"H2C", "HTTP/1.1 400 "},
        {"x", "HTTP/1.1 403 "},
        {"websocketx", "HTTP/1.1 403 "},
        {"websocket, h2c", "HTTP/1.1 403 "},
    };
    size_t count = library_has(LIMIT_UNKNOWN_UPGRADE) ? sizeof(rows) / sizeof(rows[0]) : 2;
    char request[256];
    char response[16384];
    struct client client;
    struct server other;

    if (!server_start(&other, ON_FREE_PORT))
        return;
    for (size_t i = 0; i < 2 * count; i++) {
        const char *status = rows[i / 2].status;

        if (!client_connect(&client, other.port))
            return;
        if (i % 2) /* as the second request of the connection */
            CU_ASSERT_TRUE(client_request(&client, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                          response, sizeof(response)));
        snprintf(request, sizeof(request),
                 "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n",
                 rows[i / 2].upgrade);
        CHECK_ROW(client_request(&client, request, response, sizeof(response)),
                  rows[i / 2].upgrade);
        CHECK_ROW(!strncmp(response + 8, status + 8, strlen(status + 8)), response);
        check_end(&client);
        CHECK_ROW(client.input_bytes == 0, rows[i / 2].upgrade); /* one answer only */
        client_close(&client);
    }
    server_stop(&other);
    if (!library_has(LIMIT_COMPLAINT_AFTER_UNKNOWN_UPGRADE))
        CHECK_ROW(!strstr(other.text, "Missing URI"), other.text);
}

static void connect_requests_are_not_kept(void)
{
    struct client client;

    if (!client_connect(&client, server.port))
        return;
    client_send(&client, "CONNECT x HTTP/1.1\r\n\r\n", 22);
    check_end(&client);
    client_close(&client);
}

static void the_path_is_an_option(void)
{
    struct server other;
    struct client client;
    char response[4096];

    if (!server_start(&other, ON_FREE_PORT ", \"echo\": { \"path\": \"/echo/here\" }"))
        return;
    if (client_connect(&client, other.port) && client_upgrade(&client, "/echo/here"))
        client_say_goodbye(&client);
    if (client_connect(&client, other.port)) {
        CU_ASSERT_TRUE(
            client_request(&client, "GET /ws HTTP/1.1\r\n" UPGRADE, response, sizeof(response)));
        CU_ASSERT_EQUAL(strncmp(response, "HTTP/1.1 404 ", 13), 0);
        client_close(&client);
    }
    server_stop(&other);
}

static CU_TestInfo tests[] = {
    TEST(requests_are_answered),
    TEST(head_is_answered_without_a_body),
    TEST(the_page_s_files_have_their_types),
    TEST(links_out_of_the_page_s_directory_are_named),
    TEST(an_upgrade_may_follow_a_page_on_the_same_connection),
    TEST(upgrades_to_anything_else_are_ignored),
    TEST(upgrades_to_anything_else_are_refused),
    TEST(connect_requests_are_not_kept),
    TEST(the_path_is_an_option),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"handshake", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
