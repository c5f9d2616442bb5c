#include <stdio.h>
#include <string.h>

#include "check_text.h"
#include "core/options.h"
#include "runner.h"

static struct options new_options(void)
{
    struct options options;

    setting_defaults(options_table(), &options);

    return options;
}

static void defaults_are_those_of_the_design(void)
{
    struct options options = new_options();

    CU_ASSERT_EQUAL(options.ping_interval_ms, 120000);
    CU_ASSERT_EQUAL(options.pong_timeout_ms, 0);
    CU_ASSERT_EQUAL(options.keep_alive_mode, KEEPALIVE_MODE_PING);
    CU_ASSERT_EQUAL(options.rx_buffer_bytes, 262144);
    CU_ASSERT_EQUAL(options.max_message_bytes, 0);
    CHECK_TEXT(options.path, "/ws", "path");
    CHECK_TEXT(options.info_path, "/info.json", "info-path");
    CHECK_TEXT(options.allowed_origins, "", "allowed-origins");
    CHECK_TEXT(options.subprotocols, "", "subprotocols");
    CU_ASSERT_EQUAL(options.compression, COMPRESSION_OFF);
    CU_ASSERT_EQUAL(options.max_inflated_bytes, 67108864);
}

/* Writes the default of @row as setting_set() takes it. */
static void default_of(const struct setting *row, char *out, size_t size)
{
    const struct options options = new_options();

    if (setting_is_number(row))
        setting_write_number(row, &options, out, size);
    else
        snprintf(out, size, "%s",
                 row->type == SETTING_CHOICE ? row->choices[row->number] : row->text);
}

static void every_default_is_a_value_its_row_takes(void)
{
    struct setting_table table = options_table();

    for (size_t i = 0; i < table.count; i++) {
        struct options options = new_options();
        struct setting_error error;
        char value[32];

        default_of(&table.rows[i], value, sizeof(value));
        CHECK_ROW(!setting_set(table, &options, table.rows[i].key, value, &error),
                  table.rows[i].key);
    }
}

static void numbers_are_taken_up_to_their_limits(void)
{
    static const struct {
        const char *key;
        const char *min;
        const char *max;
        const char *below; /* NULL: nothing is */
        const char *above;
        const char *says; /* about what is above */
    } rows[] = {
        {"ping-interval", "0", "86400", NULL, "86401",
         "86401 is out of range (0..86400 s, like 2 or 250ms; default 120)"},
        {"pong-timeout", "0", "86400", NULL, "86401",
         "86401 is out of range (0..86400 s, like 2 or 250ms; default 0)"},
        {"write-timeout", "0", "86400", NULL, "86401",
         "86401 is out of range (0..86400 s, like 2 or 250ms; default 120)"},
        {"rx-buffer", "1024", "16777216", "1023", "16777217",
         "16777217 is out of range (1024..16777216 bytes, like 65536 or 64k; default 262144)"},
        {"max-message", "0", "9223372036854775807", NULL, "9223372036854775808",
         "9223372036854775808 is out of range (0..9223372036854775807 bytes, like 65536 or 64k; "
         "default 0)"},
        {"max-connections", "0", "1048576", NULL, "1048577",
         "1048577 is out of range (0..1048576; default 0)"},
        {"max-connections-per-address", "0", "1048576", NULL, "1048577",
         "1048577 is out of range (0..1048576; default 0)"},
        {"max-inflated", "0", "9223372036854775807", NULL, "9223372036854775808",
         "9223372036854775808 is out of range (0..9223372036854775807 bytes, like 65536 or 64k; "
         "default 67108864)"},
    };
    struct setting_table table = options_table();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct setting *row = setting_find(table, rows[i].key);
        struct options options = new_options();
        struct setting_error error;

        CHECK_ROW(!setting_set(table, &options, rows[i].key, rows[i].min, &error), rows[i].key);
        CHECK_ROW(setting_number(row, &options) == row->min, rows[i].key);
        CHECK_ROW(!setting_set(table, &options, rows[i].key, rows[i].max, &error), rows[i].key);
        CHECK_ROW(setting_number(row, &options) == row->max, rows[i].key);

        if (rows[i].below)
            CHECK_ROW(setting_set(table, &options, rows[i].key, rows[i].below, &error) == -1,
                      rows[i].key);
        CHECK_ROW(setting_set(table, &options, rows[i].key, rows[i].above, &error) == -1,
                  rows[i].key);
        CHECK_TEXT(error.key, rows[i].key, rows[i].key);
        CHECK_TEXT(error.text, rows[i].says, rows[i].key);
        CHECK_ROW(setting_number(row, &options) == row->max, rows[i].key);
    }
}

static void times_and_sizes_take_units(void)
{
    static const struct {
        const char *key;
        const char *value;
        uint64_t number;
    } rows[] = {
        {"ping-interval", "250ms", 250}, {"pong-timeout", "2s", 2000},
        {"write-timeout", "30", 30000},  {"rx-buffer", "64k", 65536},
        {"max-message", "2m", 2097152},  {"max-inflated", "0", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options = new_options();
        struct setting_error error;

        CHECK_ROW(!setting_set(options_table(), &options, rows[i].key, rows[i].value, &error),
                  rows[i].key);
        CHECK_ROW(setting_number(setting_find(options_table(), rows[i].key), &options) ==
                      rows[i].number,
                  rows[i].key);
    }
}

static void each_option_has_its_own_field(void)
{
    static const char *const pairs[][2] = {
        {"ping-interval", "1"},
        {"pong-timeout", "2"},
        {"write-timeout", "3"},
        {"keep-alive-mode", "pong"},
        {"rx-buffer", "3000"},
        {"max-message", "4"},
        {"path", "/four"},
        {"info-path", "/info"},
        {"allowed-origins", "https://five, null"},
        {"subprotocols", "six"},
        {"compression", "no-context-takeover"},
        {"max-inflated", "8"},
        {"health-path", "/health"},
        {"metrics-path", "/nine"},
        {"max-connections", "10"},
        {"max-connections-per-address", "11"},
        {"trusted-proxies", "::1, unix"},
        {"log-format", "json"},
    };
    struct options options = new_options();
    struct setting_error error;

    CU_ASSERT_EQUAL(options_table().count, sizeof(pairs) / sizeof(pairs[0]));
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        CHECK_ROW(!setting_set(options_table(), &options, pairs[i][0], pairs[i][1], &error),
                  pairs[i][0]);
    CU_ASSERT_EQUAL(options.ping_interval_ms, 1000);
    CU_ASSERT_EQUAL(options.pong_timeout_ms, 2000);
    CU_ASSERT_EQUAL(options.keep_alive_mode, KEEPALIVE_MODE_PONG);
    CU_ASSERT_EQUAL(options.rx_buffer_bytes, 3000);
    CU_ASSERT_EQUAL(options.max_message_bytes, 4);
    CHECK_TEXT(options.path, "/four", "path");
    CHECK_TEXT(options.info_path, "/info", "info-path");
    CHECK_TEXT(options.allowed_origins, "https://five,null", "allowed-origins");
    CHECK_TEXT(options.subprotocols, "six", "subprotocols");
    CU_ASSERT_EQUAL(options.compression, COMPRESSION_NO_CONTEXT_TAKEOVER);
    CU_ASSERT_EQUAL(options.max_inflated_bytes, 8);
    CHECK_TEXT(options.health_path, "/health", "health-path");
    CHECK_TEXT(options.metrics_path, "/nine", "metrics-path");
    CU_ASSERT_EQUAL(options.max_connections, 10);
    CU_ASSERT_EQUAL(options.max_connections_per_address, 11);
    CHECK_TEXT(options.trusted_proxies, "::1,unix", "trusted-proxies");
    CU_ASSERT_EQUAL(options.log_format, LOG_FORMAT_JSON);
}

/* Writes "/ppp...", of @bytes in all. */
static void long_path(char *out, size_t bytes)
{
    memset(out, 'p', bytes);
    out[0] = '/';
    out[bytes] = '\0';
}

static void url_paths_are_taken(void)
{
    char longest[OPTIONS_PATH_MAX + 1];
    const char *const paths[] = {"/", "/ws", "/a/b-c_d.e~", "/%20", "/!$&'()*+,;=:@", longest};

    long_path(longest, OPTIONS_PATH_MAX);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct options options = new_options();
        struct setting_error error;

        CHECK_ROW(!setting_set(options_table(), &options, "path", paths[i], &error), paths[i]);
        CHECK_TEXT(options.path, paths[i], paths[i]);
    }
}

#define NOT_PRINTABLE                                                                              \
    " is not a URL path: printable ASCII without spaces, \"?\" and \"#\" (default \"/ws\")"
#define NOT_ROOTED " is not a URL path: it starts with \"/\" (default \"/ws\")"

static void what_is_not_a_url_path_is_refused(void)
{
    static const struct {
        const char *path;
        const char *says;
    } rows[] = {
        {"ws", "\"ws\"" NOT_ROOTED},          {"ws/", "\"ws/\"" NOT_ROOTED},
        {"/a b", "\"/a b\"" NOT_PRINTABLE},   {" /ws", "\" /ws\"" NOT_PRINTABLE},
        {"/ws?x", "\"/ws?x\"" NOT_PRINTABLE}, {"/ws#x", "\"/ws#x\"" NOT_PRINTABLE},
        {"/a\tb", "\"/a?b\"" NOT_PRINTABLE},  {"/a\nb", "\"/a?b\"" NOT_PRINTABLE},
        {"/\x7F", "\"/?\"" NOT_PRINTABLE},    {"/\xC3\xBC", "\"/\xC3\xBC\"" NOT_PRINTABLE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options = new_options();
        struct setting_error error;

        CHECK_ROW(setting_set(options_table(), &options, "path", rows[i].path, &error) == -1,
                  rows[i].path);
        CHECK_TEXT(error.key, "path", rows[i].path);
        CHECK_TEXT(error.text, rows[i].says, rows[i].path);
        CHECK_TEXT(options.path, "/ws", rows[i].path);
    }
}

static void a_path_one_byte_too_long_is_refused(void)
{
    struct options options = new_options();
    char path[OPTIONS_PATH_MAX + 2];
    struct setting_error error;

    long_path(path, OPTIONS_PATH_MAX + 1);
    CU_ASSERT_EQUAL(setting_set(options_table(), &options, "path", path, &error), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "has 256 bytes (0..255; default \"/ws\")"));
    CHECK_TEXT(options.path, "/ws", "path");
}

static void choices_are_taken_as_their_enums(void)
{
    static const struct {
        const char *key;
        const char *value;
        uint64_t index;
        const char *says; /* NULL: it is taken */
    } rows[] = {
        {"keep-alive-mode", "ping", KEEPALIVE_MODE_PING, NULL},
        {"keep-alive-mode", "pong", KEEPALIVE_MODE_PONG, NULL},
        {"keep-alive-mode", "pingg", 0,
         "\"pingg\" is not one of \"ping\", \"pong\" (default \"ping\")"},
        {"compression", "off", COMPRESSION_OFF, NULL},
        {"compression", "on", COMPRESSION_ON, NULL},
        {"compression", "no-context-takeover", COMPRESSION_NO_CONTEXT_TAKEOVER, NULL},
        {"compression", "yes", 0,
         "\"yes\" is not one of \"off\", \"on\", \"no-context-takeover\" (default \"off\")"},
    };
    struct setting_table table = options_table();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options = new_options();
        struct setting_error error = {0};

        CHECK_ROW(setting_set(table, &options, rows[i].key, rows[i].value, &error) ==
                      (rows[i].says ? -1 : 0),
                  rows[i].value);
        CHECK_ROW(setting_number(setting_find(table, rows[i].key), &options) == rows[i].index,
                  rows[i].value);
        CHECK_TEXT(error.text, rows[i].says ? rows[i].says : "", rows[i].value);
    }
}

static void origins_are_taken(void)
{
    static const char *const origins[] = {
        "*",
        "null",
        "https://example.org",
        "http://localhost:5000",
        "http://a.b-c_d.example:0",
        "https://example.org:65535",
        "HTTPS://Example.ORG",
        "http://127.0.0.1:80",
        "http://[::1]",
        "http://[2001:DB8::1]:8080",
        "http://[::ffff:127.0.0.1]",
        "http://[0000:0000:0000:0000:0000:ffff:255.255.255.255]",
        "chrome-extension://abcdefghijklmnop",
        "a+b.c-1://h",
        "https://a,null,http://[::1]:1,*,https://b:2",
    };

    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        struct options options = new_options();
        struct setting_error error;

        CHECK_ROW(!setting_set(options_table(), &options, "allowed-origins", origins[i], &error),
                  origins[i]);
        CHECK_TEXT(options.allowed_origins, origins[i], origins[i]);
    }
}

#define NOT_AN_ORIGIN                                                                              \
    " is not an origin: \"*\", \"null\" or scheme://host[:port] without a path, like "             \
    "\"https://example.org:8443\" (default empty)"

static void what_is_not_an_origin_is_refused(void)
{
    static const char *const items[] = {
        "**",
        "nul",
        "nulll",
        "NULL",
        "example.org",
        "//example.org",
        "://example.org",
        "https:example.org",
        "https:/example.org",
        "https://",
        "https:// ",
        "1http://a",
        "+http://a",
        "ht_tp://a",
        "https://example.org/",
        "https://example.org/path",
        "https://example.org?q",
        "https://example.org#f",
        "https://user@example.org",
        "https://*.example.org",
        "https://\xC3\xBC.example",
        "https://a b",
        "https://a:",
        "https://a:x",
        "https://a:8x",
        "https://a:65536",
        "https://a:99999999999999999999",
        "https://a:80:80",
        "https://:80",
        "http://::1",
        "http://[]",
        "http://[::1",
        "http://[::1]x",
        "http://[::1]:",
        "http://[:::1]",
        "http://[g::1]",
        "http://[127.0.0.1]",
        "http://[::1%251]",
        "http://[00000000000000000000000000000000000000000000001]",
        "data:",
    };

    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        struct options options = new_options();
        struct setting_error error;
        size_t length = strlen(items[i]) - (items[i][strlen(items[i]) - 1] == ' ');
        char value[200];
        char says[300];

        /* what stands around it does not mend it */
        snprintf(value, sizeof(value), "https://a, %s ,https://b", items[i]);
        snprintf(says, sizeof(says), "\"%.*s\"" NOT_AN_ORIGIN, (int)length, items[i]);
        CHECK_ROW(setting_set(options_table(), &options, "allowed-origins", items[i], &error) == -1,
                  items[i]);
        CHECK_TEXT(error.text, says, items[i]);
        CHECK_ROW(setting_set(options_table(), &options, "allowed-origins", value, &error) == -1,
                  value);
        CHECK_TEXT(error.text, says, value);
        CHECK_TEXT(options.allowed_origins, "", items[i]);
    }
}

#define TWENTY "tttttttttttttttttttt"
#define SIXTY_TWO TWENTY TWENTY TWENTY "tt"

static void http_tokens_are_subprotocols(void)
{
    static const struct {
        const char *value;
        const char *says; /* NULL: it is taken */
    } rows[] = {
        {"mqtt", NULL},
        {"v12.stomp,graphql-transport-ws", NULL},
        {"!#$%&'*+-.^_`|~09azAZ", NULL},
        {SIXTY_TWO, NULL},
        {SIXTY_TWO "," SIXTY_TWO, NULL},
        {SIXTY_TWO "t", SIXTY_TWO "t"},
        {"mqtt," SIXTY_TWO "t,a", SIXTY_TWO "t"},
        {"a b", "a b"},
        {"a,b/c", "b/c"},
        {"a\"", "a\""},
        {"(a)", "(a)"},
        {"a;b", "a;b"},
        {"a=b", "a=b"},
        {"a@b", "a@b"},
        {"[a]", "[a]"},
        {"{a}", "{a}"},
        {"a:b", "a:b"},
        {"a?", "a?"},
        {"<a>", "<a>"},
        {"a\\", "a\\"},
        {"\xC3\xBC", "\xC3\xBC"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options = new_options();
        struct setting_error error = {0};
        char says[200] = "";

        if (rows[i].says)
            snprintf(says, sizeof(says),
                     "\"%s\" is not a subprotocol: an HTTP token of at most 62 bytes, like "
                     "\"mqtt\" (default empty)",
                     rows[i].says);
        CHECK_ROW(setting_set(options_table(), &options, "subprotocols", rows[i].value, &error) ==
                      (rows[i].says ? -1 : 0),
                  rows[i].value);
        CHECK_TEXT(error.text, says, rows[i].value);
        CHECK_TEXT(options.subprotocols, rows[i].says ? "" : rows[i].value, rows[i].value);
    }
}

/* Writes a list that begins with "tt://t," and has @bytes in all. */
static void long_list(char *out, size_t bytes)
{
    static const char first[] = "tt://t,tt://";

    memset(out, 't', bytes);
    memcpy(out, first, strlen(first));
    out[bytes] = '\0';
}

static void a_list_one_byte_too_long_is_refused(void)
{
    char value[OPTIONS_ORIGINS_MAX + 2];
    struct setting_table table = options_table();
    const struct setting *row = setting_find(table, "allowed-origins");
    struct options options = new_options();
    struct setting_error error;

    long_list(value, OPTIONS_ORIGINS_MAX);
    CU_ASSERT_EQUAL(setting_set(table, &options, row->key, value, &error), 0);
    CU_ASSERT_STRING_EQUAL(options.allowed_origins, value);
    CHECK_TEXT(options.subprotocols, "", "subprotocols"); /* the next field */

    options = new_options();
    long_list(value, OPTIONS_ORIGINS_MAX + 1);
    CU_ASSERT_EQUAL(setting_set(table, &options, row->key, value, &error), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "...\" has 2048 bytes (a list of up to 2047 bytes, "
                                              "commas included; default empty)"));
    CHECK_TEXT(options.allowed_origins, "", "allowed-origins");
}

static void unanswered_pongs_have_no_timeout(void)
{
    static const struct {
        const char *name;
        uint64_t pong_timeout_ms;
        uint64_t mode;
        const char *says; /* NULL: it is taken */
    } rows[] = {
        {"pings, none awaited", 0, KEEPALIVE_MODE_PING, NULL},
        {"pings", 30000, KEEPALIVE_MODE_PING, NULL},
        {"pongs, none awaited", 0, KEEPALIVE_MODE_PONG, NULL},
        {"pongs", 30000, KEEPALIVE_MODE_PONG,
         "30 requires \"keep-alive-mode\" \"ping\"; with \"pong\" no answer is expected, and it "
         "must be 0"},
        {"pongs, less than a second", 30, KEEPALIVE_MODE_PONG,
         "30ms requires \"keep-alive-mode\" \"ping\"; with \"pong\" no answer is expected, and it "
         "must be 0"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options = new_options();
        struct setting_error error = {0};

        options.pong_timeout_ms = rows[i].pong_timeout_ms;
        options.keep_alive_mode = rows[i].mode;
        CHECK_ROW(options_check(&options, false, &error) == (rows[i].says ? -1 : 0), rows[i].name);
        CHECK_TEXT(error.key, rows[i].says ? "pong-timeout" : "", rows[i].name);
        CHECK_TEXT(error.text, rows[i].says ? rows[i].says : "", rows[i].name);
    }
}

static void each_path_is_for_one_thing(void)
{
    static const struct {
        const char *path;
        const char *info_path;
        const char *says; /* NULL: it is taken */
    } rows[] = {
        {"/ws", "/ws/info", NULL},
        {"/info.json", "", NULL},
        {"/info.json", "/info.json",
         "\"/info.json\" is also the \"path\"; use another path, or an empty one"},
        {"", "", NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options = new_options();
        struct setting_error error = {0};

        snprintf(options.path, sizeof(options.path), "%s", rows[i].path);
        snprintf(options.info_path, sizeof(options.info_path), "%s", rows[i].info_path);
        CHECK_ROW(options_check(&options, false, &error) == (rows[i].says ? -1 : 0),
                  rows[i].info_path);
        CHECK_TEXT(error.key, rows[i].says ? "info-path" : "", rows[i].info_path);
        CHECK_TEXT(error.text, rows[i].says ? rows[i].says : "", rows[i].info_path);
    }
}

static void tls_needs_a_buffer_for_a_whole_record(void)
{
    static const struct {
        const char *name;
        uint64_t rx_buffer_bytes;
        bool tls;
        const char *says; /* NULL: it is taken */
    } rows[] = {
        {"smallest, no TLS", 1024, false, NULL},
        {"smallest, TLS", 1024, true, "1024 is too small with TLS (at least 16384 bytes)"},
        {"a byte too small, no TLS", 16383, false, NULL},
        {"a byte too small, TLS", 16383, true,
         "16383 is too small with TLS (at least 16384 bytes)"},
        {"a record, TLS", 16384, true, NULL},
        {"default, TLS", 262144, true, NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options = new_options();
        struct setting_error error = {0};

        options.rx_buffer_bytes = rows[i].rx_buffer_bytes;
        CHECK_ROW(options_check(&options, rows[i].tls, &error) == (rows[i].says ? -1 : 0),
                  rows[i].name);
        CHECK_TEXT(error.key, rows[i].says ? "rx-buffer" : "", rows[i].name);
        CHECK_TEXT(error.text, rows[i].says ? rows[i].says : "", rows[i].name);
    }
}

static void the_service_buffer_holds_a_chunk_and_the_headers(void)
{
    static const struct {
        const char *name;
        uint64_t rx_buffer_bytes;
        size_t service_buffer_bytes;
    } rows[] = {
        {"smallest", 1024, 16384},           {"a byte less than headers need", 16369, 16384},
        {"what headers need", 16370, 16384}, {"a byte more", 16371, 16385},
        {"default", 262144, 262158},         {"largest", 16777216, 16777230},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options = new_options();

        options.rx_buffer_bytes = rows[i].rx_buffer_bytes;
        CHECK_ROW(options_service_buffer_bytes(&options) == rows[i].service_buffer_bytes,
                  rows[i].name);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(defaults_are_those_of_the_design),
        TEST(every_default_is_a_value_its_row_takes),
        TEST(numbers_are_taken_up_to_their_limits),
        TEST(times_and_sizes_take_units),
        TEST(each_option_has_its_own_field),
        TEST(url_paths_are_taken),
        TEST(what_is_not_a_url_path_is_refused),
        TEST(a_path_one_byte_too_long_is_refused),
        TEST(choices_are_taken_as_their_enums),
        TEST(origins_are_taken),
        TEST(what_is_not_an_origin_is_refused),
        TEST(http_tokens_are_subprotocols),
        TEST(a_list_one_byte_too_long_is_refused),
        TEST(unanswered_pongs_have_no_timeout),
        TEST(each_path_is_for_one_thing),
        TEST(tls_needs_a_buffer_for_a_whole_record),
        TEST(the_service_buffer_holds_a_chunk_and_the_headers),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"options", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
