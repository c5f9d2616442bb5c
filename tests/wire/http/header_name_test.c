/* Header names that begin like known ones, or like methods (RFC 9110 section 5.1). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "library.h"
#include "runner.h"
#include "server.h"

#define OUR_ORIGIN "http://ours.example"
#define OTHER_ORIGIN "http://evil.example"

SUITE_SERVER(ON_FREE_PORT ", \"echo\": { \"allowed-origins\": [\"" OUR_ORIGIN "\"] }")

/* Names that HTTP servers know, and words that stand in a request line. */
static const char *const known[] = {
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Ranges",
    "Access-Control-Allow-Origin",
    "Access-Control-Request-Headers",
    "Age",
    "Allow",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Location",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Date",
    "Etag",
    "Expect",
    "Expires",
    "From",
    "Host",
    "HTTP2-Settings",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Last-Modified",
    "Link",
    "Location",
    "Max-Forwards",
    "Origin",
    "Pragma",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "Refresh",
    "Replay-Nonce",
    "Retry-After",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Origin",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "Server",
    "Set-Cookie",
    "Strict-Transport-Security",
    "TE",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Vary",
    "Via",
    "WWW-Authenticate",
    "X-Auth-Token",
    "X-Forwarded-For",
    "X-Real-IP",
};

static const char *const methods[] = {
    "Get", "Post", "Options", "Put", "Patch", "Delete", "Connect", "Head", "Proxy", "Uri-Args",
};

static bool is_known(const char *name)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (!strcmp(known[i], name))
            return true;

    return false;
}

/* Returns the status of a handshake from @origin with the line "@name: 1" in one of three places.
 */
static long handshake_status(const char *name, unsigned place, const char *origin)
{
    char request[512];
    char response[4096];
    char line[64];
    struct client client;
    long status;

    snprintf(line, sizeof(line), "%s: 1\r\n", name);
    if (!client_connect(&client, server.port))
        return false;
    snprintf(
        request, sizeof(request),
        "GET /ws HTTP/1.1\r\n%sHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "%sOrigin: %s\r\n%s\r\n",
        place == 0 ? line : "", place == 1 ? line : "", origin, place == 2 ? line : "");
    CHECK_ROW(client_request(&client, request, response, sizeof(response)), name);
    status = strtol(response + strlen("HTTP/1.1 "), NULL, 10);
    client_close(&client);

    return status;
}

static void check_unknown(const char *name)
{
    for (unsigned place = 0; place < 3; place++) {
        CHECK_ROW(handshake_status(name, place, OUR_ORIGIN) == 101, name);
        CHECK_ROW(handshake_status(name, place, OTHER_ORIGIN) == 403, name);
    }
}

static void a_name_may_begin_like_a_known_one(void)
{
    char name[64];

    if (library_has(LIMIT_PREFIX_OF_A_HEADER)) {
        /* the next line is a part of its value */
        CU_ASSERT_EQUAL(handshake_status("X-Auth", 1, OTHER_ORIGIN), 101);
        return;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        for (size_t bytes = 1; bytes < strlen(known[i]); bytes++) {
            snprintf(name, sizeof(name), "%.*s", (int)bytes, known[i]);
            if (!is_known(name))
                check_unknown(name);
        }
}

/* A known name is no method, and none that goes on behind one is. */
static void a_name_may_begin_with_a_method(void)
{
    static const char *const ends[] = {"", "d", "-X"};
    char name[64];

    if (library_has(LIMIT_METHOD_AS_A_HEADER)) {
        CU_ASSERT_EQUAL(handshake_status("Deleted", 1, OUR_ORIGIN), 404);
        return;
    }
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
            snprintf(name, sizeof(name), "%s%s", methods[i], ends[k]);
            check_unknown(name);
        }
}

static CU_TestInfo tests[] = {
    TEST(a_name_may_begin_like_a_known_one),
    TEST(a_name_may_begin_with_a_method),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"header name", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
