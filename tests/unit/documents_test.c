#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_text.h"
#include "config/config.h"
#include "runner.h"

/*
 * What is written about the settings outside of their tables agrees with the tables. A row that
 * fails here says which document to correct.
 */

#define SCHEMA_FILE ECHO_SOURCE_DIR "/conf/lws-echo.schema.json"
#define LWSWS_FILE ECHO_SOURCE_DIR "/conf/lwsws/conf.d/lws-echo"
#define README_FILE ECHO_SOURCE_DIR "/README.md"

/* Whether a default stands in the schema: it must be a value that the schema allows. */
static bool has_default(const struct setting *row)
{
    return row->type == SETTING_NUMBER ||
           (row->type == SETTING_TEXT && strlen(row->text) >= row->min);
}

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && !strcmp(json_string_value(value), text);
}

/* Says whether @value is the integer @number. */
static bool is_number(const json_t *value, uint64_t number)
{
    return json_is_integer(value) && (uint64_t)json_integer_value(value) == number;
}

static void check_number(const json_t *property, const struct setting *row)
{
    const json_t *forms = json_object_get(property, "oneOf");
    const json_t *number = row->word ? json_array_get(forms, 0) : property;

    CHECK_ROW(json_array_size(forms) == (row->word ? 2 : 0), row->key);
    if (row->word)
        CHECK_ROW(is_text(json_object_get(json_array_get(forms, 1), "const"), row->word), row->key);
    CHECK_ROW(is_text(json_object_get(number, "type"), "integer"), row->key);
    CHECK_ROW(is_number(json_object_get(number, "minimum"), row->min), row->key);
    CHECK_ROW(is_number(json_object_get(number, "maximum"), row->max), row->key);
    if (row->word && row->number == SETTING_WORD)
        CHECK_ROW(is_text(json_object_get(property, "default"), row->word), row->key);
    else
        CHECK_ROW(is_number(json_object_get(property, "default"), row->number), row->key);
}

static void check_string(const json_t *property, const struct setting *row)
{
    const json_t *min = json_object_get(property, "minLength");

    CHECK_ROW(is_text(json_object_get(property, "type"), "string"), row->key);
    CHECK_ROW(row->min ? is_number(min, row->min) : !min, row->key);
    CHECK_ROW(is_number(json_object_get(property, "maxLength"), row->max), row->key);
    if (has_default(row))
        CHECK_ROW(is_text(json_object_get(property, "default"), row->text), row->key);
    else
        CHECK_ROW(!json_object_get(property, "default"), row->key);
}

static void check_enum(const json_t *property, const struct setting *row)
{
    const json_t *words = json_object_get(property, "enum");
    size_t count = 0;

    for (; row->choices[count]; count++)
        CHECK_ROW(is_text(json_array_get(words, count), row->choices[count]), row->key);
    CHECK_ROW(json_array_size(words) == count, row->key);
    CHECK_ROW(is_text(json_object_get(property, "default"), row->choices[row->number]), row->key);
}

static void check_array(const json_t *property, const struct setting *row)
{
    const json_t *items = json_object_get(property, "items");
    const json_t *listed = json_object_get(property, "default");

    CHECK_ROW(is_text(json_object_get(property, "type"), "array"), row->key);
    CHECK_ROW(is_text(json_object_get(items, "type"), "string"), row->key);
    CHECK_ROW(is_text(json_object_get(items, "pattern"), "^[^,]+$"), row->key);
    /* no list has a default that is not empty so far */
    CHECK_ROW(json_is_array(listed) && !json_array_size(listed) && !row->text[0], row->key);
}

/* Checks what the schema says of a value of @row. */
static void check_property(const json_t *property, const struct setting *row)
{
    CHECK_ROW(json_is_object(property), row->key);
    CHECK_ROW(is_text(json_object_get(property, "description"), row->help), row->key);

    switch (row->type) {
    case SETTING_NUMBER:
        check_number(property, row);
        break;
    case SETTING_TEXT:
        check_string(property, row);
        break;
    case SETTING_CHOICE:
        check_enum(property, row);
        break;
    case SETTING_LIST:
        check_array(property, row);
        break;
    case SETTING_SECTION:
        break;
    }
}

/* Checks that @schema is that of an object with the rows of @table as its properties. */
static void check_object(const json_t *schema, struct setting_table table, const char *name)
{
    const json_t *properties = json_object_get(schema, "properties");
    const char *key;
    json_t *value;

    CHECK_ROW(is_text(json_object_get(schema, "type"), "object"), name);
    CHECK_ROW(json_is_false(json_object_get(schema, "additionalProperties")), name);

    json_object_foreach ((json_t *)properties, key, value)
        CHECK_ROW(setting_find(table, key), key);

    for (size_t i = 0; i < table.count; i++)
        check_property(json_object_get(properties, table.rows[i].key), &table.rows[i]);
}

static json_t *load_json(const char *file)
{
    json_error_t error;
    json_t *json = json_load_file(file, JSON_REJECT_DUPLICATES, &error);

    if (!json)
        fprintf(stderr, "%s:%d: %s\n", file, error.line, error.text);
    CHECK_ROW(json, file);

    return json;
}

static const json_t *schema_property(const json_t *schema, const char *key)
{
    return json_object_get(json_object_get(schema, "properties"), key);
}

static void the_schema_has_the_keys_of_the_file(void)
{
    json_t *schema = load_json(SCHEMA_FILE);

    CHECK_ROW(
        is_text(json_object_get(schema, "$schema"), "https://json-schema.org/draft/2020-12/schema"),
        "$schema of the schema");
    check_object(schema, config_table(), "top level");
    CHECK_ROW(is_text(json_object_get(schema_property(schema, "$schema"), "type"), "string"),
              "$schema");
    json_decref(schema);
}

static void the_schema_has_the_options_of_the_plugin(void)
{
    json_t *schema = load_json(SCHEMA_FILE);

    check_object(schema_property(schema, "echo"), options_table(), "echo");
    json_decref(schema);
}

static void the_schema_has_both_forms_of_tls(void)
{
    json_t *schema = load_json(SCHEMA_FILE);
    const json_t *forms = json_object_get(schema_property(schema, "tls"), "oneOf");
    const json_t *files = json_array_get(forms, 0);
    const json_t *required = json_object_get(files, "required");
    struct setting_table table = config_tls_table();

    CU_ASSERT_EQUAL(json_array_size(forms), 2);
    check_object(files, table, "tls");
    CU_ASSERT_EQUAL(json_array_size(required), table.count);
    for (size_t i = 0; i < table.count; i++)
        CHECK_ROW(is_text(json_array_get(required, i), table.rows[i].key), table.rows[i].key);
    CU_ASSERT_TRUE(is_text(json_object_get(json_array_get(forms, 1), "const"), "self-signed"));
    json_decref(schema);
}

/* Returns the whole of a file as text, or NULL; the caller frees it. */
static char *read_text(const char *file)
{
    FILE *stream = fopen(file, "rb");
    char *text = NULL;
    size_t size = 0;
    FILE *out;
    int c;

    if (!stream)
        return NULL;
    out = open_memstream(&text, &size);
    while (out && (c = getc(stream)) != EOF)
        putc(c, out);
    if (out)
        fclose(out);
    fclose(stream);

    return text;
}

/* Says whether @number stands in @line, not as a part of a longer number. */
static bool mentions(const char *line, uint64_t number)
{
    char digits[24];
    size_t length;

    snprintf(digits, sizeof(digits), "%" PRIu64, number);
    length = strlen(digits);
    for (const char *p = strpbrk(line, "0123456789"); p; p = strpbrk(p, "0123456789")) {
        size_t run = strspn(p, "0123456789");

        if (run == length && !strncmp(p, digits, length))
            return true;
        p += run;
    }

    return false;
}

/* Says whether the words of @row stand in @line, each in quotes; the default twice. */
static bool mentions_choices(const char *line, const struct setting *row)
{
    char word[64];
    const char *found;

    for (size_t i = 0; row->choices[i]; i++) {
        snprintf(word, sizeof(word), "`\"%s\"`", row->choices[i]);
        found = strstr(line, word);
        if (!found || (i == row->number && !strstr(found + 1, word)))
            return false;
    }

    return true;
}

/*
 * Says whether the word that @row takes in the place of a number stands in @line, in quotes; a
 * default twice.
 */
static bool mentions_word(const char *line, const struct setting *row)
{
    const char *found;
    char word[64];

    snprintf(word, sizeof(word), "`\"%s\"`", row->word ? row->word : "");
    found = strstr(line, word);

    return !row->word || (found && (row->number != SETTING_WORD || strstr(found + 1, word)));
}

/* Says whether @line has the numbers or the words of @row. */
static bool agrees(const char *line, const struct setting *row)
{
    switch (row->type) {
    case SETTING_NUMBER:
        return (row->number == SETTING_WORD || mentions(line, row->number)) &&
               mentions(line, row->max) && mentions_word(line, row);
    case SETTING_CHOICE:
        return mentions_choices(line, row);
    case SETTING_LIST:
        return mentions(line, row->max);
    default:
        return true;
    }
}

/* Says whether @text has a table line of @row that agrees with it. */
static bool has_table_line(const char *text, const struct setting *row)
{
    char cell[80];
    const char *p = text;

    snprintf(cell, sizeof(cell), "| `%s`", row->key);
    while ((p = strstr(p, cell))) {
        size_t bytes = strcspn(p, "\n");
        char line[1024];

        snprintf(line, sizeof(line), "%.*s", (int)bytes, p);
        if (agrees(line + strlen(cell), row))
            return true;
        p += bytes;
    }

    return false;
}

static void the_readme_has_a_table_line_for_every_setting(void)
{
    const struct setting_table tables[] = {config_table(), options_table()};
    char *readme = read_text(README_FILE);

    CHECK_ROW(readme, README_FILE);
    for (size_t t = 0; readme && t < sizeof(tables) / sizeof(tables[0]); t++)
        for (size_t i = 0; i < tables[t].count; i++)
            if (strcmp(tables[t].rows[i].key, "$schema") != 0)
                CHECK_ROW(has_table_line(readme, &tables[t].rows[i]), tables[t].rows[i].key);
    free(readme);
}

static void the_readme_is_searched_for_whole_cells_and_numbers(void)
{
    static const struct setting number = {
        .key = "port", .type = SETTING_NUMBER, .max = 65535, .number = 50};
    static const struct setting word = {
        .key = "cores", .type = SETTING_NUMBER, .max = 8, .number = 1, .word = "all"};
    static const struct setting text = {.key = "path", .type = SETTING_TEXT, .text = ""};
    static const struct setting unasked = {
        .key = "cores", .type = SETTING_NUMBER, .max = 8, .number = SETTING_WORD, .word = "all"};
    static const char *const words[] = {"on", "off", NULL};
    static const struct setting choice = {
        .key = "zip", .type = SETTING_CHOICE, .number = 1, .choices = words};
    static const struct setting list = {.key = "names", .type = SETTING_LIST, .max = 20};
    static const struct {
        const char *name;
        const struct setting *row;
        const char *text;
        bool found;
    } rows[] = {
        {"number", &number, "# x\n| `port` | 50 | 0..65535 |\n", true},
        {"number, last line", &number, "| `port` | 0..65535; 50", true},
        {"number, second line of the key", &number, "| `port` |\n| `port` | 50 | 65535 |", true},
        {"number, no default", &number, "| `port` | 0..65535 |\n| `x` | 50 |", false},
        {"number, no maximum", &number, "| `port` | 50 |\n", false},
        {"number, default only in another", &number, "| `port` | 500..65535 |\n", false},
        {"word", &word, "| `cores` | 1..8 or `\"all\"` | 1 |", true},
        {"word, left out", &word, "| `cores` | 1..8 | 1 |", false},
        {"default word", &unasked, "| `cores` | 1..8 or `\"all\"` | `\"all\"` |", true},
        {"default word, left out", &unasked, "| `cores` | 1..8 or `\"all\"` | 1 |", false},
        {"word, no maximum", &word, "| `cores` | 1 or `\"all\"` |", false},
        {"choice", &choice, "| `zip` | `\"on\"` or `\"off\"` | `\"off\"` |", true},
        {"choice, no default", &choice, "| `zip` | `\"on\"` or `\"off\"` |", false},
        {"choice, other default", &choice, "| `zip` | `\"on\"` or `\"off\"` | `\"on\"` |", false},
        {"choice, a word less", &choice, "| `zip` | `\"off\"` | `\"off\"` |", false},
        {"list", &list, "| `names` | up to 20 bytes |", true},
        {"list, other maximum", &list, "| `names` | up to 21 bytes |", false},
        {"text", &text, "| `path` | where |", true},
        {"text, no quotes", &text, "| path | where |", false},
        {"text, no table", &text, "the `path` is where", false},
        {"text, longer key", &text, "| `path-2` | where |", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(has_table_line(rows[i].text, rows[i].row) == rows[i].found, rows[i].name);
}

static const struct {
    const char *file;
    enum config_tls tls;
} examples[] = {
    {ECHO_SOURCE_DIR "/conf/echo.json", CONFIG_TLS_OFF},
    {ECHO_SOURCE_DIR "/conf/echo-tls.json", CONFIG_TLS_FILES},
    {ECHO_SOURCE_DIR "/conf/echo-self-signed.json", CONFIG_TLS_SELF_SIGNED},
};

#define EXAMPLE_COUNT (sizeof(examples) / sizeof(examples[0]))

static void the_example_files_load(void)
{
    for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
        struct config_error error = {""};
        struct config config;

        CHECK_ROW(!config_load(&config, examples[i].file, &error), examples[i].file);
        CHECK_TEXT(error.text, "", examples[i].file);
        CHECK_ROW(config.tls == examples[i].tls, examples[i].file);
    }
}

static void the_example_files_name_the_schema_beside_them(void)
{
    for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
        json_t *example = load_json(examples[i].file);

        CHECK_ROW(is_text(json_object_get(example, "$schema"), "lws-echo.schema.json"),
                  examples[i].file);
        json_decref(example);
    }
    CU_ASSERT_EQUAL(access(ECHO_SOURCE_DIR "/conf/lws-echo.schema.json", R_OK), 0);
}

static void the_readmes_example_loads(void)
{
    static const char open[] = "```json\n";
    char *readme = read_text(README_FILE);
    char *example = readme ? strstr(readme, open) : NULL;
    char *end = example ? strstr(example + strlen(open), "```") : NULL;
    char file[] = "/tmp/lws-echo-readme-XXXXXX";
    struct config_error error = {""};
    struct config config;
    int fd = mkstemp(file);

    CU_ASSERT_FATAL(end && fd >= 0);
    example += strlen(open);
    CU_ASSERT_EQUAL(write(fd, example, (size_t)(end - example)), end - example);
    close(fd);

    CU_ASSERT_EQUAL(config_load(&config, file, &error), 0);
    CHECK_TEXT(error.text, "", "README.md");
    CU_ASSERT_EQUAL(config.options.compression, COMPRESSION_NO_CONTEXT_TAKEOVER);
    unlink(file);
    free(readme);
}

/* Every vhost names every option, with a value that is taken: its default, but for two. */
static void lwsws_is_given_all_options(void)
{
    json_t *root = json_load_file(LWSWS_FILE, JSON_REJECT_DUPLICATES, NULL);
    json_t *vhosts = json_object_get(root, "vhosts");
    struct setting_table table = options_table();

    CU_ASSERT_EQUAL(json_array_size(vhosts), 2); /* plain, and TLS */
    for (size_t v = 0; v < json_array_size(vhosts); v++) {
        const json_t *protocols = json_object_get(json_array_get(vhosts, v), "ws-protocols");
        const json_t *echo = json_object_get(json_array_get(protocols, 0), "lws-echo");
        struct options options;
        struct options defaults;
        struct setting_error error;

        setting_defaults(table, &options);
        setting_defaults(table, &defaults);
        CU_ASSERT_EQUAL(json_object_size(echo), table.count + 2); /* and "default" and "raw" */
        for (size_t i = 0; i < table.count; i++) {
            const char *value = json_string_value(json_object_get(echo, table.rows[i].key));

            CHECK_ROW(value && !setting_set(table, &options, table.rows[i].key, value, &error),
                      table.rows[i].key);
        }
        CHECK_TEXT(options.health_path, "/healthz", "health-path");
        CHECK_TEXT(options.metrics_path, "/metrics", "metrics-path");
        options.health_path[0] = options.metrics_path[0] = '\0';
        for (size_t i = 0; i < table.count; i++) {
            const struct setting *row = &table.rows[i];

            if (row->type == SETTING_NUMBER)
                CHECK_ROW(setting_number(row, &options) == setting_number(row, &defaults),
                          row->key);
            else
                CHECK_TEXT(setting_text(row, &options), setting_text(row, &defaults), row->key);
        }
    }
    json_decref(root);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(lwsws_is_given_all_options),
        TEST(the_schema_has_the_keys_of_the_file),
        TEST(the_schema_has_the_options_of_the_plugin),
        TEST(the_schema_has_both_forms_of_tls),
        TEST(the_readme_has_a_table_line_for_every_setting),
        TEST(the_readme_is_searched_for_whole_cells_and_numbers),
        TEST(the_readmes_example_loads),
        TEST(the_example_files_load),
        TEST(the_example_files_name_the_schema_beside_them),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"documents", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
