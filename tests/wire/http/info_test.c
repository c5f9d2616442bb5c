/* What the server says about itself over HTTP. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "runner.h"
#include "server.h"

#define REQUEST(line) line "\r\nHost: localhost\r\n\r\n"

SUITE_SERVER(ON_FREE_PORT ", \"echo\": { \"ping-interval\": 33, \"subprotocols\": [\"a\", \"b\"] }")

/* Sends @request and checks that the response begins with @status and has all of @parts. */
static void check_answer(struct client *client, const char *request, const char *status,
                         const char *const *parts)
{
    char response[8192];

    CHECK_ROW(client_request(client, request, response, sizeof(response)), request);
    CHECK_ROW(!strncmp(response, status, strlen(status)), response);
    for (; *parts; parts++)
        CHECK_ROW(strcasestr(response, *parts) != NULL, *parts);
}

static const char *const document[] = {
    "\r\ncontent-type: application/json\r\n",
    "\r\ncache-control: no-store\r\n",
    "\r\ncontent-security-policy: default-src 'none'",
    "\r\n\r\n{\"name\":\"lws-echo\",\"version\":\"",
    "\"ping-interval\":33,",
    "\"path\":\"/ws\",",
    "\"subprotocols\":[\"a\",\"b\"],",
    "}}\n",
    NULL,
};

static void a_kept_connection_gets_it_again_and_then_upgrades(void)
{
    struct client client;

    if (!client_connect(&client, server.port))
        return;
    check_answer(&client, REQUEST("GET /info.json HTTP/1.1"), "HTTP/1.1 200 ", document);
    check_answer(&client, REQUEST("GET /info.json?query HTTP/1.1"), "HTTP/1.1 200 ", document);
    if (client_upgrade(&client, "/ws"))
        client_say_goodbye(&client);
}

static void head_gets_the_headers_only(void)
{
    static const char request[] = REQUEST("HEAD /info.json HTTP/1.1");
    struct client client;

    if (!client_connect(&client, server.port))
        return;
    CU_ASSERT_TRUE(client_send(&client, request, sizeof(request) - 1));
    do {
        CU_ASSERT_EQUAL_FATAL(client_receive(&client), READ_OK);
    } while (!memmem(client.input, client.input_bytes, "\r\n\r\n", 4));
    CU_ASSERT_PTR_NOT_NULL(
        memmem(client.input, client.input_bytes, "application/json", strlen("application/json")));
    /* nothing that the next response could be mistaken for follows */
    client.input_bytes = 0;
    check_answer(&client, REQUEST("GET /info.json HTTP/1.1"), "HTTP/1.1 200 ", document);
    client_close(&client);
}

static void http_1_0_gets_it_and_the_end(void)
{
    struct client client;

    if (!client_connect(&client, server.port))
        return;
    check_answer(&client, "GET /info.json HTTP/1.0\r\n\r\n", "HTTP/1.0 200 ", document);
    check_end(&client);
    client_close(&client);
}

/* Counts the documents that have come. */
static size_t documents_in(const struct client *client)
{
    const uint8_t *end = client->input + client->input_bytes;
    const uint8_t *p = client->input;
    size_t count = 0;

    for (; p && (p = memmem(p, (size_t)(end - p), "{\"name\"", strlen("{\"name\""))); p++)
        count++;

    return count;
}

/*
 * libwebsockets would poll without a pause until that client reads. It handles at least a request
 * of each connection in a pass, so that after as many passes as requests the rest has to wait.
 */
static void who_asks_on_without_reading_is_let_go(void)
{
    enum { REQUESTS = 8000 }; /* the answers are more than a socket holds: 4 MiB */
    static const char request[] = REQUEST("GET /info.json HTTP/1.1");
    const size_t bytes = sizeof(request) - 1;
    struct client witness;
    struct client client;
    char *requests;

    if (!client_open(&witness, server.port) || !client_connect(&client, server.port))
        return;
    requests = malloc(REQUESTS * bytes);
    for (size_t i = 0; i < REQUESTS; i++)
        memcpy(requests + i * bytes, request, bytes);
    client_send(&client, requests, REQUESTS * bytes);
    free(requests);
    for (size_t i = 0; i < REQUESTS; i++)
        check_echo(&witness, OPCODE_TEXT, "turn", 4, "witness");

    check_end(&client);
    CU_ASSERT_TRUE(documents_in(&client) > 0);
    CU_ASSERT_TRUE(documents_in(&client) < REQUESTS);
    client_close(&client);
    client_say_goodbye(&witness);
}

static void other_requests_are_refused(void)
{
    static const char *const methods[] = {"\r\nAllow: GET, HEAD\r\n", "can be read", NULL};
    static const char *const place[] = {"accepted at /ws only", NULL};
    struct client client;

    if (!client_connect(&client, server.port))
        return;
    check_answer(&client,
                 "POST /info.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx",
                 "HTTP/1.1 405 ", methods);
    check_end(&client);
    client_close(&client);

    if (!client_connect(&client, server.port))
        return;
    check_answer(&client,
                 "GET /info.json HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 "Sec-WebSocket-Version: 13\r\n\r\n",
                 "HTTP/1.1 404 ", place);
    client_close(&client);
}

/* Asks a server with the options @members for @line. */
static void check_other(const char *members, const char *line, const char *status,
                        const char *const *parts)
{
    struct server other;
    struct client client;

    if (!server_start(&other, members))
        return;
    if (client_connect(&client, other.port)) {
        check_answer(&client, line, status, parts);
        client_close(&client);
    }
    server_stop(&other);
}

static void its_path_is_an_option(void)
{
    static const char *const nothing[] = {"Nothing is served at this path", NULL};
    static const char *const versions[] = {"\"libwebsockets\":\"", NULL};

    check_other(ON_FREE_PORT ", \"echo\": { \"info-path\": \"/about\" }",
                REQUEST("GET /about HTTP/1.1"), "HTTP/1.1 200 ", versions);
    check_other(ON_FREE_PORT ", \"echo\": { \"info-path\": \"/about\" }",
                REQUEST("GET /info.json HTTP/1.1"), "HTTP/1.1 404 ", nothing);
    check_other(ON_FREE_PORT ", \"echo\": { \"info-path\": \"\" }",
                REQUEST("GET /info.json HTTP/1.1"), "HTTP/1.1 404 ", nothing);
}

static void tls_has_it_too(void)
{
    struct server other;
    struct client client;

    if (!server_start(&other, ON_FREE_PORT ", \"tls\": \"self-signed\", "
                                           "\"echo\": { \"ping-interval\": 33, "
                                           "\"subprotocols\": [\"a\", \"b\"] }"))
        return;
    if (client_connect_tls(&client, other.port, NULL)) {
        check_answer(&client, REQUEST("GET /info.json HTTP/1.1"), "HTTP/1.1 200 ", document);
        check_answer(&client, REQUEST("GET /info.json HTTP/1.1"), "HTTP/1.1 200 ", document);
        client_close(&client);
    }
    server_stop(&other);
}

static CU_TestInfo tests[] = {
    TEST(a_kept_connection_gets_it_again_and_then_upgrades),
    TEST(head_gets_the_headers_only),
    TEST(http_1_0_gets_it_and_the_end),
    TEST(who_asks_on_without_reading_is_let_go),
    TEST(other_requests_are_refused),
    TEST(its_path_is_an_option),
    TEST(tls_has_it_too),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"info", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
