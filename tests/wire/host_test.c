/* Opening handshakes in hosts that are not the app, with other protocols and extensions. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libwebsockets.h>

#include "client.h"
#include "clock.h"
#include "runner.h"
#include "server.h"

#define REQUEST                                                                                    \
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"         \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define DEFLATE "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10\r\n"
#define AGREED "\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10\r\n"

/* How often the extension that is not ours was attached to a connection. */
static int foreign_constructed;

static int foreign_callback(struct lws_context *context, const struct lws_extension *extension,
                            struct lws *wsi, enum lws_extension_callback_reasons reason, void *user,
                            void *in, size_t len)
{
    static const struct lws_ext_options none[] = {{NULL, EXTARG_NONE}};

    (void)context;
    (void)extension;
    (void)wsi;
    (void)user;
    (void)len;
    if (reason == LWS_EXT_CB_CONSTRUCT) {
        foreign_constructed++;
        *(const struct lws_ext_options **)in = none;
    }

    return 0;
}

static const struct lws_extension foreign = {"permessage-deflate", foreign_callback,
                                             "permessage-deflate"};
static const struct lws_protocols other = {"other", lws_callback_http_dummy, 0, 0, 0, NULL, 0};

struct host {
    struct lws_plugin *plugins;
    const lws_plugin_protocol_t *echo;
    struct lws_protocols protocols[3];
    struct lws_extension extensions[3];
    struct lws_protocol_vhost_options options[3];
    struct lws_protocol_vhost_options enabled[2];
    struct lws_http_mount files;
    struct lws_context *context;
    struct lws_vhost *vhost;
};

/* A letter for each: 'e' is ours, 'o' another protocol, 'f' another extension. */
struct arrangement {
    const char *protocols;
    const char *extensions;
    const char *option; /* beside compression, or NULL */
    const char *value;
    uint64_t flags;    /* LWS_SERVER_OPTION_... of the vhost */
    const char *files; /* a directory that is served for our protocol, or NULL */
};

static bool host_open(struct host *host, const struct arrangement *arrangement)
{
    const char *const dirs[] = {ECHO_PLUGIN_DIR, NULL};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_VALIDATE_UTF8,
        .vhost_name = "test",
        .protocols = host->protocols,
        .extensions = host->extensions,
        .pvo = &host->enabled[0],
        .pt_serv_buf_size = 262144,
    };

    memset(host, 0, sizeof(*host));
    lws_set_log_level(0, NULL);
    lws_plugins_init(&host->plugins, dirs, "lws_protocol_plugin", "lws_echo", NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(host->plugins);
    if (!host->plugins)
        return false;
    host->echo = (const lws_plugin_protocol_t *)host->plugins->hdr;
    for (size_t i = 0; arrangement->protocols[i]; i++)
        host->protocols[i] = arrangement->protocols[i] == 'e' ? host->echo->protocols[0] : other;
    for (size_t i = 0; arrangement->extensions[i]; i++)
        host->extensions[i] =
            arrangement->extensions[i] == 'e' ? host->echo->extensions[0] : foreign;
    host->options[0] = (struct lws_protocol_vhost_options){NULL, NULL, "compression", "on"};
    host->options[1] =
        (struct lws_protocol_vhost_options){NULL, NULL, arrangement->option, arrangement->value};
    if (arrangement->option)
        host->options[0].next = &host->options[1];
    host->enabled[0] =
        (struct lws_protocol_vhost_options){&host->enabled[1], host->options, "lws-echo", ""};
    host->enabled[1] = (struct lws_protocol_vhost_options){NULL, NULL, "other", ""};

    if (arrangement->files) {
        host->files = (struct lws_http_mount){
            .mountpoint = "/files",
            .mountpoint_len = (unsigned char)strlen("/files"),
            .origin = arrangement->files,
            .origin_protocol = LWSMPRO_FILE,
            .def = "index.html",
            .protocol = "lws-echo",
        };
        info.mounts = &host->files;
    }
    host->context = lws_create_context(&info);
    CU_ASSERT_PTR_NOT_NULL_FATAL(host->context);
    info.options |= arrangement->flags;
    host->vhost = lws_create_vhost(host->context, &info);
    CU_ASSERT_PTR_NOT_NULL_FATAL(host->vhost);

    lws_protocol_init(host->context); /* which fails where the option is a wrong one */

    return true;
}

static void host_close(struct host *host)
{
    if (host->context)
        lws_context_destroy(host->context);
    lws_plugins_destroy(&host->plugins, NULL, NULL);
}

/* Connects two sockets over the loopback interface. */
static bool connect_pair(int pair[2])
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(name);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    bool connected;

    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    connected = !bind(listener, (const struct sockaddr *)&name, sizeof(name)) &&
                !listen(listener, 1) && !getsockname(listener, (struct sockaddr *)&name, &bytes) &&
                !connect(pair[0], (const struct sockaddr *)&name, sizeof(name)) &&
                (pair[1] = accept(listener, NULL, NULL)) >= 0;
    close(listener);

    return connected;
}

/*
 * Hands @request, and @bytes of @frames after it, to the host on a new connection, and fills in
 * what it says until @end or the connection's end. Returns how much that is.
 */
static size_t ask_and_send(struct host *host, const char *request, const void *frames, size_t bytes,
                           const char *end, size_t end_bytes, char *response, size_t size)
{
    int64_t deadline_ms = clock_deadline_ms();
    size_t used = 0;
    ssize_t got = -1;
    int pair[2] = {-1, -1};

    response[0] = '\0';
    CU_ASSERT_TRUE(connect_pair(pair));
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    lws_adopt_socket_vhost(host->vhost, pair[1]);
    CU_ASSERT_EQUAL(send(pair[0], request, strlen(request), MSG_NOSIGNAL),
                    (ssize_t)strlen(request));
    CU_ASSERT_EQUAL(send(pair[0], frames, bytes, MSG_NOSIGNAL), (ssize_t)bytes);
    while (got != 0 && used < size - 1 && !memmem(response, used, end, end_bytes) &&
           clock_ms() < deadline_ms) {
        lws_service(host->context, -1);
        got = recv(pair[0], response + used, size - 1 - used, 0);
        used += got > 0 ? (size_t)got : 0;
        response[used] = '\0';
    }
    CU_ASSERT_TRUE(clock_ms() < deadline_ms);
    close(pair[0]);

    return used;
}

static void ask(struct host *host, const char *request, char *response, size_t size)
{
    ask_and_send(host, request, "", 0, "\r\n\r\n", 4, response, size);
}

struct row {
    const char *name;
    struct arrangement arrangement;
    const char *request;
    const char *status; /* NULL: dropped without a word */
    const char *contains;
    const char *lacks;
    int foreign_constructed;
};

static void check_hosts(const struct row *rows, size_t count)
{
    char response[4096];
    struct host host;

    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];

        foreign_constructed = 0;
        if (host_open(&host, &row->arrangement))
            for (int turn = 0; turn < 2; turn++) {
                ask(&host, row->request, response, sizeof(response));
                CHECK_ROW(row->status ? !strncmp(response, row->status, strlen(row->status))
                                      : !response[0],
                          row->name);
                CHECK_ROW(!row->contains || strstr(response, row->contains), row->name);
                CHECK_ROW(!row->lacks || !strstr(response, row->lacks), row->name);
                lws_service(host.context, -1); /* what was due at the end of the pass */
                /* whatever it was called meanwhile */
                CHECK_ROW(lws_vhost_name_to_protocol(host.vhost, "lws-echo") != NULL, row->name);
            }
        CHECK_ROW(foreign_constructed == 2 * row->foreign_constructed, row->name);
        host_close(&host);
    }
}

#define CHECK(rows) check_hosts(rows, sizeof(rows) / sizeof((rows)[0]))

/* In lwsws libwebsockets' own permessage-deflate, which damages data, stands before ours. */
static void only_our_own_compression_is_taken(void)
{
    static const struct row rows[] = {
        {"ours twice",
         {"e", "ee", NULL, NULL, 0, NULL},
         REQUEST DEFLATE "\r\n",
         "HTTP/1.1 101 ",
         AGREED,
         NULL,
         0},
        {"another's before ours, as in lwsws",
         {"e", "fe", NULL, NULL, 0, NULL},
         REQUEST DEFLATE "\r\n",
         "HTTP/1.1 101 ",
         AGREED,
         NULL,
         0},
        {"the second offer, after another's",
         {"e", "fe", NULL, NULL, 0, NULL},
         REQUEST "Sec-WebSocket-Extensions: permessage-deflate; x, permessage-deflate; "
                 "client_max_window_bits=10\r\n\r\n",
         "HTTP/1.1 101 ",
         AGREED,
         NULL,
         0},
        {"ours once",
         {"e", "e", NULL, NULL, 0, NULL},
         REQUEST DEFLATE "\r\n",
         "HTTP/1.1 101 ",
         NULL,
         "Sec-WebSocket-Extensions",
         0},
        {"only another's",
         {"e", "f", NULL, NULL, 0, NULL},
         REQUEST DEFLATE "\r\n",
         "HTTP/1.1 101 ",
         NULL,
         "Sec-WebSocket-Extensions",
         0},
        {"another's where ours should be",
         {"e", "ef", NULL, NULL, 0, NULL},
         REQUEST DEFLATE "\r\n",
         NULL,
         NULL,
         NULL,
         1},
        {"not on another protocol's connections",
         {"oe", "fe", NULL, NULL, 0, NULL},
         REQUEST DEFLATE "\r\n",
         "HTTP/1.1 101 ",
         "Sec-WebSocket-Extensions: permessage-deflate\r\n",
         "permessage-deflate,",
         1},
    };

    CHECK(rows);
}

/* The host above, as lwsws, has libwebsockets check text: of the compressed bytes it knows nothing.
 */
static void a_host_that_checks_text_does_not_see_compressed_text(void)
{
    static const struct arrangement arrangement = {"e", "fe", NULL, NULL, 0, NULL};
    static const char hello[] = "\xf2\x48\xcd\xc9\xc9\x07\x00"; /* RFC 7692 section 7.2.3.1 */
    static const char echo[] = "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
    static const char pong[] = "\x8a\x01\xff";
    char response[4096];
    uint8_t frames[64];
    struct host host;
    size_t bytes = compose_frame(frames, FIN | OPCODE_PONG, "\xff", 1);
    size_t heard;

    bytes += compose_frame(frames + bytes, FIN | OPCODE_PING, "\xff", 1);
    bytes += compose_frame(frames + bytes, FIN | RSV1 | OPCODE_TEXT, hello, sizeof(hello) - 1);
    if (host_open(&host, &arrangement)) {
        heard = ask_and_send(&host, REQUEST DEFLATE "\r\n", frames, bytes, echo, sizeof(echo) - 1,
                             response, sizeof(response));
        CU_ASSERT_PTR_NOT_NULL(memmem(response, heard, echo, sizeof(echo) - 1));
        heard = ask_and_send(&host, REQUEST DEFLATE "\r\n", frames, bytes, pong, sizeof(pong) - 1,
                             response, sizeof(response));
        CU_ASSERT_PTR_NOT_NULL(memmem(response, heard, pong, sizeof(pong) - 1));
    }
    host_close(&host);
}

static void other_protocols_keep_their_connections(void)
{
    static const struct row rows[] = {
        {"an unknown one is offered, and none chosen",
         {"eo", "", NULL, NULL, 0, NULL},
         REQUEST "Sec-WebSocket-Protocol: x\r\n\r\n",
         "HTTP/1.1 101 ",
         NULL,
         "Sec-WebSocket-Protocol",
         0},
        {"another protocol of the vhost is offered",
         {"eo", "", NULL, NULL, 0, NULL},
         REQUEST "Sec-WebSocket-Protocol: x, other\r\n\r\n",
         "HTTP/1.1 101 ",
         "\r\nSec-WebSocket-Protocol: other\r\n",
         NULL,
         0},
        {"another protocol is the default",
         {"oe", "", NULL, NULL, 0, NULL},
         REQUEST "Sec-WebSocket-Protocol: lws-echo\r\n\r\n",
         "HTTP/1.1 101 ",
         "\r\nSec-WebSocket-Protocol: lws-echo\r\n",
         NULL,
         0},
        {"and our demands hold there, too",
         {"oe", "", "allowed-origins", "https://example.com", 0, NULL},
         REQUEST "Sec-WebSocket-Protocol: lws-echo\r\nOrigin: https://evil.example\r\n\r\n",
         "HTTP/1.1 403 ",
         "Pages of this origin",
         NULL,
         0},
    };

    CHECK(rows);
}

/* libwebsockets may hang up without a callback of ours after we have confirmed an upgrade. */
static void a_handshake_that_is_dropped_leaves_nothing_behind(void)
{
    static const struct row rows[] = {
        {"before it is bound to us",
         {"e", "ee", NULL, NULL, LWS_SERVER_OPTION_VHOST_UPG_STRICT_HOST_CHECK, NULL},
         REQUEST "Sec-WebSocket-Protocol: x\r\n\r\n",
         NULL,
         NULL,
         NULL,
         0},
        {"with another protocol as well",
         {"eo", "ee", NULL, NULL, LWS_SERVER_OPTION_VHOST_UPG_STRICT_HOST_CHECK, NULL},
         REQUEST "Sec-WebSocket-Protocol: x\r\n\r\n",
         NULL,
         NULL,
         NULL,
         0},
        {"when its response is composed",
         {"e", "ef", NULL, NULL, 0, NULL},
         REQUEST DEFLATE "Sec-WebSocket-Protocol: x\r\n\r\n",
         NULL,
         NULL,
         NULL,
         1},
    };

    CHECK(rows);
}

/* libwebsockets asks for headers of files, too: a handshake before has nothing to do with them. */
static void a_file_is_served_after_a_handshake(void)
{
    static const struct arrangement arrangement = {"e", "ee", NULL, NULL, 0, PAGE_DIR};
    char response[4096];
    struct host host;

    if (host_open(&host, &arrangement))
        for (int turn = 0; turn < 2; turn++) {
            ask(&host, "GET /files/index.html HTTP/1.1\r\nHost: localhost\r\n\r\n", response,
                sizeof(response));
            CHECK_ROW(!strncmp(response, "HTTP/1.1 200 ", 13), response);
            CHECK_ROW(!strstr(response, "Sec-WebSocket"), response);
            ask(&host, REQUEST DEFLATE "\r\n", response, sizeof(response));
            CHECK_ROW(strstr(response, AGREED), response);
        }
    host_close(&host);
}

/* libwebsockets finds the password file by the protocol's name: it must not change before. */
static void an_unknown_subprotocol_is_no_way_around_a_password(void)
{
    char file[64];
    struct row rows[] = {
        {"none",
         {"e", "", "basic-auth", file, 0, NULL},
         REQUEST "\r\n",
         "HTTP/1.0 401 ",
         NULL,
         NULL,
         0},
        {"unknown",
         {"e", "", "basic-auth", file, 0, NULL},
         REQUEST "Sec-WebSocket-Protocol: x\r\n\r\n",
         "HTTP/1.1 400 ",
         "must be \"lws-echo\"",
         NULL,
         0},
        {"our name",
         {"e", "", "basic-auth", file, 0, NULL},
         REQUEST "Sec-WebSocket-Protocol: lws-echo\r\n\r\n",
         "HTTP/1.0 401 ",
         NULL,
         NULL,
         0},
        {"with the password",
         {"e", "", "basic-auth", file, 0, NULL},
         REQUEST "Sec-WebSocket-Protocol: lws-echo, x\r\n"
                 "Authorization: Basic dXNlcjpwYXNz\r\n\r\n",
         "HTTP/1.1 101 ",
         "\r\nSec-WebSocket-Protocol: lws-echo\r\n",
         NULL,
         0},
    };

    write_temporary(file, "user:pass\n");
    CHECK(rows);
    unlink(file);
}

/* libwebsockets 4.3 keeps a vhost whose protocol could not begin. */
static void a_wrong_option_lets_nobody_in(void)
{
    static const struct row rows[] = {
        {"unknown", {"e", "e", "rx-bufer", "4096", 0, NULL}, REQUEST "\r\n", NULL, NULL, NULL, 0},
        {"with another protocol before it",
         {"oe", "e", "rx-bufer", "4096", 0, NULL},
         REQUEST "Sec-WebSocket-Protocol: lws-echo\r\n\r\n",
         NULL,
         NULL,
         NULL,
         0},
        {"another protocol is not concerned",
         {"eo", "e", "rx-bufer", "4096", 0, NULL},
         REQUEST "Sec-WebSocket-Protocol: other\r\n\r\n",
         "HTTP/1.1 101 ",
         NULL,
         NULL,
         0},
    };

    CHECK(rows);
}

static CU_TestInfo tests[] = {
    TEST(only_our_own_compression_is_taken),
    TEST(a_host_that_checks_text_does_not_see_compressed_text),
    TEST(other_protocols_keep_their_connections),
    TEST(a_handshake_that_is_dropped_leaves_nothing_behind),
    TEST(a_file_is_served_after_a_handshake),
    TEST(an_unknown_subprotocol_is_no_way_around_a_password),
    TEST(a_wrong_option_lets_nobody_in),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"host", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
