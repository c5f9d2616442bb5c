/* The load generator: against the real server in each mode, and against servers that lie. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "runner.h"
#include "server.h"

/* Far beyond what a slow machine needs: reached only when something hangs. */
#define PATIENCE_MS 60000

#define ARGUMENTS_MAX 24

/* A frame of raw-echo's kind: two bytes of header, a masking key, 64 bytes of payload. */
#define FRAME_BYTES ((size_t)70)

/* A program under test, with its streams. */
struct program {
    pid_t pid;
    int in; /* -1: closed */
    int out;
    int err;
    int status;
    char output[4096];
    char error[4096];
};

/* A TCP echo that is not quite right. */
struct liar {
    pid_t pid;
    uint16_t port;
};

static void become(const char *path, const char *const *argv, int in, int out, int err)
{
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed leaves nothing behind */
    execv(path, (char *const *)argv);
    perror(path);
    _exit(127);
}

static struct program program_start(const char *path, const char *const *argv)
{
    struct program program = {0};
    int in[2];
    int out[2];
    int err[2];

    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) {
        perror("pipe");
        exit(EXIT_FAILURE);
    }
    fflush(NULL);
    program.pid = fork();
    if (!program.pid)
        become(path, argv, in[0], out[1], err[1]);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    program.in = in[1];
    program.out = out[0];
    program.err = err[0];

    return program;
}

static void say(const struct program *program, const char *text)
{
    CU_ASSERT_EQUAL(write(program->in, text, strlen(text)), (ssize_t)strlen(text));
}

/* Adds what comes to @text, up to a line's end. Returns false at the stream's end; a program that
 * says nothing for too long is ended. */
static bool hear(const struct program *program, int fd, char *text, size_t size)
{
    size_t used = strlen(text);
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    char byte = 0;

    while (byte != '\n') {
        if (poll(&readable, 1, PATIENCE_MS) == 0)
            kill(program->pid, SIGKILL);
        if (read(fd, &byte, 1) != 1)
            return false;
        if (used < size - 1)
            text[used++] = byte;
        text[used] = '\0';
    }

    return true;
}

/* Closes standard input and waits for the end. */
static void program_end(struct program *program)
{
    int status;

    if (program->in >= 0)
        close(program->in);
    while (hear(program, program->out, program->output, sizeof(program->output)))
        ;
    while (hear(program, program->err, program->error, sizeof(program->error)))
        ;
    close(program->out);
    close(program->err);
    waitpid(program->pid, &status, 0);
    program->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Starts echo-load with the words of @options and, if there is one, the port of a server. */
static struct program load_start(const char *options, uint16_t port)
{
    static char words[512];
    static char target[32];
    const char *argv[ARGUMENTS_MAX] = {ECHO_LOAD};
    char *rest = NULL;
    size_t count = 1;

    snprintf(words, sizeof(words), "%s", options);
    for (char *word = strtok_r(words, " ", &rest); word && count < ARGUMENTS_MAX - 2;
         word = strtok_r(NULL, " ", &rest))
        argv[count++] = word;
    snprintf(target, sizeof(target), "127.0.0.1:%u", port);
    if (port)
        argv[count] = target;

    return program_start(ECHO_LOAD, argv);
}

static struct program load_run(const char *options, uint16_t port)
{
    struct program program = load_start(options, port);

    program_end(&program);

    return program;
}

/* Returns the number @key of the JSON that @program has printed, or -1. */
static double figure(const struct program *program, const char *key)
{
    json_t *object = json_loads(program->output, 0, NULL);
    json_t *value = json_object_get(object, key);
    double number = json_is_number(value) ? json_number_value(value) : -1;

    json_decref(object);

    return number;
}

/* Runs echo-load for @wanted messages, or connections, and checks what it says. */
static void check_load(const char *options, uint16_t port, const char *counted, double wanted)
{
    struct program program = load_run(options, port);
    json_t *object = json_loads(program.output, 0, NULL);
    json_t *latency = json_object_get(object, "latency_us");

    CHECK_ROW(program.status == 0, program.error[0] ? program.error : options);
    CHECK_ROW(!program.error[0], program.error);
    CHECK_ROW(figure(&program, counted) == wanted, program.output);
    CHECK_ROW(figure(&program, "errors") == 0, options);
    CHECK_ROW(figure(&program, "seconds") > 0, options);
    CHECK_ROW(json_number_value(json_object_get(latency, "p50")) > 0, options);
    CHECK_ROW(json_number_value(json_object_get(latency, "min")) <=
                  json_number_value(json_object_get(latency, "max")),
              options);
    json_decref(object);
}

/* Checks that echo-load fails with @status and says @said, and only that. */
static void check_failure(const char *options, uint16_t port, int status, const char *said)
{
    struct program program = load_run(options, port);

    CHECK_ROW(program.status == status, options);
    CHECK_ROW(strstr(program.error, said) != NULL, program.error);
    CHECK_ROW(!program.output[0], program.output);
}

static void every_kind_of_message_comes_back(void)
{
    static const char *const rows[] = {
        "",
        "--size 0",
        "--size 3 --in-flight 8",
        "--in-flight 16",
        "--size 126",
        "--size 65536 --in-flight 2",
        "--size 1000000 --connections 2",
        "--type ascii --size 1000",
        "--type multibyte",
        "--type multibyte --size 70001 --connections 4",
        "--connections 1",
        "--idle 100",
        "--subprotocol lws-echo",
        "--warmup 0.05",
    };
    char options[128];
    struct server server;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(options, sizeof(options), "--warmup 0 --messages 333 %s", rows[i]);
        check_load(options, server.port, "messages", 333);
    }
    server_stop(&server);
}

static void compressed_messages_come_back(void)
{
    static const char *const rows[] = {
        "--type ascii",
        "--type ascii --size 0",
        "--type multibyte --size 50000 --connections 4 --in-flight 3",
        "--size 1000",
    };
    static const char *const members[] = {
        ON_FREE_PORT ", \"echo\": { \"compression\": \"on\" }",
        ON_FREE_PORT ", \"echo\": { \"compression\": \"no-context-takeover\" }",
    };
    char options[128];

    for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++) {
        struct server server;

        if (!server_start(&server, members[m]))
            return;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            snprintf(options, sizeof(options), "--compress --warmup 0 --messages 100 %s", rows[i]);
            check_load(options, server.port, "messages", 100);
        }
        server_stop(&server);
    }
}

static void messages_come_back_over_tls(void)
{
    struct server server;

    if (!server_start(&server, ON_FREE_PORT
                      ", \"tls\": \"self-signed\", \"echo\": { \"compression\": \"on\" }"))
        return;
    check_load("--tls --warmup 0 --messages 200 --connections 8", server.port, "messages", 200);
    check_load("--tls --warmup 0 --messages 30 --connections 4 --in-flight 4 --size 200000",
               server.port, "messages", 30);
    check_load("--tls --warmup 0 --messages 30 --connections 4 --compress --type ascii",
               server.port, "messages", 30);
    check_load("--tls --churn --warmup 0 --messages 20 --connections 4", server.port, "connections",
               20);
    server_stop(&server);
}

static void connections_come_and_go(void)
{
    struct server server;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    check_load("--churn --warmup 0 --messages 300", server.port, "connections", 300);
    check_load("--churn --warmup 0.05 --messages 50 --connections 3 --idle 10 --size 100000",
               server.port, "connections", 50);
    server_stop(&server);
}

static void a_time_may_be_measured(void)
{
    struct program program;
    struct server server;
    char options[64];

    if (!server_start(&server, ON_FREE_PORT))
        return;
    snprintf(options, sizeof(options), "--warmup 0.1 --seconds 0.2 --server-pid %d", server.pid);
    program = load_run(options, server.port);
    CHECK_ROW(program.status == 0, program.error);
    CU_ASSERT_TRUE(figure(&program, "messages") > 0);
    CU_ASSERT_TRUE(figure(&program, "seconds") >= 0.2);
    CU_ASSERT_TRUE(figure(&program, "server_cpu_us") > 0);
    CU_ASSERT_TRUE(figure(&program, "server_busy") > 0);
    CU_ASSERT_TRUE(figure(&program, "client_busy") > 0);
    server_stop(&server);
}

static void silent_connections_answer_pings(void)
{
    struct program program;
    struct server server;

    if (!server_start(&server,
                      ON_FREE_PORT ", \"echo\": { \"ping-interval\": 1, \"pong-timeout\": 1 }"))
        return;
    /* long enough for a Ping and for the end of the patience with its Pong */
    program = load_run("--idle 5 --connections 1 --warmup 0 --seconds 2.5", server.port);
    CHECK_ROW(program.status == 0, program.error);
    server_stop(&server);
}

static void connections_are_held_as_told(void)
{
    struct program program;
    struct server server;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    program = load_start("--hold", server.port);
    say(&program, "100\n");
    CU_ASSERT_TRUE(hear(&program, program.out, program.output, sizeof(program.output)));
    CU_ASSERT_EQUAL(figure(&program, "open"), 100);
    CU_ASSERT_PTR_NOT_NULL(strstr(program.output, "\"cpu_us_per_handshake\":null"));
    CU_ASSERT_TRUE(server_descriptors(&server) >= 100);

    program.output[0] = '\0';
    say(&program, "echo 3\n");
    CU_ASSERT_TRUE(hear(&program, program.out, program.output, sizeof(program.output)));
    CU_ASSERT_EQUAL(figure(&program, "echoed"), 300);

    program.output[0] = '\0';
    say(&program, "150\necho 1");
    CU_ASSERT_TRUE(hear(&program, program.out, program.output, sizeof(program.output)));
    CU_ASSERT_EQUAL(figure(&program, "open"), 150);
    program.output[0] = '\0';
    program_end(&program);
    CU_ASSERT_EQUAL(figure(&program, "echoed"), 150);
    CHECK_ROW(program.status == 0, program.error);
    server_stop(&server);
}

static void a_held_connection_that_is_lost_is_a_failure(void)
{
    struct program program;
    struct server server;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    program = load_start("--hold", server.port);
    say(&program, "3\n");
    CU_ASSERT_TRUE(hear(&program, program.out, program.output, sizeof(program.output)));
    server_stop(&server);
    CU_ASSERT_TRUE(hear(&program, program.err, program.error, sizeof(program.error)));
    program_end(&program);
    CU_ASSERT_EQUAL(program.status, 1);
    CHECK_ROW(strstr(program.error, "the server closed with code 1001"), program.error);
}

static void the_end_of_held_connections_is_checked(void)
{
    struct program program;
    struct server server;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    program = load_start("--hold", server.port);
    say(&program, "3\n");
    CU_ASSERT_TRUE(hear(&program, program.out, program.output, sizeof(program.output)));
    say(&program, "closed 1001\n");
    CU_ASSERT_TRUE(hear(&program, program.out, program.output, sizeof(program.output)));
    CHECK_ROW(strstr(program.output, "\"awaiting\":3,\"pings\":0"), program.output);
    server_stop(&server);
    CU_ASSERT_TRUE(hear(&program, program.out, program.output, sizeof(program.output)));
    program_end(&program);
    CHECK_ROW(program.status == 0, program.error);
    CHECK_ROW(strstr(program.output, "\"closed\":3"), program.output);
}

static void a_line_that_is_no_command_is_named(void)
{
    struct program program;
    struct server server;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    program = load_start("--hold", server.port);
    say(&program, "1\nmany\n");
    program_end(&program);
    CU_ASSERT_EQUAL(program.status, 1);
    CHECK_ROW(strstr(program.error, "line 2: \"many\" is not a number"), program.error);
    server_stop(&server);
}

static void what_the_server_does_not_agree_to_is_named(void)
{
    struct server server;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    check_failure("--compress", server.port, 1, "did not agree to permessage-deflate");
    check_failure("--subprotocol chat", server.port, 1, "expected the subprotocol \"chat\"");
    check_failure("--path /nowhere", server.port, 1, "HTTP/1.1 404");
    check_failure("--server-pid 4194304", server.port, 1, "--server-pid 4194304");
    check_failure("--idle 1000000", server.port, 1, "do not fit");
    server_stop(&server);
}

static void a_wrong_command_line_is_named(void)
{
    static const struct {
        const char *options;
        uint16_t port;
        const char *said;
    } rows[] = {
        {"", 0, "HOST:PORT is missing"},
        {"localhost:80", 0, "\"localhost:80\" is not an IP address and a port"},
        {"127.0.0.1:0", 0, "\"127.0.0.1:0\" is not an IP address and a port"},
        {"[::1:80", 0, "\"[::1:80\" is not an IP address and a port"},
        {"more", 1, "unexpected argument"},
        {"--size 67108865", 1, "--size: \"67108865\" is not a number from 0 to 67108864"},
        {"--connections 0", 1, "--connections: \"0\" is not a number from 1"},
        {"--in-flight -1", 1, "--in-flight: \"-1\" is not a number from 1"},
        {"--seconds soon", 1, "--seconds: \"soon\" is not a number of seconds"},
        {"--type text", 1, "--type: \"text\" is not one of binary, ascii, multibyte"},
        {"--churn --hold", 1, "--churn and --hold exclude each other"},
        {"--raw --tls", 1, "--raw excludes --tls"},
        {"--what", 1, "unrecognized option '--what'"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_failure(rows[i].options, rows[i].port, 2, rows[i].said);
}

static void send_all(int fd, const uint8_t *data, size_t bytes)
{
    while (bytes) {
        ssize_t sent = send(fd, data, bytes, MSG_NOSIGNAL);

        if (sent <= 0)
            _exit(0);
        data += sent;
        bytes -= (size_t)sent;
    }
}

/* Echoes one connection's bytes but for those at @from up to @to, which it changes or leaves out.
 */
static void tell_lies(int listener, size_t from, size_t to, bool loses)
{
    int fd = accept(listener, NULL, NULL);
    size_t place = 0;
    uint8_t byte;

    /* a byte at a time: simple, and as fragmented as it gets */
    while (recv(fd, &byte, 1, 0) == 1) {
        bool lies = place >= from && place < to;

        place++;
        if (lies && loses)
            continue;
        byte = lies ? byte ^ 0x20 : byte;
        send_all(fd, &byte, 1);
    }
    _exit(0);
}

static struct liar liar_start(size_t from, size_t to, bool loses)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t bytes = sizeof(name);
    struct liar liar = {0};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&name, sizeof(name)) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&name, &bytes)) {
        perror("a server that lies");
        exit(EXIT_FAILURE);
    }
    liar.port = ntohs(name.sin_port);
    fflush(NULL);
    liar.pid = fork();
    if (!liar.pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        tell_lies(listener, from, to, loses);
    }
    close(listener);

    return liar;
}

static void liar_stop(const struct liar *liar)
{
    kill(liar->pid, SIGKILL);
    waitpid(liar->pid, NULL, 0);
}

static void lies_are_found_out(void)
{
    static const struct {
        const char *name;
        size_t from;
        size_t to;
        bool loses;
        const char *said;
    } rows[] = {
        {"the truth", 0, 0, false, NULL},
        {"a byte", 5 * FRAME_BYTES + 33, 5 * FRAME_BYTES + 34, false,
         "connection 0: message 5: byte 33 of 70: expected 0x"},
        {"the first byte", 0, 1, false, "connection 0: message 0: byte 0 of 70: expected 0x82"},
        {"a number", 3 * FRAME_BYTES + 6, 3 * FRAME_BYTES + 7, false,
         "connection 0: message 3: byte 6 of 70, in its number: expected 0x"},
        {"a message lost", 7 * FRAME_BYTES, 8 * FRAME_BYTES, true,
         "connection 0: message 7: byte 13 of 70, in its number: expected 0x"},
        {"a byte lost", 7 * FRAME_BYTES + 69, 7 * FRAME_BYTES + 70, true,
         "connection 0: message 7: byte 69 of 70: expected 0x"},
        {"the end lost", 18 * FRAME_BYTES + 69, 20 * FRAME_BYTES, true,
         "connection 0: nothing came for 2 s: message 18 is missing from byte 69 on, and 20 were"},
    };
    static const char options[] =
        "--raw --connections 1 --in-flight 4 --messages 20 --warmup 0 --patience 2";

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct liar liar = liar_start(rows[i].from, rows[i].to, rows[i].loses);

        if (rows[i].said)
            check_failure(options, liar.port, 1, rows[i].said);
        else
            check_load(options, liar.port, "messages", 20);
        liar_stop(&liar);
    }
}

static void the_raw_echo_tells_the_truth(void)
{
    static const char *const argv[] = {RAW_ECHO, NULL};
    struct program raw = program_start(RAW_ECHO, argv);
    const char *colon;
    uint16_t port;

    CU_ASSERT_TRUE(hear(&raw, raw.out, raw.output, sizeof(raw.output)));
    CU_ASSERT_EQUAL(strncmp(raw.output, "raw-echo is ready: 127.0.0.1:", 29), 0);
    colon = strrchr(raw.output, ':');
    port = (uint16_t)(colon ? strtoul(colon + 1, NULL, 10) : 0);
    check_load("--raw --warmup 0 --messages 1000 --in-flight 16", port, "messages", 1000);
    check_load("--raw --warmup 0 --messages 50 --connections 2 --in-flight 8 --size 2000000", port,
               "messages", 50);
    kill(raw.pid, SIGTERM);
    program_end(&raw);
    CHECK_ROW(raw.status == 0, raw.error);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(every_kind_of_message_comes_back),
        TEST(compressed_messages_come_back),
        TEST(messages_come_back_over_tls),
        TEST(connections_come_and_go),
        TEST(a_time_may_be_measured),
        TEST(silent_connections_answer_pings),
        TEST(connections_are_held_as_told),
        TEST(a_held_connection_that_is_lost_is_a_failure),
        TEST(the_end_of_held_connections_is_checked),
        TEST(a_line_that_is_no_command_is_named),
        TEST(what_the_server_does_not_agree_to_is_named),
        TEST(a_wrong_command_line_is_named),
        TEST(lies_are_found_out),
        TEST(the_raw_echo_tells_the_truth),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"load", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    signal(SIGPIPE, SIG_IGN);

    return runner_main(argc, argv, suites);
}
