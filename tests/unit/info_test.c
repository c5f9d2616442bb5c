#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check_text.h"
#include "config/setting_json.h"
#include "core/info.h"
#include "runner.h"

static struct options new_options(void)
{
    struct options options;

    setting_defaults(options_table(), &options);

    return options;
}

static void set(struct options *options, const char *key, const char *value)
{
    struct setting_error error = {"", ""};

    CHECK_ROW(!setting_set(options_table(), options, key, value, &error), error.text);
}

static void check_member(const json_t *document, const char *key, const char *wanted)
{
    const char *got = json_string_value(json_object_get(document, key));

    CHECK_TEXT(got ? got : "(none)", wanted, key);
}

/* Writes the document, checks its form, and returns it as jansson reads it. */
static json_t *document_of(const struct options *options)
{
    char text[INFO_MAX];
    int bytes = info_write(options, "1.2.3", "4.1.6-\"\\\x01", text, sizeof(text));
    json_t *document;

    CU_ASSERT_TRUE_FATAL(bytes > 0);
    CU_ASSERT_EQUAL((size_t)bytes, strlen(text));
    CU_ASSERT_EQUAL(text[bytes - 1], '\n');
    document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(document);

    return document;
}

static void the_versions_are_told(void)
{
    struct options options = new_options();
    json_t *document = document_of(&options);

    check_member(document, "name", "lws-echo");
    check_member(document, "version", "1.2.3");
    check_member(document, "libwebsockets", "4.1.6-\"\\\x01");
    CU_ASSERT_EQUAL(json_object_size(document), 4);
    json_decref(document);
}

static bool is_same(const json_t *got, const json_t *wanted)
{
    return json_is_real(wanted) ? json_number_value(got) == json_real_value(wanted)
                                : json_equal(got, wanted);
}

/* Each as a configuration has it, but times in seconds; @options are other ones than the defaults.
 */
static void check_settings(const struct options *options)
{
    struct setting_table table = options_table();
    json_t *document = document_of(options);
    json_t *told = json_object_get(document, "options");
    size_t published = 0;

    for (size_t i = 0; i < table.count; i++) {
        json_t *wanted = table.rows[i].type == SETTING_TIME
                             ? json_real((double)setting_number(&table.rows[i], options) / 1000)
                             : setting_json_value(&table.rows[i], options);
        const json_t *got = json_object_get(told, table.rows[i].key);

        CHECK_ROW(table.rows[i].published ? is_same(got, wanted) : !got, table.rows[i].key);
        published += table.rows[i].published;
        json_decref(wanted);
    }
    CU_ASSERT_EQUAL(json_object_size(told), published);
    CU_ASSERT_EQUAL(published, table.count - 8);
    json_decref(document);
}

static void published_settings_are_told_as_they_are_configured(void)
{
    struct options options = new_options();

    check_settings(&options);
    set(&options, "ping-interval", "30");
    set(&options, "write-timeout", "86399999ms");
    set(&options, "max-message", "9223372036854775807");
    set(&options, "path", "/a\"b\\c");
    set(&options, "subprotocols", "mqtt, chat.v2");
    set(&options, "compression", "no-context-takeover");
    check_settings(&options);
}

/* The page, and others, reckon with numbers. */
static void times_are_told_in_seconds(void)
{
    static const struct {
        const char *value;
        const char *told;
    } rows[] = {
        {"0", "\"ping-interval\":0,"},          {"120", "\"ping-interval\":120,"},
        {"2s", "\"ping-interval\":2,"},         {"250ms", "\"ping-interval\":0.250,"},
        {"1001ms", "\"ping-interval\":1.001,"}, {"3000ms", "\"ping-interval\":3,"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options = new_options();
        char text[INFO_MAX];

        set(&options, "ping-interval", rows[i].value);
        CHECK_ROW(info_write(&options, "", "", text, sizeof(text)) > 0, rows[i].value);
        CHECK_ROW(strstr(text, rows[i].told), text);
    }
}

static void internal_names_are_not_told(void)
{
    struct options options = new_options();
    char text[INFO_MAX];

    set(&options, "allowed-origins", "https://intranet.example");
    set(&options, "info-path", "/hidden");
    CU_ASSERT_TRUE(info_write(&options, "", "", text, sizeof(text)) > 0);
    CU_ASSERT_PTR_NULL(strstr(text, "intranet"));
    CU_ASSERT_PTR_NULL(strstr(text, "hidden"));
}

/* The settings that make the longest document: what must be escaped, and many items. */
static struct options longest_options(void)
{
    struct options options = new_options();

    memset(options.path, '"', OPTIONS_PATH_MAX);
    options.path[0] = '/';
    options.path[OPTIONS_PATH_MAX] = '\0';
    memset(options.subprotocols, 'x', OPTIONS_SUBPROTOCOLS_MAX);
    for (size_t i = 1; i < OPTIONS_SUBPROTOCOLS_MAX; i += 2)
        options.subprotocols[i] = ',';
    options.subprotocols[OPTIONS_SUBPROTOCOLS_MAX] = '\0';
    options.ping_interval_ms = options.pong_timeout_ms = INT64_MAX;
    options.rx_buffer_bytes = options.max_message_bytes = INT64_MAX;
    options.max_inflated_bytes = INT64_MAX;
    options.compression = COMPRESSION_NO_CONTEXT_TAKEOVER;

    return options;
}

static void the_longest_document_fits(void)
{
    static const char version[] =
        "0123456789012345678901234567890123456789012345678901234567890123";
    struct options options = longest_options();
    char text[INFO_MAX];

    CU_ASSERT_TRUE(info_write(&options, version, version, text, sizeof(text)) > 0);
    check_settings(&options);
}

static void a_document_that_does_not_fit_is_an_error(void)
{
    struct options options = longest_options();
    char whole[INFO_MAX];
    int bytes = info_write(&options, "1", "2", whole, sizeof(whole));

    for (int size = 0; size <= bytes; size++) {
        char *text = malloc(size ? (size_t)size : 1); /* so that a byte too much is found */

        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        CU_ASSERT_EQUAL(info_write(&options, "1", "2", text, (size_t)size), -1);
        free(text);
    }
    CU_ASSERT_EQUAL(info_write(&options, "1", "2", whole, (size_t)bytes + 1), bytes);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(the_versions_are_told),
        TEST(published_settings_are_told_as_they_are_configured),
        TEST(times_are_told_in_seconds),
        TEST(internal_names_are_not_told),
        TEST(the_longest_document_fits),
        TEST(a_document_that_does_not_fit_is_an_error),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"info", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
