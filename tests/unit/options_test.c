#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check_text.h"
#include "options.h"
#include "runner.h"

static struct echo_options new_options(void)
{
    struct echo_options options;

    setting_defaults(echo_options_table(), &options);

    return options;
}

static void defaults_are_those_of_the_design(void)
{
    struct echo_options options = new_options();

    CU_ASSERT_EQUAL(options.ping_interval_s, 120);
    CU_ASSERT_EQUAL(options.pong_timeout_s, 0);
    CU_ASSERT_EQUAL(options.rx_buffer_bytes, 262144);
    CHECK_TEXT(options.path, "/ws", "path");
}

static void every_default_is_a_value_its_row_takes(void)
{
    struct setting_table table = echo_options_table();

    for (size_t i = 0; i < table.count; i++) {
        const struct setting *row = &table.rows[i];
        struct echo_options options = new_options();
        struct setting_error error;
        char value[32];

        snprintf(value, sizeof(value), "%" PRIu64, row->number);
        CHECK_ROW(!setting_set(table, &options, row->key,
                               row->type == SETTING_NUMBER ? value : row->text, &error),
                  row->key);
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
         "86401 is out of range (0..86400 s; default 120)"},
        {"pong-timeout", "0", "86400", NULL, "86401",
         "86401 is out of range (0..86400 s; default 0)"},
        {"rx-buffer", "1024", "16777216", "1023", "16777217",
         "16777217 is out of range (1024..16777216 bytes; default 262144)"},
    };
    struct setting_table table = echo_options_table();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct setting *row = setting_find(table, rows[i].key);
        struct echo_options options = new_options();
        struct setting_error error;

        CHECK_ROW(!setting_set(table, &options, rows[i].key, rows[i].min, &error), rows[i].key);
        CHECK_ROW(setting_number(row, &options) == row->min, rows[i].key);
        CHECK_ROW(!setting_set(table, &options, rows[i].key, rows[i].max, &error), rows[i].key);
        CHECK_ROW(setting_number(row, &options) == row->max, rows[i].key);

        if (rows[i].below)
            CHECK_ROW(setting_set(table, &options, rows[i].key, rows[i].below, &error) == -EINVAL,
                      rows[i].key);
        CHECK_ROW(setting_set(table, &options, rows[i].key, rows[i].above, &error) == -EINVAL,
                  rows[i].key);
        CHECK_TEXT(error.key, rows[i].key, rows[i].key);
        CHECK_TEXT(error.text, rows[i].says, rows[i].key);
        CHECK_ROW(setting_number(row, &options) == row->max, rows[i].key);
    }
}

static void each_option_has_its_own_field(void)
{
    static const char *const pairs[][2] = {
        {"ping-interval", "1"}, {"pong-timeout", "2"}, {"rx-buffer", "3000"}, {"path", "/four"}};
    struct echo_options options = new_options();
    struct setting_error error;

    CU_ASSERT_EQUAL(echo_options_table().count, sizeof(pairs) / sizeof(pairs[0]));
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        CHECK_ROW(!setting_set(echo_options_table(), &options, pairs[i][0], pairs[i][1], &error),
                  pairs[i][0]);
    CU_ASSERT_EQUAL(options.ping_interval_s, 1);
    CU_ASSERT_EQUAL(options.pong_timeout_s, 2);
    CU_ASSERT_EQUAL(options.rx_buffer_bytes, 3000);
    CHECK_TEXT(options.path, "/four", "path");
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
    char longest[ECHO_PATH_MAX + 1];
    const char *const paths[] = {"/", "/ws", "/a/b-c_d.e~", "/%20", "/!$&'()*+,;=:@", longest};

    long_path(longest, ECHO_PATH_MAX);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct echo_options options = new_options();
        struct setting_error error;

        CHECK_ROW(!setting_set(echo_options_table(), &options, "path", paths[i], &error), paths[i]);
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
        {"", "\"\" has 0 bytes (1..255; default \"/ws\")"},
        {"ws", "\"ws\"" NOT_ROOTED},
        {"ws/", "\"ws/\"" NOT_ROOTED},
        {"/a b", "\"/a b\"" NOT_PRINTABLE},
        {" /ws", "\" /ws\"" NOT_PRINTABLE},
        {"/ws?x", "\"/ws?x\"" NOT_PRINTABLE},
        {"/ws#x", "\"/ws#x\"" NOT_PRINTABLE},
        {"/a\tb", "\"/a?b\"" NOT_PRINTABLE},
        {"/a\nb", "\"/a?b\"" NOT_PRINTABLE},
        {"/\x7F", "\"/?\"" NOT_PRINTABLE},
        {"/\xC3\xBC", "\"/\xC3\xBC\"" NOT_PRINTABLE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct echo_options options = new_options();
        struct setting_error error;

        CHECK_ROW(setting_set(echo_options_table(), &options, "path", rows[i].path, &error) ==
                      -EINVAL,
                  rows[i].path);
        CHECK_TEXT(error.key, "path", rows[i].path);
        CHECK_TEXT(error.text, rows[i].says, rows[i].path);
        CHECK_TEXT(options.path, "/ws", rows[i].path);
    }
}

static void a_path_one_byte_too_long_is_refused(void)
{
    struct echo_options options = new_options();
    char path[ECHO_PATH_MAX + 2];
    struct setting_error error;

    long_path(path, ECHO_PATH_MAX + 1);
    CU_ASSERT_EQUAL(setting_set(echo_options_table(), &options, "path", path, &error), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "has 256 bytes (1..255; default \"/ws\")"));
    CHECK_TEXT(options.path, "/ws", "path");
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
        struct echo_options options = new_options();
        struct setting_error error = {0};

        options.rx_buffer_bytes = rows[i].rx_buffer_bytes;
        CHECK_ROW(echo_options_check(&options, rows[i].tls, &error) == (rows[i].says ? -EINVAL : 0),
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
        {"smallest", 1024, 16384},           {"a byte less than headers need", 16383, 16384},
        {"what headers need", 16384, 16384}, {"a byte more", 16385, 16385},
        {"default", 262144, 262144},         {"largest", 16777216, 16777216},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct echo_options options = new_options();

        options.rx_buffer_bytes = rows[i].rx_buffer_bytes;
        CHECK_ROW(echo_options_service_buffer_bytes(&options) == rows[i].service_buffer_bytes,
                  rows[i].name);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(defaults_are_those_of_the_design),
        TEST(every_default_is_a_value_its_row_takes),
        TEST(numbers_are_taken_up_to_their_limits),
        TEST(each_option_has_its_own_field),
        TEST(url_paths_are_taken),
        TEST(what_is_not_a_url_path_is_refused),
        TEST(a_path_one_byte_too_long_is_refused),
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
