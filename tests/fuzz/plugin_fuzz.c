/*
 * The whole plugin, in a libwebsockets context of this process: bytes of a client come in at one
 * end of a pair of sockets, in any pieces, and what comes out is compared with what the oracle
 * says.
 *
 * The first byte of an input says what kind of connection it is, the second how it is cut.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libwebsockets.h>

#include "echo_host.h"
#include "fuzz.h"
#include "oracle.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define MAX_MESSAGE 1000
#define READ_BYTES 1024 /* so that frames arrive in parts */

/* After so many turns in which nothing moves the server is at rest. */
#define AT_REST 4
#define TURNS_MAX 20000

/* libwebsockets finds the vhost by its name. */
#define REQUEST(host)                                                                              \
    "GET /ws HTTP/1.1\r\nHost: " host "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"          \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define DEFLATE "Sec-WebSocket-Extensions: permessage-deflate"

enum {
    KIND_MASK = 3,
    HTTP = 4,  /* the input has no handshake before it */
    LATE = 8,  /* reads nothing until everything is sent */
    WHOLE = 16 /* all is sent at once */
};

static const struct kind {
    const char *name;
    const char *request;
    const char *options[2][2];
    struct oracle_rules rules;
} kinds[] = {
    {"plain", REQUEST("plain") "\r\n", {{"compression", "off"}}, {false, false, false, 0, 0}},
    {"compressed",
     REQUEST("compressed") DEFLATE "\r\n\r\n",
     {{"compression", "on"}, {"max-inflated", "1048576"}},
     {true, true, true, 0, 0}},
    {"limited",
     REQUEST("limited") DEFLATE "; client_max_window_bits=8\r\n\r\n",
     {{"compression", "no-context-takeover"}, {"max-message", TEXT(MAX_MESSAGE)}},
     {true, false, false, MAX_MESSAGE, 256}},
    {"asymmetric",
     REQUEST("asymmetric") DEFLATE "; server_max_window_bits=9\r\n\r\n",
     {{"compression", "on"}, {"max-inflated", "1048576"}},
     {true, true, true, 0, 0}},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

extern const lws_plugin_protocol_t lws_echo;

static struct lws_context *context;
static struct lws_vhost *vhosts[KINDS];
static struct counters_slot slots[KINDS];

/* What a vhost keeps pointing to. */
static struct {
    struct echo_host host;
    struct lws_protocols protocols[2];
    struct lws_extension extensions[3]; /* ours after another, as in lwsws */
    struct lws_protocol_vhost_options options[4];
    struct lws_protocol_vhost_options enabled;
} kept[KINDS];

static void open_vhost(size_t i)
{
    struct lws_protocol_vhost_options *options = kept[i].options;
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .vhost_name = kinds[i].name,
        .protocols = kept[i].protocols,
        .extensions = kept[i].extensions,
        .pvo = &kept[i].enabled,
    };

    options[0] =
        (struct lws_protocol_vhost_options){&options[1], NULL, "rx-buffer", TEXT(READ_BYTES)};
    options[1] = (struct lws_protocol_vhost_options){NULL, NULL, "ping-interval", "0"};
    for (size_t o = 0; o < 2 && kinds[i].options[o][0]; o++) {
        options[1 + o].next = &options[2 + o];
        options[2 + o].name = kinds[i].options[o][0];
        options[2 + o].value = kinds[i].options[o][1];
    }
    kept[i].enabled = (struct lws_protocol_vhost_options){NULL, options, "lws-echo", ""};
    kept[i].host.version = ECHO_VERSION;
    kept[i].host.board = (struct counters_board){&slots[i], 1, 0};
    kept[i].extensions[0] = kept[i].extensions[1] = lws_echo.extensions[0];
    kept[i].protocols[0] = lws_echo.protocols[0];
    kept[i].protocols[0].user = &kept[i].host;
    vhosts[i] = lws_create_vhost(context, &info);
    FUZZ_CHECK(vhosts[i]);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .pt_serv_buf_size = 32768,
    };

    (void)argc;
    (void)argv;
    lws_set_log_level(0, NULL);
    oracle_is_strict = strstr(lws_get_library_version(), "+lws-echo");
    context = lws_create_context(&info);
    FUZZ_CHECK(context);
    for (size_t i = 0; i < KINDS; i++)
        open_vhost(i);
    FUZZ_CHECK(!lws_protocol_init(context));

    return 0;
}

/* A connection, and what has come back. */
struct exchange {
    int fd;
    int server_fd;
    uint8_t *response;
    size_t bytes;
    bool ended;
};

static void receive(struct exchange *exchange)
{
    uint8_t piece[65536];
    ssize_t got = 0;

    while (!exchange->ended && (got = recv(exchange->fd, piece, sizeof(piece), 0)) != -1) {
        exchange->ended = !got;
        exchange->response = realloc(exchange->response, exchange->bytes + (size_t)got + 1);
        FUZZ_CHECK(exchange->response);
        memcpy(exchange->response + exchange->bytes, piece, (size_t)got);
        exchange->bytes += (size_t)got;
    }
    /* the peer does not see what the server has not read */
    exchange->ended |= got == -1 && errno == ECONNRESET;
}

/* How much waits to be read by the server; 0 where it has closed. */
static int unread(const struct exchange *exchange)
{
    int bytes = 0;

    return ioctl(exchange->server_fd, SIOCINQ, &bytes) ? 0 : bytes;
}

/* Lets the server do everything that it can do now. */
static void settle(struct exchange *exchange, bool reads)
{
    int calm = 0;
    int turns = 0;

    while (calm < AT_REST) {
        size_t before = exchange->bytes;
        int waiting = unread(exchange);

        lws_service(context, -1);
        if (reads)
            receive(exchange);
        calm = exchange->bytes == before && unread(exchange) == waiting ? calm + 1 : 0;
        FUZZ_CHECK(turns++ < TURNS_MAX);
    }
}

static void begin(struct exchange *exchange, size_t kind, bool reads)
{
    const int small = 2048;
    int pair[2];

    memset(exchange, 0, sizeof(*exchange));
    FUZZ_CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
    if (!reads)
        setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    exchange->fd = pair[0];
    exchange->server_fd = pair[1];
    FUZZ_CHECK(lws_adopt_socket_vhost(vhosts[kind], pair[1]));
}

static void say(struct exchange *exchange, const void *data, size_t bytes, bool reads)
{
    const uint8_t *from = data;

    while (bytes) {
        ssize_t sent = send(exchange->fd, from, bytes, MSG_NOSIGNAL);

        if (sent > 0) {
            from += sent;
            bytes -= (size_t)sent;
        } else if (errno == EPIPE || errno == ECONNRESET || unread(exchange) == 0) {
            break; /* the server does not listen any more */
        }
        settle(exchange, reads);
        if (sent < 0 && exchange->ended)
            break;
        if (sent < 0 && errno == EAGAIN && !reads)
            reads = true;
    }
}

/* Sends in pieces that a generator of pseudo-random numbers decides. */
static void say_in_pieces(struct exchange *exchange, const uint8_t *data, size_t bytes,
                          uint32_t seed, bool reads)
{
    while (bytes) {
        size_t piece;

        seed = seed * 1664525u + 1013904223u;
        piece = 1 + (seed >> 24) % (seed & 0x800000 ? 8 : 255);
        if (piece > bytes)
            piece = bytes;
        say(exchange, data, piece, reads);
        data += piece;
        bytes -= piece;
    }
}

/* Takes the response to the handshake off what has come. */
static void check_accepted(struct exchange *exchange, const struct kind *kind)
{
    const uint8_t *end = memmem(exchange->response, exchange->bytes, "\r\n\r\n", 4);
    size_t header_bytes;

    FUZZ_CHECK(end);
    FUZZ_CHECK(!memcmp(exchange->response, "HTTP/1.1 101 ", 13));
    header_bytes = (size_t)(end - exchange->response) + 4;
    FUZZ_CHECK(kind->rules.compression ==
               (memmem(exchange->response, header_bytes, "permessage-deflate", 18) != NULL));
    exchange->bytes -= header_bytes;
    memmove(exchange->response, end + 4, exchange->bytes);
}

/* Ends the connection; nothing of it may be left. */
static void end(struct exchange *exchange)
{
    settle(exchange, true);
    shutdown(exchange->fd, SHUT_WR);
    settle(exchange, true);
    close(exchange->fd);
    for (int turn = 0; turn < TURNS_MAX && fcntl(exchange->server_fd, F_GETFD) != -1; turn++)
        lws_service(context, -1);
    FUZZ_CHECK(fcntl(exchange->server_fd, F_GETFD) == -1);
    for (size_t i = 0; i < KINDS; i++)
        FUZZ_CHECK(!slots[i].counters.open);
}

static void check_websocket(struct exchange *exchange, size_t k, unsigned how, unsigned seed,
                            const uint8_t *data, size_t bytes)
{
    static struct oracle_side client;
    static struct oracle_side server;
    const struct kind *kind = &kinds[k];
    bool reads = !(how & LATE);

    say(exchange, kind->request, strlen(kind->request), true);
    check_accepted(exchange, kind);
    if (how & WHOLE)
        say(exchange, data, bytes, reads);
    else
        say_in_pieces(exchange, data, bytes, seed, reads);
    end(exchange);

    oracle_read_client(&client, &kind->rules, data, bytes);
    /*
     * While output waits, or more input than one read takes, the distribution's libwebsockets may
     * end a connection for an error without a Close, without a code, or with what a Ping has said
     * in its place, and what waits is lost.
     */
    client.end_unclear = !oracle_is_strict && (!reads || (how & WHOLE && bytes > READ_BYTES));
    client.reads_late = !reads;
    if (!client.unclear) {
        oracle_read_server(&server, &kind->rules, client.end_unclear, exchange->response,
                           exchange->bytes);
        oracle_compare(&client, &server);
        oracle_side_fini(&server);
    }
    oracle_side_fini(&client);
}

static void check_http(struct exchange *exchange, unsigned how, unsigned seed, const uint8_t *data,
                       size_t bytes)
{
    if (how & WHOLE)
        say(exchange, data, bytes, true);
    else
        say_in_pieces(exchange, data, bytes, seed, true);
    end(exchange);
    FUZZ_CHECK(exchange->bytes < 9 || !memcmp(exchange->response, "HTTP/1.", 7));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = {data, bytes};
    unsigned how = fuzz_byte(&input);
    unsigned seed = fuzz_byte(&input);
    size_t kind = how & KIND_MASK;
    struct exchange exchange;

    begin(&exchange, kind, !(how & LATE));
    if (how & HTTP)
        check_http(&exchange, how, seed, input.data, input.bytes);
    else
        check_websocket(&exchange, kind, how, seed, input.data, input.bytes);
    free(exchange.response);

    return 0;
}
