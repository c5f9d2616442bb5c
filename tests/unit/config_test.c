#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/library.h"
#include "base/log.h"
#include "check_text.h"
#include "config/config.h"
#include "config/path.h"
#include "runner.h"

#define FILE_MAX_BYTES ((size_t)1048576)

/* The directory and the file that the tests write to; made and removed with the suite. */
static struct {
    char directory[40];
    char file[64];
    char printed[64];
} scratch;

static int make_scratch(void)
{
    snprintf(scratch.directory, sizeof(scratch.directory), "/tmp/lws-echo-config-XXXXXX");
    if (!mkdtemp(scratch.directory))
        return -1;
    snprintf(scratch.file, sizeof(scratch.file), "%s/echo.json", scratch.directory);
    snprintf(scratch.printed, sizeof(scratch.printed), "%s/printed.json", scratch.directory);

    return 0;
}

static int remove_scratch(void)
{
    unlink(scratch.file);
    unlink(scratch.printed);

    return rmdir(scratch.directory);
}

static void write_file(const char *text)
{
    FILE *stream = fopen(scratch.file, "wb");

    if (!stream || fputs(text, stream) == EOF || fclose(stream)) {
        perror(scratch.file);
        abort();
    }
}

/* Loads @text as a file. */
static int load(struct config *config, const char *text, struct config_error *error)
{
    write_file(text);
    error->text[0] = '\0';

    return config_load(config, scratch.file, error);
}

#define KNOWN_KEYS                                                                                 \
    "\"port\", \"address\", \"admin\", \"socket-mode\", \"user\", \"group\", \"mount-origin\", "   \
    "\"plugin-dir\", \"workers\", \"max-open-files\", \"max-header\", \"drain-delay\", "           \
    "\"log-level\", \"log-format\", "                                                              \
    "\"tls\", \"http2\", \"echo\", \"$schema\""

/* Loads @text, which must be refused with the file's name and @says. */
static void check_refused(const char *text, const char *says, const char *row)
{
    size_t name_bytes = strlen(scratch.file);
    struct config_error error;
    struct config config;

    CHECK_ROW(load(&config, text, &error) == -1, row);
    CHECK_ROW(!strncmp(error.text, scratch.file, name_bytes), row);
    CHECK_TEXT(strlen(error.text) > name_bytes ? error.text + name_bytes : "", says, row);
}

/* The same, for messages of which only the beginning matters. */
static void check_begins(const char *text, const char *says, const char *row)
{
    struct config_error error;
    struct config config;

    CHECK_ROW(load(&config, text, &error) == -1, row);
    CHECK_ROW(!strncmp(error.text + strlen(scratch.file), says, strlen(says)), error.text);
}

/* Writes the name of something in the file's directory. */
static void beside(char *out, size_t size, const char *name)
{
    snprintf(out, size, "%s/%s", scratch.directory, name);
}

/* Checks that the fields of @table's rows are the same in @got and @wanted. */
static void check_same(struct setting_table table, const void *got, const void *wanted,
                       const char *name)
{
    for (size_t i = 0; i < table.count; i++) {
        const struct setting *row = &table.rows[i];

        if (setting_is_number(row))
            CHECK_ROW(setting_number(row, got) == setting_number(row, wanted), name);
        else if (row->type != SETTING_SECTION)
            CHECK_TEXT(setting_text(row, got), setting_text(row, wanted), name);
    }
}

static void check_defaults(const struct config *config, const char *row)
{
    struct options defaults;

    setting_defaults(options_table(), &defaults);
    CHECK_ROW(config->port == 5000, row);
    CHECK_ROW(config->workers == 1, row);
    CHECK_ROW(config->max_open_files == SETTING_WORD, row);
    CHECK_TEXT(config->address, "", row);
    CHECK_ROW(config->mount_origin[0] == '/', row);
    CHECK_ROW(config->plugin_dir[0] == '/', row);
    CHECK_ROW(config->tls == CONFIG_TLS_OFF, row);
    CHECK_TEXT(config->tls_cert, "", row);
    CHECK_TEXT(config->tls_key, "", row);
    snprintf(defaults.health_path, sizeof(defaults.health_path), "/healthz");
    snprintf(defaults.metrics_path, sizeof(defaults.metrics_path), "/metrics");
    check_same(options_table(), &config->options, &defaults, row);
}

static void without_a_file_the_defaults_serve(void)
{
    struct config_error error;
    struct config config;

    CU_ASSERT_EQUAL(config_load(&config, NULL, &error), 0);
    check_defaults(&config, "no file");
}

static void what_a_file_leaves_out_has_its_default(void)
{
    static const struct {
        const char *name;
        const char *text;
    } rows[] = {
        {"empty object", "{}"},
        {"empty object in much space", " \n\t{ \r\n }\n\n"},
        {"empty echo", "{\"echo\": {}}"},
        {"empty texts", "{\"address\": \"\", \"mount-origin\": \"\", \"plugin-dir\": \"\"}"},
        {"schema only", "{\"$schema\": \"lws-echo.schema.json\"}"},
        {"schema is not read", "{\"$schema\": [1, {\"port\": -1}]}"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct config_error error;
        struct config config;

        CHECK_ROW(!load(&config, rows[i].text, &error), rows[i].name);
        CHECK_TEXT(error.text, "", rows[i].name);
        check_defaults(&config, rows[i].name);
    }
}

static void every_key_is_taken(void)
{
    struct config_error error;
    struct config config;

    CU_ASSERT_EQUAL(load(&config,
                         "{\n"
                         "  \"$schema\": \"lws-echo.schema.json\",\n"
                         "  \"port\": 6001,\n"
                         "  \"address\": \"127.0.0.1\",\n"
                         "  \"mount-origin\": \"/srv/page\",\n"
                         "  \"plugin-dir\": \"/srv/plugins\",\n"
                         "  \"admin\": \"[::1]:9090\", \"socket-mode\": \"600\",\n"
                         "  \"user\": \"somebody\", \"group\": \"some\",\n"
                         "  \"drain-delay\": 7,\n"
                         "  \"log-level\": \"info\", \"log-format\": \"json\",\n"
                         "  \"workers\": 3, \"max-header\": \"8k\",\n"
                         "  \"tls\": { \"cert\": \"/srv/c.pem\", \"key\": \"/srv/k.pem\" },\n"
                         "  \"echo\": { \"ping-interval\": 1, \"pong-timeout\": 2,\n"
                         "              \"rx-buffer\": 30000, \"path\": \"/four\" }\n"
                         "}\n",
                         &error),
                    0);
    CU_ASSERT_EQUAL(config.port, 6001);
    CHECK_TEXT(config.address, "127.0.0.1", "address");
    CHECK_TEXT(config.mount_origin, "/srv/page", "mount-origin");
    CHECK_TEXT(config.plugin_dir, "/srv/plugins", "plugin-dir");
    CU_ASSERT_EQUAL(config.workers, 3);
    CU_ASSERT_EQUAL(config.max_header_bytes, 8192);
    CHECK_TEXT(config.admin, "[::1]:9090", "admin");
    CHECK_TEXT(config.socket_mode, "600", "socket-mode");
    CHECK_TEXT(config.user, "somebody", "user");
    CHECK_TEXT(config.group, "some", "group");
    CU_ASSERT_EQUAL(config.drain_delay_ms, 7000);
    CHECK_TEXT(log_levels[config.log_level], "info", "log-level");
    CHECK_TEXT(options_log_formats[config.log_format], "json", "log-format");
    CU_ASSERT_EQUAL(config.tls, CONFIG_TLS_FILES);
    CHECK_TEXT(config.tls_cert, "/srv/c.pem", "cert");
    CHECK_TEXT(config.tls_key, "/srv/k.pem", "key");
    CU_ASSERT_EQUAL(config.options.ping_interval_ms, 1000);
    CU_ASSERT_EQUAL(config.options.pong_timeout_ms, 2000);
    CU_ASSERT_EQUAL(config.options.rx_buffer_bytes, 30000);
    CHECK_TEXT(config.options.path, "/four", "path");
}

static void ports_and_addresses_are_taken_up_to_their_limits(void)
{
    static const struct {
        const char *text;
        uint64_t port;
        const char *address;
    } rows[] = {
        {"{\"port\": 0}", 0, ""},
        {"{\"port\": 65535}", 65535, ""},
        {"{\"address\": \"0.0.0.0\"}", 5000, "0.0.0.0"},
        {"{\"address\": \"::\"}", 5000, "::"},
        {"{\"address\": \"::1\"}", 5000, "::1"},
        {"{\"address\": \"0000:0000:0000:0000:0000:ffff:255.255.255.255\"}", 5000,
         "0000:0000:0000:0000:0000:ffff:255.255.255.255"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct config_error error;
        struct config config;

        CHECK_ROW(!load(&config, rows[i].text, &error), rows[i].text);
        CHECK_ROW(config.port == rows[i].port, rows[i].text);
        CHECK_TEXT(config.address, rows[i].address, rows[i].text);
    }
}

static void workers_are_a_number_or_auto(void)
{
    static const struct {
        const char *text;
        uint64_t workers;
    } rows[] = {
        {"{\"workers\": 1}", 1},
        {"{\"workers\": 256}", 256},
        {"{\"workers\": \"auto\"}", SETTING_WORD},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct config_error error;
        struct config config;

        CHECK_ROW(!load(&config, rows[i].text, &error), rows[i].text);
        CHECK_TEXT(error.text, "", rows[i].text);
        CHECK_ROW(config.workers == rows[i].workers, rows[i].text);
    }
}

/* Numbers may be strings, as in lwsws, and lists are arrays. */
static void options_are_taken_in_any_order(void)
{
    static const struct {
        const char *key;
        const char *value;
    } wanted[] = {
        {"rx-buffer", "4096"},       {"path", "/e"},
        {"ping-interval", "7"},      {"pong-timeout", "0"},
        {"compression", "on"},       {"allowed-origins", "null,https://example.org"},
        {"subprotocols", ""},        {"metrics-path", "/figures"},
        {"health-path", "/healthz"}, /* which the app adds */
    };
    struct options options;
    struct setting_error wrong;
    struct config_error error;
    struct config config;

    CU_ASSERT_EQUAL(load(&config,
                         "{\"echo\": {\"rx-buffer\": 4096, \"path\": \"/e\", "
                         "\"ping-interval\": \"7\", \"pong-timeout\": 0, "
                         "\"compression\": \"on\", "
                         "\"allowed-origins\": [\"null\", \"https://example.org\"], "
                         "\"subprotocols\": [], \"metrics-path\": \"/figures\"}}",
                         &error),
                    0);
    setting_defaults(options_table(), &options);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        CHECK_ROW(!setting_set(options_table(), &options, wanted[i].key, wanted[i].value, &wrong),
                  wanted[i].key);
    check_same(options_table(), &config.options, &options, "options");
}

static void times_and_sizes_are_numbers_or_strings(void)
{
    static const struct {
        const char *text;
        uint64_t ping_interval_ms;
        uint64_t rx_buffer_bytes;
        uint64_t drain_delay_ms;
    } rows[] = {
        {"{\"echo\": {\"ping-interval\": 2}}", 2000, 262144, 0},
        {"{\"echo\": {\"ping-interval\": \"2\"}}", 2000, 262144, 0},
        {"{\"echo\": {\"ping-interval\": \"2s\"}}", 2000, 262144, 0},
        {"{\"echo\": {\"ping-interval\": \"250ms\"}}", 250, 262144, 0},
        {"{\"echo\": {\"rx-buffer\": 65536}}", 120000, 65536, 0},
        {"{\"echo\": {\"rx-buffer\": \"65536\"}}", 120000, 65536, 0},
        {"{\"echo\": {\"rx-buffer\": \"64k\"}}", 120000, 65536, 0},
        {"{\"echo\": {\"rx-buffer\": \"16m\"}}", 120000, 16777216, 0},
        {"{\"drain-delay\": 3}", 120000, 262144, 3000},
        {"{\"drain-delay\": \"3s\"}", 120000, 262144, 3000},
        {"{\"drain-delay\": \"1ms\"}", 120000, 262144, 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct config_error error = {""};
        struct config config;

        CHECK_ROW(!load(&config, rows[i].text, &error), error.text);
        CHECK_ROW(config.options.ping_interval_ms == rows[i].ping_interval_ms, rows[i].text);
        CHECK_ROW(config.options.rx_buffer_bytes == rows[i].rx_buffer_bytes, rows[i].text);
        CHECK_ROW(config.drain_delay_ms == rows[i].drain_delay_ms, rows[i].text);
    }
}

static void without_its_own_the_plugin_has_the_log_format_of_the_app(void)
{
    static const struct {
        const char *text;
        const char *flag; /* of the command line, or NULL */
        enum log_format plugin;
    } rows[] = {
        {"{}", NULL, LOG_FORMAT_TEXT},
        {"{\"log-format\": \"json\"}", NULL, LOG_FORMAT_JSON},
        {"{\"echo\": {}, \"log-format\": \"json\"}", NULL, LOG_FORMAT_JSON},
        {"{\"echo\": {\"log-format\": \"text\"}, \"log-format\": \"json\"}", NULL, LOG_FORMAT_TEXT},
        {"{\"echo\": {\"log-format\": \"json\"}}", NULL, LOG_FORMAT_JSON},
        {"{}", "json", LOG_FORMAT_JSON},
        {"{\"log-format\": \"json\"}", "text", LOG_FORMAT_TEXT},
        {"{\"echo\": {\"log-format\": \"text\"}}", "json", LOG_FORMAT_TEXT},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct config_source source = {
            .file = scratch.file,
            .overrides = {{"log-format", rows[i].flag}},
            .override_count = rows[i].flag ? 1 : 0,
        };
        struct config_error error;
        struct config config;

        write_file(rows[i].text);
        CHECK_ROW(!config_load_source(&config, &source, &error), rows[i].text);
        CHECK_ROW(config.options.log_format == rows[i].plugin, rows[i].text);
    }
}

static void tls_has_two_forms(void)
{
    struct config_error error;
    struct config config;

    CU_ASSERT_EQUAL(load(&config, "{\"tls\": \"self-signed\"}", &error), 0);
    CU_ASSERT_EQUAL(config.tls, CONFIG_TLS_SELF_SIGNED);

    CU_ASSERT_EQUAL(load(&config, "{\"tls\": {\"key\": \"/k\", \"cert\": \"/c\"}}", &error), 0);
    CU_ASSERT_EQUAL(config.tls, CONFIG_TLS_FILES);
    CHECK_TEXT(config.tls_cert, "/c", "cert");
    CHECK_TEXT(config.tls_key, "/k", "key");
}

static void http2_needs_the_mended_library(void)
{
    const char *text = "{\"tls\": \"self-signed\",\n\"http2\": true}";
    struct config_error error;
    struct config config;

    if (!library_is_mended()) {
        check_begins(text, ":2: \"http2\": needs the libwebsockets that script/lws builds", text);
        return;
    }
    CU_ASSERT_EQUAL(load(&config, text, &error), 0);
    CU_ASSERT_EQUAL(config.http2, 1);
}

static void relative_paths_are_seen_from_the_file(void)
{
    char page[80];
    char plugins[80];
    char cert[80];
    char key[80];
    struct config_error error;
    struct config config;

    beside(page, sizeof(page), "page");
    beside(plugins, sizeof(plugins), "../plugins");
    beside(cert, sizeof(cert), "./c.pem");
    beside(key, sizeof(key), "keys/k.pem");
    CU_ASSERT_EQUAL(load(&config,
                         "{\"mount-origin\": \"page\", \"plugin-dir\": \"../plugins\","
                         " \"tls\": {\"cert\": \"./c.pem\", \"key\": \"keys/k.pem\"}}",
                         &error),
                    0);
    CHECK_TEXT(config.mount_origin, page, "mount-origin");
    CHECK_TEXT(config.plugin_dir, plugins, "plugin-dir");
    CHECK_TEXT(config.tls_cert, cert, "cert");
    CHECK_TEXT(config.tls_key, key, "key");
}

static void paths_stay_as_they_are_for_a_file_named_without_a_directory(void)
{
    int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct config_error error;
    struct config config;

    write_file("{\"mount-origin\": \"page\"}");
    CU_ASSERT_EQUAL_FATAL(chdir(scratch.directory), 0);
    CU_ASSERT_EQUAL(config_load(&config, "echo.json", &error), 0);
    CHECK_TEXT(config.mount_origin, "page", "mount-origin");
    CU_ASSERT_EQUAL(fchdir(before), 0);
    close(before);
}

static void a_path_is_too_long_with_its_directory(void)
{
    static const struct {
        const char *key;
        const char *before; /* the path */
        const char *behind;
        size_t max;
    } rows[] = {
        {"mount-origin", "{\n\"mount-origin\": \"", "\"}", CONFIG_MOUNT_ORIGIN_MAX},
        {"plugin-dir", "{\n\"plugin-dir\": \"", "\"}", CONFIG_PLUGIN_DIR_MAX},
        {"cert", "{\"tls\": {\n\"cert\": \"", "\",\n\"key\": \"/k\"}}", PATH_MAX - 1},
        {"key", "{\"tls\": {\"cert\": \"/c\",\n\"key\": \"", "\"}}", PATH_MAX - 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t fitting = rows[i].max - strlen(scratch.directory) - 1;
        char text[PATH_MAX + 100];
        char path[PATH_MAX];
        char says[160];
        struct config_error error;
        struct config config;

        memset(path, 'p', sizeof(path));
        snprintf(text, sizeof(text), "%s%.*s%s", rows[i].before, (int)fitting, path,
                 rows[i].behind);
        CHECK_ROW(!load(&config, text, &error), rows[i].key);
        CHECK_TEXT(error.text, "", rows[i].key);

        snprintf(text, sizeof(text), "%s%.*s%s", rows[i].before, (int)fitting + 1, path,
                 rows[i].behind);
        snprintf(says, sizeof(says),
                 ":2: \"%s\": the path is too long (at most %zu bytes, directory included)",
                 rows[i].key, rows[i].max);
        check_refused(text, says, rows[i].key);
    }
}

#define PORT_TAKES " (0..65535; default 5000)"
#define FILES_TAKES " (64..1048576 or \"auto\"; default \"auto\")"
#define HEADER_TAKES " (1024..61440 bytes, like 65536 or 64k; default 16384)"
#define WORKERS_TAKES " (1..256 or \"auto\"; default 1)"
#define TEN "mmmmmmmmmm"
#define FIFTY TEN TEN TEN TEN TEN

static void a_wrong_key_of_the_app_is_refused_at_its_line(void)
{
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"{\"port\": 65536}", ":1: \"port\": 65536 is out of range" PORT_TAKES},
        {"{\n\"port\": 70000\n}", ":2: \"port\": 70000 is out of range" PORT_TAKES},
        {"{\n\n\"port\":\n-1}", ":3: \"port\": -1 is out of range" PORT_TAKES},
        {"{\"port\": 1.5}", ":1: \"port\": \"1.5\" is not a whole number" PORT_TAKES},
        {"{\"port\": 5000.0}", ":1: \"port\": \"5000.0\" is not a whole number" PORT_TAKES},
        {"{\"port\": \"5000\"}", ":1: \"port\": a string is not a number" PORT_TAKES},
        {"{\"port\": true}", ":1: \"port\": true is not a number" PORT_TAKES},
        {"{\"port\": false}", ":1: \"port\": false is not a number" PORT_TAKES},
        {"{\"port\": null}", ":1: \"port\": null is not a number" PORT_TAKES},
        {"{\"port\": [5000]}", ":1: \"port\": an array is not a number" PORT_TAKES},
        {"{\"port\": {}}", ":1: \"port\": an object is not a number" PORT_TAKES},

        {"{\"http2\": \"on\"}",
         ":1: \"http2\": a string is not true or false (true or false; default false)"},
        {"{\n\"http2\": true}",
         ":2: \"http2\": needs \"tls\": clients agree on HTTP/2 in the TLS handshake"},
        {"{\"address\": 1}", ":1: \"address\": a number is not a string (default \"\")"},
        {"{\"address\": \"localhost\"}",
         ":1: \"address\": \"localhost\" is not an IPv4 or IPv6 address, or \"unix:\" and an "
         "absolute path (default \"\")"},
        {"{\"address\": \"127.0.0.256\"}",
         ":1: \"address\": \"127.0.0.256\" is not an IPv4 or IPv6 address, or \"unix:\" and an "
         "absolute path (default \"\")"},
        {"{\"address\": \"[::1]\"}", ":1: \"address\": \"[::1]\" is not an IPv4 or IPv6 address, "
                                     "or \"unix:\" and an absolute path (default \"\")"},
        {"{\"address\": \"" FIFTY FIFTY TEN "mmm\"}",
         ":1: \"address\": \"" FIFTY TEN "mmmm...\" has 113 bytes (0..112; default \"\")"},
        {"{\"address\": \"unix:echo.sock\"}", ":1: \"address\": \"unix:echo.sock\" is not "
                                              "\"unix:\" and an absolute path (default \"\")"},
        {"{\"admin\": \"9090\"}",
         ":1: \"admin\": \"9090\" is not an address with its port (\"127.0.0.1:9090\", "
         "\"[::1]:9090\"), or \"unix:\" and an absolute path (default \"\")"},
        {"{\"socket-mode\": \"888\"}", ":1: \"socket-mode\": \"888\" is not three octal digits, "
                                       "like \"660\" or \"0660\" (default \"0660\")"},
        {"{\"log-level\": \"loud\"}",
         ":1: \"log-level\": \"loud\" is not one of \"error\", \"warn\", \"notice\", \"info\", "
         "\"debug\" (default \"warn\")"},
        {"{\"mount-origin\": \"" FIFTY FIFTY FIFTY TEN TEN TEN TEN "mm\"}",
         ":1: \"mount-origin\": \"" FIFTY TEN "mmmm...\" has 192 bytes (0..191; default \"\")"},
        {"{\"plugin-dir\": \"" FIFTY FIFTY FIFTY FIFTY TEN TEN "mmmm\"}",
         ":1: \"plugin-dir\": \"" FIFTY TEN "mmmm...\" has 224 bytes (0..223; default \"\")"},
        {"{\"max-header\": 1023}", ":1: \"max-header\": 1023 is out of range" HEADER_TAKES},
        {"{\"max-header\": \"61k\"}", ":1: \"max-header\": 61k is out of range" HEADER_TAKES},
        {"{\"max-open-files\": 63}", ":1: \"max-open-files\": 63 is out of range" FILES_TAKES},
        {"{\"max-open-files\": 1048577}",
         ":1: \"max-open-files\": 1048577 is out of range" FILES_TAKES},
        {"{\"max-open-files\": \"all\"}",
         ":1: \"max-open-files\": \"all\" is neither a number nor \"auto\"" FILES_TAKES},
        {"{\"workers\": 0}", ":1: \"workers\": 0 is out of range" WORKERS_TAKES},
        {"{\n\"workers\": 257}", ":2: \"workers\": 257 is out of range" WORKERS_TAKES},
        {"{\"workers\": 1.5}", ":1: \"workers\": \"1.5\" is not a whole number" WORKERS_TAKES},
        {"{\"workers\": \"many\"}",
         ":1: \"workers\": \"many\" is neither a number nor \"auto\"" WORKERS_TAKES},
        {"{\"workers\": \"4\"}",
         ":1: \"workers\": \"4\" is neither a number nor \"auto\"" WORKERS_TAKES},
        {"{\"workers\": null}", ":1: \"workers\": null is not a number" WORKERS_TAKES},
        {"{\"mount-origin\": null}", ":1: \"mount-origin\": null is not a string (default \"\")"},

        {"{\n\"prot\": 1}", ":2: \"prot\": unknown key; did you mean \"port\"?"},
        {"{\n\"mount_origin\": \"\"}",
         ":2: \"mount_origin\": unknown key; did you mean \"mount-origin\"?"},
        {"{\n\"threads\": 4}", ":2: \"threads\": unknown key; known are " KNOWN_KEYS},
        {"{\"echo\": {\n\"ping-interval\": 1},\n\"ping-interval\": 1}",
         ":3: \"ping-interval\": unknown key; known are " KNOWN_KEYS},
        {"{\"port\": 1,\n\"port2\": 2,\n\"port3\": 3}",
         ":2: \"port2\": unknown key; did you mean \"port\"?"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_refused(rows[i].text, rows[i].says, rows[i].text);
}

#define TLS_MUST_BE                                                                                \
    "\"tls\": must be { \"cert\": FILE, \"key\": FILE } or \"self-signed\"; default off"

static void wrong_tls_is_refused_at_its_line(void)
{
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"{\"tls\": true}", ":1: " TLS_MUST_BE},
        {"{\n\"tls\": null}", ":2: " TLS_MUST_BE},
        {"{\n\"tls\": 1}", ":2: " TLS_MUST_BE},
        {"{\n\"tls\": []}", ":2: " TLS_MUST_BE},
        {"{\n\"tls\": \"\"}", ":2: " TLS_MUST_BE},
        {"{\n\"tls\": \"self-signed \"}", ":2: " TLS_MUST_BE},
        {"{\n\"tls\": {}}",
         ":2: \"tls\": \"cert\" is missing: PEM file with the certificate and its chain"},
        {"{\n\"tls\": {\n\"key\": \"k\"}}",
         ":2: \"tls\": \"cert\" is missing: PEM file with the certificate and its chain"},
        {"{\n\"tls\": {\n\"cert\": \"c\"}}",
         ":2: \"tls\": \"key\" is missing: PEM file with the private key"},
        {"{\"tls\": {\n\"cert\": 1,\n\"key\": \"k\"}}",
         ":2: \"cert\": a number is not a string (default \"\")"},
        {"{\"tls\": {\n\"cert\": \"c\",\n\"key\": \"\"}}",
         ":3: \"key\": \"\" has 0 bytes (1..4095; default \"\")"},
        {"{\"tls\": {\n\"certs\": \"c\"}}", ":2: \"certs\": unknown key; did you mean \"cert\"?"},
        {"{\"tls\": {\"cert\": \"c\",\n\"password\": \"\"}}",
         ":2: \"password\": unknown key; known are \"cert\", \"key\""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_refused(rows[i].text, rows[i].says, rows[i].text);
}

static void a_wrong_option_of_the_plugin_is_refused_at_its_line(void)
{
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"{\n\"echo\": []}", ":2: \"echo\": must be { OPTION: VALUE, ... }"},
        {"{\n\"echo\": \"\"}", ":2: \"echo\": must be { OPTION: VALUE, ... }"},
        {"{\n\"echo\": null}", ":2: \"echo\": must be { OPTION: VALUE, ... }"},
        {"{\"echo\": {\n\"rx-bufer\": 2048}}",
         ":2: \"rx-bufer\": unknown key; did you mean \"rx-buffer\"?"},
        {"{\"echo\": {\"path\": \"/\",\n\"port\": 1234567890}}",
         ":2: \"port\": unknown key; did you mean \"path\"?"},
        {"{\"echo\": {\n\n\"origins\": \"*\"}}",
         ":3: \"origins\": unknown key; known are \"ping-interval\", \"pong-timeout\", "
         "\"write-timeout\", \"keep-alive-mode\", \"rx-buffer\", \"max-message\", \"path\", "
         "\"info-path\", "
         "\"health-path\", \"metrics-path\", \"allowed-origins\", \"subprotocols\", "
         "\"compression\", \"max-inflated\", \"max-connections\", "
         "\"max-connections-per-address\", \"trusted-proxies\", \"log-format\""},
        {"{\"echo\":\n{\"path\": \"/healthz\"}}", ":1: \"health-path\": \"/healthz\" is also the "
                                                  "\"path\"; use another path, or an empty one"},
        {"{\"echo\": {\"trusted-proxies\": [\"::1\", \"10.0.0.0/33\"]}}",
         ":1: \"trusted-proxies\": \"10.0.0.0/33\" is not an IP address, a network "
         "(\"10.0.0.0/8\"), or \"unix\" (default empty)"},
        {"{\"echo\": {\n\"ping-interval\": 86401}}",
         ":2: \"ping-interval\": 86401 is out of range (0..86400 s, like 2 or 250ms; default 120)"},
        {"{\"echo\": {\n\"ping-interval\": \"-1\"}}",
         ":2: \"ping-interval\": -1 is out of range (0..86400 s, like 2 or 250ms; default 120)"},
        {"{\"echo\": {\n\"ping-interval\": 0.5}}",
         ":2: \"ping-interval\": \"0.5\" is not a time (0..86400 s, like 2 or 250ms; default 120)"},
        {"{\"echo\": {\n\"ping-interval\": \"\"}}",
         ":2: \"ping-interval\": \"\" is not a time (0..86400 s, like 2 or 250ms; default 120)"},
        {"{\"echo\": {\n\"pong-timeout\": true}}",
         ":2: \"pong-timeout\": true is not a number or a string (0..86400 s, like 2 or 250ms; "
         "default 0)"},
        {"{\"echo\": {\n\"pong-timeout\": null}}",
         ":2: \"pong-timeout\": null is not a number or a string (0..86400 s, like 2 or 250ms; "
         "default 0)"},
        {"{\"echo\": {\n\"pong-timeout\": \"2m\"}}",
         ":2: \"pong-timeout\": \"2m\" is not a time (0..86400 s, like 2 or 250ms; default 0)"},
        {"{\n\"drain-delay\": \"1h\"}",
         ":2: \"drain-delay\": \"1h\" is not a time (0..3600 s, like 2 or 250ms; default 0)"},
        {"{\"echo\": {\n\"rx-buffer\": \"17m\"}}",
         ":2: \"rx-buffer\": 17m is out of range (1024..16777216 bytes, like 65536 or 64k; default "
         "262144)"},
        {"{\"echo\": {\n\"path\": [\"/\"]}}",
         ":2: \"path\": an array is not a string (default \"/ws\")"},
        {"{\"echo\": {\n\"path\": {}}}",
         ":2: \"path\": an object is not a string (default \"/ws\")"},
        {"{\"echo\": {\n\"path\": 5}}", ":2: \"path\": a number is not a string (default \"/ws\")"},
        {"{\"echo\": {\n\"rx-buffer\": 16383},\n\"tls\": \"self-signed\"}",
         ":2: \"rx-buffer\": 16383 is too small with TLS (at least 16384 bytes)"},
        {"{\"tls\": {\"cert\": \"c\",\n\"key\": \"k\"},\n\"echo\": {\n\"rx-buffer\": 1024}}",
         ":4: \"rx-buffer\": 1024 is too small with TLS (at least 16384 bytes)"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_refused(rows[i].text, rows[i].says, rows[i].text);
}

#define A_LIST(bytes) "(a list of up to " #bytes " bytes, commas included; default empty)"
#define NO_ARRAY(bytes) " is not an array of strings, as in [\"a\", \"b\"] " A_LIST(bytes)

static void a_wrong_choice_or_list_is_refused_at_its_line(void)
{
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"{\"echo\": {\n\"keep-alive-mode\": \"pingg\"}}",
         ":2: \"keep-alive-mode\": \"pingg\" is not one of \"ping\", \"pong\" (default \"ping\")"},
        {"{\"echo\": {\n\"keep-alive-mode\": 1}}",
         ":2: \"keep-alive-mode\": a number is not a string (one of \"ping\", \"pong\"; default "
         "\"ping\")"},
        {"{\"echo\": {\n\"compression\": true}}",
         ":2: \"compression\": true is not a string (one of \"off\", \"on\", "
         "\"no-context-takeover\"; default \"off\")"},
        {"{\"echo\": {\n\"subprotocols\": \"mqtt\"}}",
         ":2: \"subprotocols\": a string" NO_ARRAY(1023)},
        {"{\"echo\": {\n\"subprotocols\": \"\"}}", ":2: \"subprotocols\": a string" NO_ARRAY(1023)},
        {"{\"echo\": {\n\"allowed-origins\": null}}",
         ":2: \"allowed-origins\": null" NO_ARRAY(2047)},
        {"{\"echo\": {\n\"subprotocols\": {}}}", ":2: \"subprotocols\": an object" NO_ARRAY(1023)},
        {"{\"echo\": {\n\"subprotocols\": [\n7]}}",
         ":2: \"subprotocols\": item 1 is a number; it must be a string"},
        {"{\"echo\": {\n\"subprotocols\": [\"a\", null]}}",
         ":2: \"subprotocols\": item 2 is null; it must be a string"},
        {"{\"echo\": {\n\"subprotocols\": [\"a\", [\"b\"]]}}",
         ":2: \"subprotocols\": item 2 is an array; it must be a string"},
        {"{\"echo\": {\n\"subprotocols\": [\"\"]}}", ":2: \"subprotocols\": item 1 is empty"},
        {"{\"echo\": {\n\"subprotocols\": [\"a\", \" \\t \", \"c\"]}}",
         ":2: \"subprotocols\": item 2 is empty"},
        {"{\"echo\": {\n\"subprotocols\": [\"a\", \"b,c\"]}}",
         ":2: \"subprotocols\": item 2, \"b,c\", has a comma; each item is a string of its own"},
        {"{\"echo\": {\n\"subprotocols\": [\",\"]}}",
         ":2: \"subprotocols\": item 1, \",\", has a comma; each item is a string of its own"},
        {"{\"echo\": {\n\"subprotocols\": [\"a\", \"b/c\"]}}",
         ":2: \"subprotocols\": \"b/c\" is not a subprotocol: an HTTP token of at most 62 bytes, "
         "like \"mqtt\" (default empty)"},
        {"{\"echo\": {\n\"keep-alive-mode\": \"pong\",\n\"pong-timeout\": 30}}",
         ":3: \"pong-timeout\": 30 requires \"keep-alive-mode\" \"ping\"; with \"pong\" no answer "
         "is expected, and it must be 0"},
        {"{\"echo\": {\n\"max-message\": \"9223372036854775808\"}}",
         ":2: \"max-message\": 9223372036854775808 is out of range (0..9223372036854775807 bytes, "
         "like 65536 or 64k; "
         "default 0)"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_refused(rows[i].text, rows[i].says, rows[i].text);
}

static void a_key_is_placed_however_it_is_written(void)
{
    char text[256];
    char key[101];

    check_refused("{\n\"p\\u006frt\": 70000}",
                  ":2: \"port\": 70000 is out of range (0..65535; default 5000)", "escape");
    check_refused("{\n\"a\\nb\": 1}", ":2: \"a?b\": unknown key; known are " KNOWN_KEYS,
                  "line end");
    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    snprintf(text, sizeof(text), "{\n\"echo\": {\n\"%s\": 1}}", key);
    snprintf(key, sizeof(key), ":3: \"%.63s\": ", text + strlen("{\n\"echo\": {\n\""));
    check_begins(text, key, "100 letters");
}

static void the_first_error_in_the_file_is_reported(void)
{
    check_refused("{\"echo\": {\n\"path\": \"x\"},\n\"port\": -1}",
                  ":2: \"path\": \"x\" is not a URL path: it starts with \"/\" (default \"/ws\")",
                  "echo first");
    check_refused("{\"port\": -1,\n\"echo\": {\n\"path\": \"x\"}}",
                  ":1: \"port\": -1 is out of range" PORT_TAKES, "port first");
}

static void what_is_not_json_is_refused_where_it_ceases_to_be(void)
{
    static const struct {
        const char *text;
        const char *at;
    } rows[] = {
        {"", ":1:0: "},
        {"{", ":1:1: "},
        {"{ \"port\": }", ":1:11: "},
        {"{\n  \"port\": 1\n  \"echo\": {}\n}", ":3:8: "},
        {"{\n\"port\": 1,\n}", ":3:1: "},
        {"{\n\"port\": 1\n}\n}", ":4:1: "},
        {"{\n\"port\": 1, // the port\n}", ":2:12: "},
        {"{\n\"port\": 99999999999999999999}", ":2:28: "},
        {"{\n\"address\": \"\xFF\"}", ":2:12: "},
        {"5000", ":1:4: "},
        /* not a syntax error, but found by the same reader */
        {"{\n\"port\": 1,\n\"port\": 2}", ":3:6: "},
        {"{\"echo\": {\n\"path\": \"/\",\n\"path\": \"/\"}}", ":3:6: "},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct config_error error;
        struct config config;
        char starts[80];

        CHECK_ROW(load(&config, rows[i].text, &error) == -1, rows[i].text);
        snprintf(starts, sizeof(starts), "%s%s", scratch.file, rows[i].at);
        CHECK_ROW(strlen(error.text) > strlen(starts), rows[i].text);
        error.text[strlen(starts)] = '\0';
        CHECK_TEXT(error.text, starts, rows[i].text);
    }
}

/* Found by the fuzz target "config": jansson quotes what it has met, and a terminal obeys. */
static void what_is_quoted_cannot_steer_a_terminal(void)
{
    check_refused("\x1b[31m", ":1:1: '[' or '{' expected near '?'", "escape");
    check_refused("{\"port\": \x07", ":1:10: invalid token near '?'", "bell");
}

static void nothing_may_follow_the_object(void)
{
    static const char text[] = "{\"port\": 1}\0{}";
    FILE *stream = fopen(scratch.file, "wb");
    struct config_error error;
    struct config config;

    CU_ASSERT_EQUAL(fwrite(text, 1, sizeof(text), stream), sizeof(text));
    fclose(stream);
    CU_ASSERT_EQUAL(config_load(&config, scratch.file, &error), -1);
}

static void json_that_is_no_object_is_refused(void)
{
    check_refused("[]", ":1: the configuration must be an object, { ... }", "empty array");
    check_refused("\n[{}]", ":1: the configuration must be an object, { ... }", "array");
}

static void a_file_that_cannot_be_read_is_refused(void)
{
    char file[80];
    char says[200];
    struct config_error error;
    struct config config;

    beside(file, sizeof(file), "missing.json");
    CU_ASSERT_EQUAL(config_load(&config, file, &error), -1);
    snprintf(says, sizeof(says), "%s: cannot be read: %s", file, strerror(ENOENT));
    CHECK_TEXT(error.text, says, "missing");

    CU_ASSERT_EQUAL(config_load(&config, scratch.directory, &error), -1);
    snprintf(says, sizeof(says), "%s: cannot be read: %s", scratch.directory, strerror(EISDIR));
    CHECK_TEXT(error.text, says, "directory");
}

static void a_file_is_refused_from_one_byte_above_a_mebibyte(void)
{
    char *text = malloc(FILE_MAX_BYTES + 2);
    struct config_error error;
    struct config config;

    CU_ASSERT_PTR_NOT_NULL(text);
    if (!text)
        return;
    memset(text, ' ', FILE_MAX_BYTES + 1);
    text[0] = '{';
    text[FILE_MAX_BYTES - 1] = '}';
    text[FILE_MAX_BYTES] = '\0';
    CU_ASSERT_EQUAL(load(&config, text, &error), 0);
    CHECK_TEXT(error.text, "", "a mebibyte");

    text[FILE_MAX_BYTES] = '\n';
    text[FILE_MAX_BYTES + 1] = '\0';
    check_refused(text, ": larger than a configuration may be (1048576 bytes)", "one more");
    free(text);
}

/* An allocator for jansson that has only so much to give. */
static unsigned allocations_left;
static unsigned allocations_refused;

static void *give_if_left(size_t bytes)
{
    if (!allocations_left) {
        allocations_refused++;
        return NULL;
    }
    allocations_left--;

    return malloc(bytes);
}

static void without_memory_a_load_fails_cleanly(void)
{
    const unsigned too_many = 1000;
    unsigned given = 0;
    int failure = -1;

    for (; failure && given < too_many; given++) {
        struct config_error error;
        struct config config;
        char row[40];

        snprintf(row, sizeof(row), "%u allocations", given);
        allocations_left = given;
        allocations_refused = 0;
        json_set_alloc_funcs(give_if_left, free);
        failure = load(&config,
                       "{\"port\": 1, \"address\": \"::1\", \"tls\": {\"cert\": \"c\", "
                       "\"key\": \"k\"}, \"echo\": {\"path\": \"/\", \"rx-buffer\": 20000, "
                       "\"subprotocols\": [\"a\", \"b\"]}}",
                       &error);
        json_set_alloc_funcs(malloc, free);
        CHECK_ROW(failure ? error.text[0] : !allocations_refused, row);
    }
    CU_ASSERT_EQUAL(failure, 0);
    CU_ASSERT_TRUE(given > 10);
}

/* Runs config_print() with standard output in @file. */
static int print_to(const char *file, const struct config *config)
{
    int target = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int before = dup(STDOUT_FILENO);
    int failure;

    fflush(stdout);
    if (target < 0 || before < 0 || dup2(target, STDOUT_FILENO) < 0)
        abort();
    failure = config_print(config);
    __fpurge(stdout);
    clearerr(stdout);
    dup2(before, STDOUT_FILENO);
    close(before);
    close(target);

    return failure;
}

static void what_is_printed_loads_as_the_same(void)
{
    static const char *const texts[] = {
        "{}",
        "{\"port\": 0, \"address\": \"::1\", \"mount-origin\": \"page\", \"plugin-dir\": \"p\"}",
        "{\"workers\": 256}",
        "{\"max-open-files\": 64}",
        "{\"max-open-files\": 1048576}",
        "{\"max-header\": 1024}",
        "{\"max-header\": \"60k\"}",
        "{\"workers\": \"auto\"}",
        "{\"tls\": \"self-signed\"}",
        "{\"tls\": {\"cert\": \"c.pem\", \"key\": \"/k \\\" \\u00fc.pem\"}}",
        "{\"echo\": {\"path\": \"/four\", \"ping-interval\": 1, \"pong-timeout\": 2}}",
        "{\"echo\": {\"rx-buffer\": 3000}}",
        "{\"echo\": {\"rx-buffer\": \"64k\", \"max-message\": \"3m\"}}",
        ("{\"echo\": {\"ping-interval\": \"250ms\", \"pong-timeout\": \"86399999ms\", "
         "\"write-timeout\": \"2s\"}, \"drain-delay\": \"1500ms\"}"),
        "{\"echo\": {\"keep-alive-mode\": \"pong\", \"compression\": \"no-context-takeover\"}}",
        "{\"echo\": {\"allowed-origins\": [\"null\", \" http://[::1]:5000 \"]}}",
        "{\"echo\": {\"subprotocols\": [\"x\"]}}",
        "{\"echo\": {\"max-message\": 9007199254740993, \"max-inflated\": 9223372036854775807}}",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct config_error error = {""};
        struct config config;
        struct config again;

        CHECK_ROW(!load(&config, texts[i], &error), texts[i]);
        CHECK_ROW(!print_to(scratch.printed, &config), texts[i]);
        CHECK_ROW(!config_load(&again, scratch.printed, &error), texts[i]);
        CHECK_TEXT(error.text, "", texts[i]);

        CHECK_ROW(again.tls == config.tls, texts[i]);
        check_same(config_table(), &again, &config, texts[i]);
        check_same(config_tls_table(), &again, &config, texts[i]);
        check_same(options_table(), &again.options, &config.options, texts[i]);
    }
}

/* Says whether @text stands in @file. */
static bool file_has(const char *file, const char *text)
{
    FILE *stream = fopen(file, "rb");
    char content[8192];
    size_t bytes = stream ? fread(content, 1, sizeof(content) - 1, stream) : 0;

    content[bytes] = '\0';
    if (stream)
        fclose(stream);

    return strstr(content, text);
}

static void numbers_beyond_those_of_javascript_are_exact(void)
{
    static const struct {
        const char *text;
        const char *value;
        uint64_t number;
        const char *printed;
    } rows[] = {
        {"{\"echo\": {\"max-message\": 9007199254740993}}", "9007199254740993",
         UINT64_C(9007199254740993), "\"max-message\": 9007199254740993,"},
        {"{\"echo\": {\"max-message\": 9223372036854775806}}", "9223372036854775806",
         UINT64_C(9223372036854775806), "\"max-message\": 9223372036854775806,"},
        {"{\"echo\": {\"max-message\": 9223372036854775807}}", "9223372036854775807",
         UINT64_C(9223372036854775807), "\"max-message\": 9223372036854775807,"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct config_error error;
        struct config config;

        CHECK_ROW(!load(&config, rows[i].text, &error), rows[i].value);
        CHECK_ROW(config.options.max_message_bytes == rows[i].number, rows[i].value);
        CHECK_ROW(!print_to(scratch.printed, &config), rows[i].value);
        CHECK_ROW(file_has(scratch.printed, rows[i].printed), rows[i].printed);
    }
}

static void defaults_are_printed_too(void)
{
    const struct setting_table tables[] = {config_table(), options_table()};
    struct config_error error;
    struct config config;
    json_t *printed;

    CU_ASSERT_EQUAL(config_load(&config, NULL, &error), 0);
    CU_ASSERT_EQUAL(print_to(scratch.printed, &config), 0);

    printed = json_load_file(scratch.printed, 0, NULL);
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct setting *row = &tables[t].rows[i];
            const json_t *value =
                json_object_get(t ? json_object_get(printed, "echo") : printed, row->key);

            if (row->word && row->number == SETTING_WORD)
                CHECK_TEXT(json_string_value(value), row->word, row->key);
            else if (setting_is_number(row))
                CHECK_ROW(json_is_integer(value) &&
                              (uint64_t)json_integer_value(value) ==
                                  row->number / (row->type == SETTING_TIME ? 1000 : 1),
                          row->key);
            else if (row->type == SETTING_TEXT)
                CHECK_ROW(json_is_string(value), row->key);
            else if (row->type == SETTING_CHOICE)
                CHECK_TEXT(json_string_value(value), row->choices[row->number], row->key);
            else if (row->type == SETTING_LIST)
                CHECK_ROW(json_is_array(value) && !json_array_size(value), row->key);
            else if (row->type == SETTING_SWITCH)
                CHECK_ROW(json_is_boolean(value) && json_is_true(value) == (row->number != 0),
                          row->key);
        }
    CU_ASSERT_PTR_NULL(json_object_get(printed, "tls"));
    json_decref(printed);
}

static void printing_to_a_full_disk_fails(void)
{
    struct config_error error;
    struct config config;

    CU_ASSERT_EQUAL(config_load(&config, NULL, &error), 0);
    CU_ASSERT_EQUAL(print_to("/dev/full", &config), -1);
}

static void what_is_not_utf_8_cannot_be_printed(void)
{
    struct config_error error;
    struct config config;

    CU_ASSERT_EQUAL(load(&config, "{}", &error), 0);
    config.mount_origin[0] = '\xff';
    CU_ASSERT_EQUAL(config_print(&config), -1);
}

static void a_path_is_seen_from_a_files_directory(void)
{
    static const struct {
        const char *from;
        const char *path;
        const char *seen;
    } rows[] = {
        {"conf/echo.json", "page", "conf/page"},
        {"/etc/lws/echo.json", "../page", "/etc/lws/../page"},
        {"/echo.json", "page", "/page"},
        {"./echo.json", "page", "./page"},
        {"echo.json", "page", "page"},
        {"conf/echo.json", "/page", "/page"},
        {"echo.json", "/page", "/page"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t size = strlen(rows[i].seen) + 1;
        char seen[40];

        CHECK_ROW(!path_beside(rows[i].from, rows[i].path, seen, size), rows[i].seen);
        CHECK_TEXT(seen, rows[i].seen, rows[i].from);
        CHECK_ROW(path_beside(rows[i].from, rows[i].path, seen, size - 1) == -1, rows[i].seen);
    }
}

static void the_apps_own_directories_are_absolute_and_fit(void)
{
    char path[PATH_MAX];
    char small[8];

    CU_ASSERT_EQUAL(path_of_plugins(path, sizeof(path)), 0);
    CU_ASSERT_EQUAL(path[0], '/');
    CU_ASSERT_EQUAL(path_of_plugins(path, strlen(path) + 1), 0);
    CU_ASSERT_EQUAL(path_of_plugins(small, sizeof(small)), -1);

    CU_ASSERT_EQUAL(path_of_page(path, sizeof(path)), 0);
    CU_ASSERT_EQUAL(path[0], '/');
    CU_ASSERT_EQUAL(path_of_page(small, sizeof(small)), -1);
}

int main(int argc, char **argv)
{
    CU_TestInfo config_tests[] = {
        TEST(without_a_file_the_defaults_serve),
        TEST(what_a_file_leaves_out_has_its_default),
        TEST(every_key_is_taken),
        TEST(ports_and_addresses_are_taken_up_to_their_limits),
        TEST(workers_are_a_number_or_auto),
        TEST(options_are_taken_in_any_order),
        TEST(times_and_sizes_are_numbers_or_strings),
        TEST(without_its_own_the_plugin_has_the_log_format_of_the_app),
        TEST(tls_has_two_forms),
        TEST(http2_needs_the_mended_library),
        TEST(relative_paths_are_seen_from_the_file),
        TEST(paths_stay_as_they_are_for_a_file_named_without_a_directory),
        TEST(a_path_is_too_long_with_its_directory),
        TEST(a_wrong_key_of_the_app_is_refused_at_its_line),
        TEST(wrong_tls_is_refused_at_its_line),
        TEST(a_wrong_option_of_the_plugin_is_refused_at_its_line),
        TEST(a_wrong_choice_or_list_is_refused_at_its_line),
        TEST(a_key_is_placed_however_it_is_written),
        TEST(the_first_error_in_the_file_is_reported),
        TEST(what_is_not_json_is_refused_where_it_ceases_to_be),
        TEST(what_is_quoted_cannot_steer_a_terminal),
        TEST(nothing_may_follow_the_object),
        TEST(json_that_is_no_object_is_refused),
        TEST(a_file_that_cannot_be_read_is_refused),
        TEST(a_file_is_refused_from_one_byte_above_a_mebibyte),
        TEST(without_memory_a_load_fails_cleanly),
        TEST(what_is_printed_loads_as_the_same),
        TEST(numbers_beyond_those_of_javascript_are_exact),
        TEST(defaults_are_printed_too),
        TEST(printing_to_a_full_disk_fails),
        TEST(what_is_not_utf_8_cannot_be_printed),
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo paths_tests[] = {
        TEST(a_path_is_seen_from_a_files_directory),
        TEST(the_apps_own_directories_are_absolute_and_fit),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"config", make_scratch, remove_scratch, NULL, NULL, config_tests},
        {"paths", NULL, NULL, NULL, NULL, paths_tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
