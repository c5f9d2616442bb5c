/* The plugin in a host that is not the app: a plain libwebsockets context on its own poll loop. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

#include "echo_host.h"
#include "runner.h"

static char logged[8192];

static void collect(int level, const char *line)
{
    size_t used = strlen(logged);

    (void)level;
    snprintf(logged + used, sizeof(logged) - used, "%s", line);
}

/*
 * Creates a vhost that hands @options (ended by a NULL name), and @host unless it is NULL, to the
 * plugin.
 */
static int accepts_with(const char *const (*options)[2], int enabled, struct echo_host *host)
{
    const char *const dirs[] = {ECHO_PLUGIN_DIR, NULL};
    struct lws_protocol_vhost_options list[8] = {0};
    struct lws_protocol_vhost_options echo = {.name = "lws-echo", .value = ""};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .vhost_name = "test",
    };
    struct lws_protocols protocols[2] = {0};
    struct lws_plugin *plugins = NULL;
    struct lws_context *context;
    struct lws_vhost *vhost;
    int accepted;

    logged[0] = '\0';
    lws_set_log_level(LLL_ERR, collect);
    lws_plugins_init(&plugins, dirs, "lws_protocol_plugin", "lws_echo", NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(plugins);
    if (!plugins)
        return -1;
    protocols[0] = ((const lws_plugin_protocol_t *)plugins->hdr)->protocols[0];
    protocols[0].user = host;

    for (size_t i = 0; options && options[i][0]; i++) {
        list[i].name = options[i][0];
        list[i].value = options[i][1];
        list[i].next = options[i + 1][0] ? &list[i + 1] : NULL;
    }
    echo.options = options ? list : NULL;
    info.protocols = protocols;
    info.pvo = enabled ? &echo : NULL;

    context = lws_create_context(&info);
    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    vhost = lws_create_vhost(context, &info);
    CU_ASSERT_PTR_NOT_NULL_FATAL(vhost);
    /* libwebsockets 4.3 returns 0 even where a protocol could not begin */
    accepted = !lws_protocol_init(context) &&
               (!enabled || lws_protocol_vh_priv_get(
                                vhost, lws_vhost_name_to_protocol(vhost, "lws-echo")) != NULL);
    lws_context_destroy(context);
    lws_plugins_destroy(&plugins, NULL, NULL);

    return accepted;
}

static int accepts(const char *const (*options)[2], int enabled)
{
    return accepts_with(options, enabled, NULL);
}

/* What the two share may be laid out in another way. */
static void a_host_of_another_version_is_refused(void)
{
    static const char *const none[][2] = {{"default", "1"}, {NULL, NULL}};
    struct counters_slot slot = {0};
    struct echo_host host = {.version = ECHO_VERSION, .board = {&slot, 1, 0}};

    CU_ASSERT_EQUAL(accepts_with(none, 1, &host), 1);
    host.version = "0.0.9";
    CU_ASSERT_EQUAL(accepts_with(none, 1, &host), 0);
    CHECK_ROW(strstr(logged, "lws-echo: the host is built for version 0.0.9 of the plugin, and "
                             "this is " ECHO_VERSION) != NULL,
              logged);
}

static void good_options_are_accepted(void)
{
    static const char *const rows[][5][2] = {
        {{"default", "1"}},
        {{"ping-interval", "30"}, {"pong-timeout", "5"}, {"rx-buffer", "1024"}, {"path", "/"}},
        {{"ping-interval", "250ms"}, {"pong-timeout", "2s"}, {"rx-buffer", "64k"}},
        {{"keep-alive-mode", "pong"}, {"compression", "on"}, {"subprotocols", "a, b"}},
        {{"raw", "1"}, {"status", "ok"}, {"basic-auth", "/nowhere"}, {"ping-interval", "0"}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_ROW(accepts(rows[i], 1), rows[i][0][0]);
        CHECK_ROW(!logged[0], logged);
    }
}

static void a_vhost_without_the_protocol_is_left_alone(void)
{
    CU_ASSERT_TRUE(accepts(NULL, 0));
}

static void a_wrong_option_stops_the_vhost_and_says_why(void)
{
    static const struct {
        const char *const options[3][2];
        const char *message;
    } rows[] = {
        {{{"ping-interval", "-1"}},
         "lws-echo: \"ping-interval\": -1 is out of range (0..86400 s, like 2 or 250ms; default "
         "120)"},
        {{{"ping-interval", "soon"}}, "lws-echo: \"ping-interval\": \"soon\" is not a time"},
        {{{"pong-timeout", "86401"}}, "lws-echo: \"pong-timeout\": 86401 is out of range"},
        {{{"rx-buffer", "1023"}},
         "lws-echo: \"rx-buffer\": 1023 is out of range (1024..16777216 bytes, like 65536 or 64k; "
         "default 262144)"},
        {{{"path", "ws"}}, "lws-echo: \"path\": \"ws\" is not a URL path"},
        {{{"path", "/info.json"}},
         "lws-echo: \"info-path\": \"/info.json\" is also the \"path\"; use another path, or an "
         "empty one"},
        {{{"subprotocols", "a,,b"}}, "lws-echo: \"subprotocols\": \"a,,b\" has an empty item"},
        {{{"keep-alive-mode", "pong"}, {"pong-timeout", "5"}},
         "lws-echo: \"pong-timeout\": 5 requires \"keep-alive-mode\" \"ping\""},
        {{{"rx-bufer", "1"}}, "lws-echo: \"rx-bufer\": unknown key; did you mean \"rx-buffer\"?"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_ROW(!accepts(rows[i].options, 1), rows[i].message);
        CHECK_ROW(strstr(logged, rows[i].message) != NULL, logged);
    }
}

/* Runs a command and returns its output. */
static const char *output_of(const char *command)
{
    static char out[16384];
    FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c): a constant of this file */
    size_t bytes;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    bytes = fread(out, 1, sizeof(out) - 1, pipe);
    out[bytes] = '\0';
    CU_ASSERT_EQUAL(pclose(pipe), 0);

    return out;
}

static void one_symbol_is_exported(void)
{
    const char *symbols = output_of("nm -D --defined-only --format=posix '" ECHO_PLUGIN "'");

    CHECK_ROW(!strncmp(symbols, "lws_echo ", 9), symbols);
    CHECK_ROW(strchr(symbols, '\n') == strrchr(symbols, '\n'), symbols);
}

static void libwebsockets_is_the_host_s(void)
{
    const char *needed = output_of("readelf -d '" ECHO_PLUGIN "'");

    CHECK_ROW(strstr(needed, "NEEDED") != NULL, needed);
    CHECK_ROW(!strstr(needed, "websockets"), needed);
}

static CU_TestInfo tests[] = {
    TEST(good_options_are_accepted),
    TEST(a_host_of_another_version_is_refused),
    TEST(a_vhost_without_the_protocol_is_left_alone),
    TEST(a_wrong_option_stops_the_vhost_and_says_why),
    TEST(one_symbol_is_exported),
    TEST(libwebsockets_is_the_host_s),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"plugin", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
