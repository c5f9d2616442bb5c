/* The command line and the configuration, from outside: what is said, where, and the exit status.
 */

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "runner.h"
#include "server.h"

/* Runs the app to its end; what it said is in @server, on standard output in @out. */
static int run(struct server *server, const char *const *argv, char *out, size_t size)
{
    size_t used = 0;
    ssize_t got;

    out[0] = '\0';
    server_spawn(server, argv);
    while (used < size - 1 && (got = read(server->out, out + used, size - 1 - used)) > 0) {
        out[used += (size_t)got] = '\0';
        if (strstr(out, "is ready")) /* it was not to start */
            kill(server->pid, SIGKILL);
    }

    return server_wait_exit(server);
}

static int count_lines(const char *text)
{
    int lines = 0;

    for (; *text; text++)
        lines += *text == '\n';

    return lines;
}

static void a_wrong_configuration_stops_the_start_with_one_line(void)
{
    /* FILE stands for the name of the configuration file */
    static const struct {
        const char *content;
        const char *message;
    } rows[] = {
        {"{\n  \"port\": 70000\n}",
         "FILE:2: \"port\": 70000 is out of range (0..65535; default 5000)"},
        {"{ \"port\": \"80\" }", "FILE:1: \"port\": a string is not a number"},
        {"{ \"port\": 80.5 }", "FILE:1: \"port\": \"80.5\" is not a whole number"},
        {"{ \"workers\": 0 }",
         "FILE:1: \"workers\": 0 is out of range (1..256 or \"auto\"; default 1)"},
        {"{ \"workers\": \"all\" }", "FILE:1: \"workers\": \"all\" is neither a number nor "
                                     "\"auto\" (1..256 or \"auto\"; default 1)"},
        {"{ \"prot\": 80 }", "FILE:1: \"prot\": unknown key; did you mean \"port\"?"},
        {"{ \"address\": \"here\" }",
         "FILE:1: \"address\": \"here\" is not an IPv4 or IPv6 address"},
        {"{ \"port\": 1,\n\"port\": 2 }", "FILE:2:"},
        {"{ \"port\": ", "FILE:1:"},
        {"", "FILE:1:"},
        {"[]", "FILE:1: the configuration must be an object"},
        {"{\n \"echo\": {\n  \"ping-interval\": -5 } }",
         "FILE:3: \"ping-interval\": -5 is out of range (0..86400 s, like 2 or 250ms; default "
         "120)"},
        {"{ \"echo\": { \"ping-intervall\": 5 } }",
         "FILE:1: \"ping-intervall\": unknown key; did you mean \"ping-interval\"?"},
        {"{ \"echo\": { \"rx-buffer\": 1023 } }",
         "FILE:1: \"rx-buffer\": 1023 is out of range (1024..16777216 bytes, like 65536 or 64k; "
         "default 262144)"},
        {"{ \"echo\": { \"path\": \"ws\" } }", "FILE:1: \"path\": \"ws\" is not a URL path"},
        {"{ \"echo\": { \"path\": true } }", "FILE:1: \"path\": true is not a string"},
        {"{ \"echo\": { \"keep-alive-mode\": \"pingg\" } }",
         "FILE:1: \"keep-alive-mode\": \"pingg\" is not one of \"ping\", \"pong\" (default "
         "\"ping\")"},
        {"{ \"echo\": {\n\"allowed-origins\": [\"https://a/\"] } }",
         "FILE:2: \"allowed-origins\": \"https://a/\" is not an origin: \"*\", \"null\" or "
         "scheme://"},
        {"{ \"echo\": { \"subprotocols\": \"mqtt\" } }",
         "FILE:1: \"subprotocols\": a string is not an array of strings, as in [\"a\", \"b\"]"},
        {"{ \"echo\": 5 }", "FILE:1: \"echo\": must be"},
        {"{ \"tls\": \"self-signed\", \"echo\":\n{ \"rx-buffer\": 16383 } }",
         "FILE:2: \"rx-buffer\": 16383 is too small with TLS (at least 16384 bytes)"},
        {"{ \"tls\": \"on\" }", "FILE:1: \"tls\": must be"},
        {"{ \"tls\": { \"cert\": \"a.pem\" } }", "FILE:1: \"tls\": \"key\" is missing"},
        {"{ \"tls\": { \"cert\": \"/nowhere/a.pem\", \"key\": \"b.pem\" } }",
         "lws-echo: /nowhere/a.pem: the certificate cannot be read: No such file or directory"},
        {"{ \"mount-origin\": \"/nowhere\" }",
         "lws-echo: /nowhere/index.html: the page cannot be read: No such file or directory"},
        {"{ \"plugin-dir\": \"/nowhere\" }",
         "lws-echo: /nowhere/libprotocol_lws_echo.so: the plugin cannot be read: No such file"},
        /* with several processes one of them speaks */
        {"{ \"workers\": 3, \"mount-origin\": \"/nowhere\" }",
         "lws-echo: /nowhere/index.html: the page cannot be read: No such file or directory"},
        {"{ \"workers\": 3, \"plugin-dir\": \"/nowhere\" }",
         "lws-echo: /nowhere/libprotocol_lws_echo.so: the plugin cannot be read: No such file"},
        {"{ \"workers\": 3, \"tls\": { \"cert\": \"/nowhere/a.pem\", \"key\": \"b.pem\" } }",
         "lws-echo: /nowhere/a.pem: the certificate cannot be read: No such file or directory"},
    };
    struct server server;
    char expected[512];
    char out[4096];
    char name[64];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool names_file = !strncmp(rows[i].message, "FILE", 4);

        write_temporary(name, rows[i].content);
        snprintf(expected, sizeof(expected), "%s%s", names_file ? name : "",
                 rows[i].message + (names_file ? 4 : 0));
        CHECK_ROW(run(&server, (const char *const[]){"-c", name, NULL}, out, sizeof(out)) == 1,
                  rows[i].content);
        CHECK_ROW(!strncmp(server.text, expected, strlen(expected)), server.text);
        CHECK_ROW(count_lines(server.text) == 1, server.text);
        CHECK_ROW(!out[0], out); /* it has not said that it is ready */
        unlink(name);
    }
}

static void a_file_that_cannot_be_read_is_named(void)
{
    struct server server;
    char out[4096];

    CU_ASSERT_EQUAL(
        run(&server, (const char *const[]){"-c", "/nowhere/echo.json", NULL}, out, sizeof(out)), 1);
    CU_ASSERT_STRING_EQUAL(server.text,
                           "/nowhere/echo.json: cannot be read: No such file or directory\n");
}

static void a_plugin_that_does_not_load_is_named(void)
{
    char dir[] = "/tmp/lws-echo-plugins-XXXXXX";
    struct server server;
    char content[128];
    char plugin[128];
    char expected[256];
    char out[4096];
    char name[64];
    FILE *file;

    CU_ASSERT_PTR_NOT_NULL(mkdtemp(dir));
    snprintf(plugin, sizeof(plugin), "%s/libprotocol_lws_echo.so", dir);
    file = fopen(plugin, "w");
    fputs("no library", file);
    fclose(file);
    snprintf(content, sizeof(content), "{ \"plugin-dir\": \"%s\" }", dir);
    write_temporary(name, content);

    snprintf(expected, sizeof(expected), "lws-echo: %s: cannot be loaded: ", plugin);
    CU_ASSERT_EQUAL(run(&server, (const char *const[]){"-c", name, NULL}, out, sizeof(out)), 1);
    CHECK_ROW(!strncmp(server.text, expected, strlen(expected)), server.text);
    CHECK_ROW(count_lines(server.text) == 1, server.text);
    unlink(name);
    unlink(plugin);
    rmdir(dir);
}

static void a_taken_port_is_named(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t bytes = sizeof(name);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct server server;
    char expected[128];
    char port[8];
    char out[4096];

    CU_ASSERT_EQUAL(bind(fd, (const struct sockaddr *)&name, sizeof(name)), 0);
    CU_ASSERT_EQUAL(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&name, &bytes);
    snprintf(port, sizeof(port), "%u", ntohs(name.sin_port));

    CU_ASSERT_EQUAL(run(&server, (const char *const[]){"--port", port, NULL}, out, sizeof(out)), 1);
    snprintf(expected, sizeof(expected),
             "lws-echo: cannot listen on all interfaces, port %s: Address already in use\n", port);
    CU_ASSERT_STRING_EQUAL(server.text, expected);
    CU_ASSERT_STRING_EQUAL(out, "");
    close(fd);
}

static void a_wrong_command_line_exits_2(void)
{
    static const struct {
        const char *argv[3];
        const char *message;
    } rows[] = {
        {{"--port", "70000"}, "lws-echo: --port: 70000 is out of range (0..65535; default 5000)"},
        {{"--port", "http"}, "lws-echo: --port: \"http\" is not a whole number"},
        {{"--workers", "0"},
         "lws-echo: --workers: 0 is out of range (1..256 or \"auto\"; default 1)"},
        {{"--workers", "all"}, "lws-echo: --workers: \"all\" is not a whole number (1..256 or"},
        {{"--log-level", "loud"},
         "lws-echo: --log-level: \"loud\" is not one of \"error\", \"warn\","},
        {{"--prot", "1"}, "unrecognized option '--prot'"},
        {{"--port"}, "option '--port' requires an argument"},
        {{"echo.json"}, "lws-echo: unexpected argument \"echo.json\""},
    };
    struct server server;
    char out[4096];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_ROW(run(&server, rows[i].argv, out, sizeof(out)) == 2, rows[i].message);
        CHECK_ROW(strstr(server.text, rows[i].message) != NULL, server.text);
        CHECK_ROW(!out[0], out);
    }
}

static void informing_flags_exit_0(void)
{
    static const struct {
        const char *flag;
        const char *contains;
    } rows[] = {
        {"--help", "ping-interval"},
        {"-h", "--print-config"},
        {"--help", "1..256 or \"auto\"; default 1"},
        {"--version", "libwebsockets"},
        {"--print-config", "\"rx-buffer\": 262144"},
        {"--check", "defaults: valid"},
    };
    struct server server;
    char out[8192];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_ROW(run(&server, (const char *const[]){rows[i].flag, NULL}, out, sizeof(out)) == 0,
                  rows[i].flag);
        CHECK_ROW(strstr(out, rows[i].contains) != NULL, out);
        CHECK_ROW(!server.text[0], server.text);
    }
}

static void the_printed_configuration_can_be_read_back(void)
{
    static const char *const content =
        "{ \"port\": 0, \"address\": \"::1\", \"workers\": \"auto\", \"tls\": \"self-signed\","
        " \"echo\": { \"ping-interval\": \"7\", \"path\": \"/x\", \"keep-alive-mode\": \"pong\","
        " \"subprotocols\": [\"a\", \"b\"] } }";
    struct server server;
    char first[8192];
    char second[8192];
    char name[64];

    write_temporary(name, content);
    CU_ASSERT_EQUAL(run(&server, (const char *const[]){"-c", name, "--print-config", NULL}, first,
                        sizeof(first)),
                    0);
    unlink(name);
    CHECK_ROW(strstr(first, "\"ping-interval\": 7") != NULL, first);
    CHECK_ROW(strstr(first, "\"tls\": \"self-signed\"") != NULL, first);
    CHECK_ROW(strstr(first, "\"workers\": \"auto\"") != NULL, first);

    write_temporary(name, first);
    CU_ASSERT_EQUAL(run(&server, (const char *const[]){"-c", name, "--print-config", NULL}, second,
                        sizeof(second)),
                    0);
    unlink(name);
    CU_ASSERT_STRING_EQUAL(first, second);
}

static void the_command_line_goes_before_the_file(void)
{
    struct server server;
    char out[8192];

    CU_ASSERT_EQUAL(run(&server,
                        (const char *const[]){"-c", ECHO_SOURCE_DIR "/conf/echo.json", "--port",
                                              "1234", "--workers", "auto", "--print-config", NULL},
                        out, sizeof(out)),
                    0);
    CHECK_ROW(strstr(out, "\"port\": 1234") != NULL, out);
    CHECK_ROW(strstr(out, "\"workers\": \"auto\"") != NULL, out);
}

static void both_ip_families_are_served_without_an_address(void)
{
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct server server;
    struct client client;
    bool ready;
    int fd;

    server_spawn(&server, (const char *const[]){"--port", "0", NULL});
    ready = server_wait_ready(&server);
    CU_ASSERT_TRUE(ready);
    if (ready && client_open(&client, server.port)) {
        check_echo(&client, OPCODE_TEXT, "IPv4", 4, "IPv4");
        client_say_goodbye(&client);
        fd = socket(AF_INET6, SOCK_STREAM, 0);
        if (fd >= 0) { /* not on a kernel without IPv6 */
            name.sin6_port = htons(server.port);
            CU_ASSERT_EQUAL(connect(fd, (const struct sockaddr *)&name, sizeof(name)), 0);
            close(fd);
        }
    }
    server_stop(&server);
}

static CU_TestInfo tests[] = {
    TEST(a_wrong_configuration_stops_the_start_with_one_line),
    TEST(a_file_that_cannot_be_read_is_named),
    TEST(a_plugin_that_does_not_load_is_named),
    TEST(a_taken_port_is_named),
    TEST(a_wrong_command_line_exits_2),
    TEST(informing_flags_exit_0),
    TEST(the_printed_configuration_can_be_read_back),
    TEST(the_command_line_goes_before_the_file),
    TEST(both_ip_families_are_served_without_an_address),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"config", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
