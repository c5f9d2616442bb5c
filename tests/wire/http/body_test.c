/*
 * Bodies of requests, their length, and requests that come before the one before them is answered
 * (RFC 9112 sections 6 and 9.3.2).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "body_host.h"
#include "client.h"
#include "library.h"
#include "runner.h"
#include "server.h"

#define HOST "Host: localhost\r\n"
#define LAST "Connection: close\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"
#define LAST_GET(path) "GET " path " HTTP/1.1\r\n" HOST LAST "\r\n"
#define POST(path, length, body)                                                                   \
    "POST " path " HTTP/1.1\r\n" HOST "Content-Length: " length "\r\n\r\n" body
#define LAST_POST(path, length, body)                                                              \
    "POST " path " HTTP/1.1\r\n" HOST LAST "Content-Length: " length "\r\n\r\n" body

/* How a test sends what a row says. */
enum { WHOLE = 0 };

static bool connect_to(const struct body_host *host, struct client *client)
{
    return host->kind == BODY_HOST_TLS_LIBUV ? client_connect_tls(client, host->port, NULL)
                                             : client_connect(client, host->port);
}

/* Receives until the connection ends. */
static enum read_result receive_all(struct client *client)
{
    enum read_result result;

    do
        result = client_receive(client);
    while (result == READ_OK);

    return result;
}

/* Finds @name among the headers in @head. Returns its value, or NULL. */
static const char *find_header(const char *head, const char *end, const char *name)
{
    const char *at = memmem(head, (size_t)(end - head), name, strlen(name));

    return at ? at + strlen(name) : NULL;
}

/*
 * Writes what the client has received as "STATUS BODY;" for each response. A file is shown by its
 * first line, and what is cut short ends in "...".
 */
static void summarize(const struct client *client, char *summary, size_t size)
{
    const char *at = (const char *)client->input;
    const char *end = at + client->input_bytes;
    size_t used = 0;

    summary[0] = '\0';
    while (at < end && used < size - 1) {
        const char *body = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
        const char *length = body ? find_header(at, body, "\r\ncontent-length:") : NULL;
        size_t bytes;
        int shown;

        if (body && !length)
            length = find_header(at, body, "\r\nContent-Length:");
        if (!body || end - at < 12 || strncmp(at, "HTTP/1.", 7) != 0) {
            snprintf(summary + used, size - used, "%.*s...", (int)(end - at < 64 ? end - at : 64),
                     at);
            return;
        }
        body += 4;
        bytes = length ? strtoul(length, NULL, 10) : 0;
        shown = (int)strcspn(body, "\nx");
        if (bytes < (size_t)shown)
            shown = (int)bytes;
        used += (size_t)snprintf(summary + used, size - used, "%.3s %.*s%s;", at + 9,
                                 (size_t)(end - body) < bytes ? 0 : shown, body,
                                 (size_t)(end - body) < bytes ? "..." : "");
        if ((size_t)(end - body) < bytes)
            return;
        at = body + bytes;
    }
}

/* Sends @text, in two pieces if @cut is not WHOLE, each of which the host most probably reads. */
static void send_cut(const struct body_host *host, struct client *client, const char *text,
                     size_t cut)
{
    unsigned long turns = host->seen->turns;

    if (cut) {
        CU_ASSERT_TRUE(client_send(client, text, cut));
        CU_ASSERT_TRUE(client_wait_taken(client));
        body_host_wait(&host->seen->turns, turns + 1, text);
    }
    client_send(client, text + cut, strlen(text) - cut); /* the host may have ended it */
}

static void check_summary(const struct client *client, const char *expected, const char *row)
{
    char summary[4096];
    char both[9000];

    summarize(client, summary, sizeof(summary));
    snprintf(both, sizeof(both), "%.400s\n got: %s\nwant: %s", row, summary, expected);
    CHECK_ROW(!strcmp(summary, expected), both);
}

/* Sends @text, whose last request closes the connection, and checks the summary of the responses.
 */
static void check_conversation(const struct body_host *host, const char *text, size_t cut,
                               const char *expected)
{
    struct client client;

    if (!connect_to(host, &client))
        return;
    send_cut(host, &client, text, cut);
    CHECK_ROW(receive_all(&client) == READ_END, text);
    check_summary(&client, expected, text);
    client_close(&client);
}

/* Runs @test on the library's own poll loop, on libuv, and there with TLS. */
static void on_each_loop(void (*test)(struct body_host *host))
{
    for (int kind = 0; kind < BODY_HOST_KINDS; kind++) {
        struct body_host host;

        if (body_host_start(&host, (enum body_host_kind)kind))
            test(&host);
        body_host_stop(&host);
    }
}

/* Returns how far a cut is from the one before. Connections with TLS take their time. */
static size_t step(const struct body_host *host)
{
    return host->kind == BODY_HOST_TLS_LIBUV ? 16 : 1;
}

static const struct conversation {
    const char *text;
    const char *responses;
} one_behind_another[] = {
    {POST("/take/a", "3", "abc") LAST_POST("/take/b", "2", "de"),
     "200 [/take/a:3:abc];200 [/take/b:2:de];"},
    {POST("/with/a", "3", "abc") LAST_POST("/with/b", "2", "de"),
     "200 [/with/a:3:abc];200 [/with/b:2:de];"},
    {POST("/none/a", "3", "abc") LAST_POST("/none/b", "2", "de"),
     "200 [/none/a:3:abc];200 [/none/b:2:de];"},
    {POST("/take/a", "3", "abc") POST("/take/b", "1", "d") POST("/with/c", "2", "ef")
         LAST_POST("/none/d", "5", "ghijk"),
     "200 [/take/a:3:abc];200 [/take/b:1:d];200 [/with/c:2:ef];200 [/none/d:5:ghijk];"},
    {POST("/take/a", "3", "abc") LAST_GET("/take/b"), "200 [/take/a:3:abc];200 [/take/b:0:];"},
    {GET("/take/a") LAST_POST("/take/b", "3", "abc"), "200 [/take/a:0:];200 [/take/b:3:abc];"},
    {POST("/take/a", "0", "") LAST_POST("/take/b", "1", "c"),
     "200 [/take/a:0:];200 [/take/b:1:c];"},
    {POST("/take/a", "00000000000000000001", "b") LAST_POST("/take/b", " 1 ", "c"),
     "200 [/take/a:1:b];200 [/take/b:1:c];"},
    /* the bodies look like requests */
    {POST("/take/a", "18", "GET / HTTP/1.1\r\n\r\n") POST("/take/b", "18", "GET / HTTP/1.1\r\n\r\n")
         LAST_GET("/take/c"),
     "200 [/take/a:18:GET / HTTP/1.1\r;200 [/take/b:18:GET / HTTP/1.1\r;200 [/take/c:0:];"},
};

static void answer_one_behind_another(struct body_host *host)
{
    for (size_t i = 0; i < sizeof(one_behind_another) / sizeof(one_behind_another[0]); i++)
        check_conversation(host, one_behind_another[i].text, WHOLE,
                           one_behind_another[i].responses);
}

static void requests_with_bodies_in_one_segment_are_all_answered(void)
{
    if (!library_has(LIMIT_SECOND_BODY_HANGS))
        on_each_loop(answer_one_behind_another);
}

static void answer_pieces(struct body_host *host)
{
    for (size_t i = 0; i < sizeof(one_behind_another) / sizeof(one_behind_another[0]); i++)
        for (size_t cut = 1; cut < strlen(one_behind_another[i].text); cut += step(host))
            check_conversation(host, one_behind_another[i].text, cut,
                               one_behind_another[i].responses);
}

static void requests_with_bodies_come_in_any_pieces(void)
{
    if (!library_has(LIMIT_SECOND_BODY_HANGS))
        on_each_loop(answer_pieces);
}

/* Sends @text and checks that only @expected comes back, the connection ends, and no endpoint has
 * seen anything of it. */
static void check_refusal(const struct body_host *host, const char *text, size_t cut,
                          const char *expected)
{
    unsigned long requests = host->seen->requests;
    struct client client;

    if (!connect_to(host, &client))
        return;
    send_cut(host, &client, text, cut);
    CHECK_ROW(receive_all(&client) == READ_END, text);
    check_summary(&client, expected, text);
    CHECK_ROW(client.input_bytes &&
                  memmem(client.input, client.input_bytes, "\r\nConnection: close\r\n", 21),
              text);
    CHECK_ROW(host->seen->requests == requests, text);
    client_close(&client);
}

/* A request of @method with @headers, and what would be a body or another request. */
#define FRAMED(method, headers)                                                                    \
    method " /take/a HTTP/1.1\r\n" HOST headers "\r\n3\r\nabc\r\n0\r\n\r\n" LAST_GET("/take/b")

static const struct framing {
    const char *text;
    const char *response;
} unclear_lengths[] = {
    {FRAMED("POST", "Content-Length: -1\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: +5\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: abc\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 5abc\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 5 5\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 5,5\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 5, 5\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 5,\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: ,5\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 0x5\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 5.0\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length:\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: \r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 9223372036854775808\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 18446744073709551616\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 18446744073709551621\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 99999999999999999999999999999999999999999\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 0000000000000000000000000000000000000000005\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 5\r\nContent-Length: 6\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 6\r\nContent-Length: 5\r\n"), "400 ;"},
    /* RFC 9112 section 6.3 lets a recipient accept these */
    {FRAMED("POST", "Content-Length: 5\r\nContent-Length: 5\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 5\r\nAccept: */*\r\ncontent-length: 5\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 0\r\nContent-Length:\r\n"), "400 ;"},
    {FRAMED("GET", "Content-Length: -1\r\n"), "400 ;"},
    {FRAMED("GET", "Content-Length: 5\r\nContent-Length: 0\r\n"), "400 ;"},
    {FRAMED("HEAD", "Content-Length: x\r\n"), "400 ;"},
    {FRAMED("PUT", "Content-Length: 5,5\r\n"), "400 ;"},
    {FRAMED("DELETE", "Content-Length: 5;\r\n"), "400 ;"},
};

static const struct framing transfer_encodings[] = {
    {FRAMED("POST", "Transfer-Encoding: chunked\r\n"), "411 ;"},
    {FRAMED("POST", "Transfer-Encoding: Chunked\r\n"), "411 ;"},
    {FRAMED("POST", "transfer-encoding:  chunked \r\n"), "411 ;"},
    {FRAMED("GET", "Transfer-Encoding: chunked\r\n"), "411 ;"},
    {FRAMED("POST", "Transfer-Encoding: gzip, chunked\r\n"), "501 ;"},
    {FRAMED("POST", "Transfer-Encoding: gzip\r\n"), "501 ;"},
    {FRAMED("POST", "Transfer-Encoding: identity\r\n"), "501 ;"},
    {FRAMED("POST", "Transfer-Encoding: chunked, chunked\r\n"), "501 ;"},
    {FRAMED("POST", "Transfer-Encoding: chunked;a=b\r\n"), "501 ;"},
    {FRAMED("POST", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), "501 ;"},
    {FRAMED("POST", "Transfer-Encoding: xchunked\r\n"), "501 ;"},
    {FRAMED("POST", "Transfer-Encoding:\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 13\r\nTransfer-Encoding: chunked\r\n"), "400 ;"},
    {FRAMED("POST", "Transfer-Encoding: chunked\r\nContent-Length: 13\r\n"), "400 ;"},
    {FRAMED("POST", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), "400 ;"},
    {FRAMED("GET", "Content-Length: 0\r\nTransfer-Encoding: identity\r\n"), "400 ;"},
    {"POST /take/a HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 ;"},
};

/* Sends each row whole and in two pieces, the first row cut anywhere. */
static void check_refusals(const struct body_host *host, const struct framing *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t cut = WHOLE; cut < strlen(rows[i].text); cut += i ? 16 : step(host))
            check_refusal(host, rows[i].text, cut, rows[i].response);
}

static void refuse_unclear_lengths(struct body_host *host)
{
    check_refusals(host, unclear_lengths, sizeof(unclear_lengths) / sizeof(unclear_lengths[0]));
}

static void refuse_transfer_encodings(struct body_host *host)
{
    check_refusals(host, transfer_encodings,
                   sizeof(transfer_encodings) / sizeof(transfer_encodings[0]));
}

/* What a library does that takes it for 0. */
static void take_for_0(struct body_host *host)
{
    check_conversation(host, POST("/take/a", "abc", "") LAST_GET("/take/b"), WHOLE,
                       "200 [/take/a:0:];200 [/take/b:0:];");
}

static void a_length_that_is_unclear_is_refused(void)
{
    on_each_loop(library_has(LIMIT_UNCLEAR_LENGTH) ? take_for_0 : refuse_unclear_lengths);
}

static void a_transfer_encoding_is_refused(void)
{
    if (!library_has(LIMIT_UNCLEAR_LENGTH))
        on_each_loop(refuse_transfer_encodings);
}

static const struct conversation behind_a_body[] = {
    {POST("/take/a", "3", "abc") LAST_GET("/take/b"), "200 [/take/a:3:abc];200 [/take/b:0:];"},
    {POST("/with/a", "3", "abc") LAST_GET("/with/b"), "200 [/with/a:3:abc];200 [/with/b:0:];"},
    {POST("/none/a", "3", "abc") LAST_GET("/none/b"), "200 [/none/a:3:abc];200 [/none/b:0:];"},
    {"GET /take/a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc" LAST_GET("/take/b"),
     "200 [/take/a:0:];200 [/take/b:0:];"},
    {"PUT /take/a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc" LAST_GET("/take/b"),
     "200 [/take/a:3:abc];200 [/take/b:0:];"},
};

static const struct conversation without_length[] = {
    {"POST /take/a HTTP/1.1\r\n" HOST "\r\n" LAST_GET("/take/b"),
     "200 [/take/a:0:];200 [/take/b:0:];"},
    {"POST /with/a HTTP/1.1\r\n" HOST "\r\n" LAST_GET("/with/b"),
     "200 [/with/a:0:];200 [/with/b:0:];"},
    {"POST /none/a HTTP/1.1\r\n" HOST "\r\n" LAST_GET("/none/b"),
     "200 [/none/a:0:];200 [/none/b:0:];"},
    {"POST /take/a HTTP/1.0\r\n" HOST "\r\n", "200 [/take/a:0:];"},
    {"DELETE /take/early HTTP/1.1\r\n" HOST "\r\n" LAST_GET("/take/b"),
     "405 [/take/early:0:];200 [/take/b:0:];"},
    {"PUT /take/early HTTP/1.1\r\n" HOST "\r\n" LAST_GET("/take/b"),
     "405 [/take/early:0:];200 [/take/b:0:];"},
};

static const struct conversation early[] = {
    {POST("/take/early", "3", "abc") LAST_GET("/take/b"), "405 [/take/early:0:];200 [/take/b:0:];"},
    {POST("/with/early", "3", "abc") LAST_GET("/with/b"), "405 [/with/early:0:];200 [/with/b:0:];"},
    {POST("/none/early", "3", "abc") LAST_GET("/none/b"), "405 [/none/early:0:];200 [/none/b:0:];"},
    {POST("/take/early", "0", "") LAST_GET("/take/b"), "405 [/take/early:0:];200 [/take/b:0:];"},
    {POST("/none/early", "0", "") LAST_GET("/none/b"), "405 [/none/early:0:];200 [/none/b:0:];"},
    {POST("/take/early/large", "3", "abc") LAST_GET("/take/b"),
     "405 [/take/early/large:0:];200 [/take/b:0:];"},
    {POST("/none/early/large", "3", "abc") LAST_POST("/none/b", "2", "de"),
     "405 [/none/early/large:0:];200 [/none/b:2:de];"},
    {POST("/take/early/large", "0", "") LAST_GET("/take/b"),
     "405 [/take/early/large:0:];200 [/take/b:0:];"},
};

/* Answered with the first piece of the body, so these come whole. */
static const struct conversation with_first_piece[] = {
    {POST("/take/first", "1", "a") LAST_GET("/take/b"), "413 [/take/first:1:a];200 [/take/b:0:];"},
    {POST("/with/first", "3", "abc") LAST_GET("/with/b"),
     "413 [/with/first:3:abc];200 [/with/b:0:];"},
    {POST("/none/first", "3", "abc") LAST_POST("/none/b", "2", "de"),
     "413 [/none/first:3:abc];200 [/none/b:2:de];"},
    {POST("/take/first/large", "3", "abc") LAST_GET("/take/b"),
     "413 [/take/first/large:3:abc];200 [/take/b:0:];"},
};

static void check_conversations(const struct body_host *host, const struct conversation *rows,
                                size_t count, bool in_pieces)
{
    for (size_t i = 0; i < count; i++)
        for (size_t cut = WHOLE; cut < (in_pieces ? strlen(rows[i].text) : 1); cut += step(host))
            check_conversation(host, rows[i].text, cut, rows[i].responses);
}

#define CHECK_CONVERSATIONS(host, rows, in_pieces)                                                 \
    check_conversations(host, rows, sizeof(rows) / sizeof((rows)[0]), in_pieces)

static void answer_behind_a_body(struct body_host *host)
{
    CHECK_CONVERSATIONS(host, behind_a_body, true);
}

static void what_follows_a_body_is_the_next_request(void)
{
    if (!library_has(LIMIT_BODY_TOO_LONG))
        on_each_loop(answer_behind_a_body);
}

static void answer_without_length(struct body_host *host)
{
    CHECK_CONVERSATIONS(host, without_length, true);
}

static void a_request_without_a_length_has_no_body(void)
{
    if (!library_has(LIMIT_NO_LENGTH_IS_100_MB))
        on_each_loop(answer_without_length);
}

static void answer_early(struct body_host *host)
{
    CHECK_CONVERSATIONS(host, early, false);
    CHECK_CONVERSATIONS(host, with_first_piece, false);
    check_conversations(host, early, 5, true);
}

static void a_body_that_comes_after_the_response_is_discarded(void)
{
    if (!library_has(LIMIT_ANSWERED_TWICE))
        on_each_loop(answer_early);
}

/* Where requests can be parked. */
static const char *const parking[] = {"/take", "/with", "/none"};

/* Writes @text with "@" replaced by the place @where. */
static const char *at_place(char *out, size_t size, const char *text, const char *where)
{
    size_t used = 0;

    for (; *text && used + strlen(where) + 1 < size; text++)
        if (*text == '@')
            used += (size_t)snprintf(out + used, size - used, "%s", where);
        else
            out[used++] = *text;
    out[used] = '\0';

    return out;
}

static void leave_parked(struct body_host *host)
{
    for (size_t i = 0; i < sizeof(parking) / sizeof(parking[0]); i++)
        for (int half = 0; half < 2; half++) {
            unsigned long parked = host->seen->parked;
            unsigned long dropped = host->seen->dropped;
            struct client client;
            char text[256];

            at_place(text, sizeof(text), GET("@/park"), parking[i]);
            if (!connect_to(host, &client))
                return;
            client_send(&client, text, strlen(text));
            body_host_wait(&host->seen->parked, parked + 1, text);
            body_host_check_rests(host, text);
            if (half)
                shutdown(client.fd, SHUT_WR);
            else
                client_close(&client);
            body_host_check_rests(host, text);
            body_host_wait(&host->seen->dropped, dropped + 1, text);
            if (half)
                client_close(&client);
        }
}

/* What a library does that does not read while a request is parked. */
static void spin_for_parked(struct body_host *host)
{
    struct client client;

    if (!connect_to(host, &client))
        return;
    client_send(&client, GET("/none/park"), strlen(GET("/none/park")));
    body_host_wait(&host->seen->parked, 1, "spin");
    shutdown(client.fd, SHUT_WR);
    body_host_check_spins(host, host->kind == BODY_HOST_POLL ? "poll" : "libuv");
    client_close(&client);
}

static void a_parked_request_whose_peer_ends_is_dropped(void)
{
    on_each_loop(library_has(LIMIT_PARKED_PEER_ENDS) ? spin_for_parked : leave_parked);
}

/* The first is parked; "@" is where. */
static const struct parked_conversation {
    const char *first;
    const char *behind;
    const char *responses;
} behind_parked[] = {
    {GET("@/park"), LAST_GET("@/b"), "200 [@/park:0:];200 [@/b:0:];"},
    {GET("@/park"), GET("@/b") POST("@/c", "2", "de") LAST_GET("@/d"),
     "200 [@/park:0:];200 [@/b:0:];200 [@/c:2:de];200 [@/d:0:];"},
    {GET("@/park"), LAST_POST("@/b", "3", "abc"), "200 [@/park:0:];200 [@/b:3:abc];"},
    {GET("@/park"), LAST_GET("/files/small"), "200 [@/park:0:];200 small;"},
    {POST("@/park", "3", "abc"), LAST_GET("@/b"), "200 [@/park:3:abc];200 [@/b:0:];"},
    {POST("@/park", "3", "abc"), LAST_POST("@/b", "2", "de"), "200 [@/park:3:abc];200 [@/b:2:de];"},
    {GET("@/park"), GET("@/park/2") LAST_POST("@/park/3", "1", "a"),
     "200 [@/park:0:];200 [@/park/2:0:];200 [@/park/3:1:a];"},
    {GET("@/park"), GET("@/park/large") LAST_GET("@/b"),
     "200 [@/park:0:];200 [@/park/large:0:];200 [@/b:0:];"},
};

/* The second request comes with the first one, or when that is parked. */
static void check_behind_parked(struct body_host *host, const struct parked_conversation *row,
                                const char *where, bool later)
{
    unsigned long parked = host->seen->parked;
    unsigned long requests = host->seen->requests;
    struct client client;
    char first[512];
    char behind[512];
    char both[1024];
    char expected[512];

    at_place(first, sizeof(first), row->first, where);
    at_place(behind, sizeof(behind), row->behind, where);
    at_place(expected, sizeof(expected), row->responses, where);
    snprintf(both, sizeof(both), "%s%s", first, behind);
    if (!connect_to(host, &client))
        return;
    client_send(&client, both, later ? strlen(first) : strlen(both));
    body_host_wait(&host->seen->parked, parked + 1, both);
    if (later)
        client_send(&client, behind, strlen(behind));
    body_host_check_rests(host, both);
    CHECK_ROW(host->seen->requests == requests + 1, both);

    body_host_release(host, true);
    CHECK_ROW(receive_all(&client) == READ_END, both);
    body_host_release(host, false);
    check_summary(&client, expected, both);
    client_close(&client);
}

static void answer_behind_parked(struct body_host *host)
{
    for (size_t i = 0; i < sizeof(behind_parked) / sizeof(behind_parked[0]); i++)
        for (size_t j = 0; j < sizeof(parking) / sizeof(parking[0]); j++)
            for (int later = 0; later < 2; later++)
                check_behind_parked(host, &behind_parked[i], parking[j], later);
}

static void a_request_behind_a_parked_one_waits(void)
{
    if (!library_has(LIMIT_INPUT_WHILE_RESPONSE_IS_OWED))
        on_each_loop(answer_behind_parked);
}

static void answer_parked_pieces(struct body_host *host)
{
    body_host_release(host, true); /* parked for a moment only */
    for (size_t i = 0; i < sizeof(behind_parked) / sizeof(behind_parked[0]) - 1; i++) {
        char text[1024];
        char both[1024];
        char expected[512];

        snprintf(text, sizeof(text), "%s%s", behind_parked[i].first, behind_parked[i].behind);
        at_place(both, sizeof(both), text, "/take");
        at_place(expected, sizeof(expected), behind_parked[i].responses, "/take");
        for (size_t cut = 1; cut < strlen(both); cut += step(host))
            check_conversation(host, both, cut, expected);
    }
}

static void requests_behind_a_parked_one_come_in_any_pieces(void)
{
    if (!library_has(LIMIT_INPUT_WHILE_RESPONSE_IS_OWED))
        on_each_loop(answer_parked_pieces);
}

/* What is behind takes several reads, and with TLS several records. */
static void answer_many(struct body_host *host)
{
    enum { MANY = 1000 };
    static const char text[] = GET("/take/b");
    static const char last[] = LAST_GET("/take/c");
    char *all = malloc(MANY * strlen(text) + sizeof(last));
    unsigned long requests = host->seen->requests;
    struct client client;
    size_t bytes = 0;

    for (size_t i = 0; i < MANY; i++, bytes += strlen(text))
        memcpy(all + bytes, text, sizeof(text) - 1);
    memcpy(all + bytes, last, sizeof(last) - 1);
    bytes += strlen(last);
    if (connect_to(host, &client)) {
        client_send(&client, GET("/take/park"), strlen(GET("/take/park")));
        body_host_wait(&host->seen->parked, 1, "many");
        client_send(&client, all, bytes);
        body_host_check_rests(host, "many");
        body_host_release(host, true);
        CU_ASSERT_EQUAL(receive_all(&client), READ_END);
        CU_ASSERT_EQUAL(host->seen->requests, requests + MANY + 2);
        CU_ASSERT_PTR_NOT_NULL(memmem(client.input, client.input_bytes, "[/take/c:0:]", 12));
        client_close(&client);
        body_host_check_rests(host, "many are answered");
    }
    free(all);
}

static void many_requests_behind_a_parked_one_are_answered(void)
{
    if (!library_has(LIMIT_INPUT_WHILE_RESPONSE_IS_OWED))
        on_each_loop(answer_many);
}

/* The second request gets room for its headers when others have given theirs back. */
static void wait_for_headers(struct body_host *host)
{
    static const char text[] = GET("/take/park/detached") LAST_GET("/take/b");
    struct client holders[BODY_HOST_HEADERS];
    struct client client;

    if (!connect_to(host, &client))
        return;
    client_send(&client, text, strlen(text));
    body_host_wait(&host->seen->parked, 1, "headers");
    for (size_t i = 0; i < BODY_HOST_HEADERS; i++) {
        connect_to(host, &holders[i]);
        client_send(&holders[i], "GET /ta", 7);
        CU_ASSERT_TRUE(client_wait_taken(&holders[i]));
    }
    body_host_check_rests(host, "holders");
    body_host_release(host, true);
    while (!client.input_bytes && client_receive(&client) == READ_OK)
        ;
    body_host_check_rests(host, "waiting for headers");
    CU_ASSERT_EQUAL(host->seen->requests, 1);
    for (size_t i = 0; i < BODY_HOST_HEADERS; i++)
        client_close(&holders[i]);
    CU_ASSERT_EQUAL(receive_all(&client), READ_END);
    check_summary(&client, "200 [/take/park/detached:0:];200 [/take/b:0:];", text);
    client_close(&client);
}

static void a_request_that_waits_for_headers_costs_no_time(void)
{
    if (!library_has(LIMIT_INPUT_WHILE_RESPONSE_IS_OWED))
        on_each_loop(wait_for_headers);
}

/* However much the peer sends, the host reads once, and it still rests. */
static void flood_parked(struct body_host *host)
{
    static const char text[] = GET("/take/b");
    unsigned long requests = host->seen->requests;
    struct client client;
    unsigned sent = 0;

    if (host->kind == BODY_HOST_TLS_LIBUV || !connect_to(host, &client))
        return;
    client_send(&client, GET("/take/park"), strlen(GET("/take/park")));
    body_host_wait(&host->seen->parked, 1, "flood");
    while (send(client.fd, text, strlen(text), MSG_DONTWAIT) == (ssize_t)strlen(text))
        sent++;
    CU_ASSERT_TRUE(sent > 0);
    body_host_check_rests(host, "flood");
    CU_ASSERT_EQUAL(host->seen->requests, requests + 1);
    client_close(&client);
    body_host_check_rests(host, "flood that has ended");
    body_host_release(host, true);
    body_host_check_rests(host, "flood that is answered");
    check_conversation(host, LAST_GET("/take/c"), WHOLE, "200 [/take/c:0:];");
}

static void a_flood_behind_a_parked_request_is_not_read(void)
{
    if (!library_has(LIMIT_INPUT_WHILE_RESPONSE_IS_OWED))
        on_each_loop(flood_parked);
}

static const struct conversation behind_a_file[] = {
    {GET("/files/small") LAST_GET("/take/b"), "200 small;200 [/take/b:0:];"},
    {GET("/files/small") GET("/files/small") LAST_GET("/files/small"),
     "200 small;200 small;200 small;"},
    {GET("/files/small") LAST_POST("/take/b", "3", "abc"), "200 small;200 [/take/b:3:abc];"},
    {GET("/files/small") POST("/none/b", "3", "abc") LAST_GET("/files/small"),
     "200 small;200 [/none/b:3:abc];200 small;"},
    {"GET /files/small HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc" LAST_GET("/take/b"),
     "200 small;200 [/take/b:0:];"},
};

static const struct conversation behind_a_large_response[] = {
    {GET("/files/large") LAST_GET("/take/b"), "200 large;200 [/take/b:0:];"},
    {GET("/files/large") LAST_POST("/none/b", "3", "abc"), "200 large;200 [/none/b:3:abc];"},
    {GET("/files/large") GET("/files/large") LAST_GET("/files/small"),
     "200 large;200 large;200 small;"},
    {GET("/take/large") LAST_GET("/take/b"), "200 [/take/large:0:];200 [/take/b:0:];"},
    {GET("/none/large") LAST_POST("/take/b", "3", "abc"),
     "200 [/none/large:0:];200 [/take/b:3:abc];"},
    {POST("/with/large", "1", "a") LAST_GET("/with/b"), "200 [/with/large:1:a];200 [/with/b:0:];"},
};

static void answer_behind_a_file(struct body_host *host)
{
    CHECK_CONVERSATIONS(host, behind_a_file, true);
}

static void answer_behind_a_large_response(struct body_host *host)
{
    for (size_t i = 0; i < sizeof(behind_a_large_response) / sizeof(behind_a_large_response[0]);
         i++) {
        const struct conversation *row = &behind_a_large_response[i];
        struct client client;

        if (!connect_to(host, &client))
            return;
        client_send(&client, row->text, strlen(row->text));
        CHECK_ROW(client_receive(&client) == READ_OK, row->text); /* and then nothing for a while */
        body_host_check_rests(host, row->text);
        CHECK_ROW(receive_all(&client) == READ_END, row->text);
        check_summary(&client, row->responses, row->text);
        client_close(&client);
    }
}

/* What a library does that finds the response's headers where the second request was. */
static void refuse_behind_a_file(struct body_host *host)
{
    static const char text[] = GET("/files/small") LAST_GET("/take/b");
    char summary[1024];
    struct client client;

    if (!connect_to(host, &client))
        return;
    client_send(&client, text, strlen(text));
    CHECK_ROW(receive_all(&client) == READ_END, text);
    summarize(&client, summary, sizeof(summary));
    CHECK_ROW(!strncmp(summary, "200 small;403 ", 14), summary);
    client_close(&client);
}

static void a_request_behind_a_file_is_answered(void)
{
    on_each_loop(library_has(LIMIT_RESPONSE_OVERWRITES_INPUT) ? refuse_behind_a_file
                                                              : answer_behind_a_file);
}

static void a_request_behind_a_response_that_nobody_reads_costs_no_time(void)
{
    if (!library_has(LIMIT_INPUT_WHILE_RESPONSE_IS_OWED) &&
        !library_has(LIMIT_RESPONSE_OVERWRITES_INPUT))
        on_each_loop(answer_behind_a_large_response);
}

#define UPGRADE(headers)                                                                           \
    "GET /ws HTTP/1.1\r\n" HOST "Upgrade: websocket\r\nConnection: Upgrade\r\n"                    \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" headers "\r\n"
/* A Text frame, which would be echoed. */
#define FRAME "\x81\x83\x01\x01\x01\x01\x60\x63\x62"

/* libwebsockets itself takes the body for frames. */
static void a_handshake_with_a_body_is_refused(void)
{
    static const char *const rows[] = {
        UPGRADE("Content-Length: 9\r\n") FRAME,
        UPGRADE("Content-Length: 09\r\n") FRAME,
        UPGRADE("Content-Length: 90\r\n") FRAME,
        UPGRADE("Content-Length: 0,9\r\n") FRAME,
        UPGRADE("Content-Length: 0\r\nContent-Length: 9\r\n") FRAME,
        UPGRADE("Content-Length: -0\r\n") FRAME,
        UPGRADE("Content-Length: x\r\n") FRAME,
        UPGRADE("Transfer-Encoding: chunked\r\n") "9\r\n" FRAME "\r\n0\r\n\r\n",
        UPGRADE("Transfer-Encoding: identity\r\n") FRAME,
        UPGRADE("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n" FRAME,
    };
    struct server server;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct client client;

        if (!client_connect(&client, server.port))
            break;
        client_send(&client, rows[i], strlen(rows[i]));
        CHECK_ROW(receive_all(&client) == READ_END, rows[i]);
        CHECK_ROW(client.input_bytes > 9 && (!memcmp(client.input, "HTTP/1.1 4", 10) ||
                                             !memcmp(client.input, "HTTP/1.1 501", 12)),
                  rows[i]);
        CHECK_ROW(!client.input_bytes || !memmem(client.input, client.input_bytes, "\x81\x03", 2),
                  rows[i]);
        client_close(&client);
    }
    server_stop(&server);
}

static void a_handshake_with_a_length_of_0_is_accepted(void)
{
    static const char *const rows[] = {"Content-Length: 0\r\n", "Content-Length:  00 \r\n"};
    struct server server;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct client client;

        if (!client_open_with(&client, server.port, rows[i]))
            break;
        check_echo(&client, OPCODE_TEXT, "abc", 3, rows[i]);
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

static CU_TestInfo tests[] = {
    TEST(requests_with_bodies_in_one_segment_are_all_answered),
    TEST(requests_with_bodies_come_in_any_pieces),
    TEST(what_follows_a_body_is_the_next_request),
    TEST(a_length_that_is_unclear_is_refused),
    TEST(a_transfer_encoding_is_refused),
    TEST(a_request_without_a_length_has_no_body),
    TEST(a_handshake_with_a_body_is_refused),
    TEST(a_handshake_with_a_length_of_0_is_accepted),
    TEST(a_body_that_comes_after_the_response_is_discarded),
    TEST(a_parked_request_whose_peer_ends_is_dropped),
    TEST(a_request_behind_a_parked_one_waits),
    TEST(requests_behind_a_parked_one_come_in_any_pieces),
    TEST(many_requests_behind_a_parked_one_are_answered),
    TEST(a_request_that_waits_for_headers_costs_no_time),
    TEST(a_flood_behind_a_parked_request_is_not_read),
    TEST(a_request_behind_a_file_is_answered),
    TEST(a_request_behind_a_response_that_nobody_reads_costs_no_time),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"body", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
