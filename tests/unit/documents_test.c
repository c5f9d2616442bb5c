#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_text.h"
#include "config/arguments.h"
#include "config/config.h"
#include "library.h"
#include "runner.h"
#include "text_file.h"

/*
 * What is written about the settings outside of their tables agrees with the tables. A row that
 * fails here says which document to correct. With --tables the program prints the tables instead.
 */

#define SCHEMA_FILE ECHO_SOURCE_DIR "/conf/lws-echo.schema.json"
#define LWSWS_FILE ECHO_SOURCE_DIR "/conf/lwsws/conf.d/lws-echo"
#define README_FILE ECHO_SOURCE_DIR "/README.md"
#define LIBRARY_FILE ECHO_SOURCE_DIR "/docs/libwebsockets.md"
#define CONFIGURATION_FILE ECHO_SOURCE_DIR "/docs/configuration.md"

/* Whether a default stands in the schema: it must be a value that the schema allows. */
static bool has_default(const struct setting *row)
{
    return setting_is_number(row) || (row->type == SETTING_TEXT && strlen(row->text) >= row->min);
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

/* Returns the other form that the schema gives a number of @row's type, or NULL. */
static const char *other_pattern(const struct setting *row)
{
    switch (row->type) {
    case SETTING_TIME:
        return "^[0-9]+(ms|s)?$";
    case SETTING_SIZE:
        return "^[0-9]+[km]?$";
    default:
        return NULL;
    }
}

/* The numbers of a schema are seconds and bytes. */
static void check_number(const json_t *property, const struct setting *row)
{
    const char *pattern = other_pattern(row);
    const uint64_t divisor = row->type == SETTING_TIME ? 1000 : 1;
    const json_t *forms = json_object_get(property, "oneOf");
    const json_t *number = row->word || pattern ? json_array_get(forms, 0) : property;
    const json_t *other = json_array_get(forms, 1);

    CHECK_ROW(json_array_size(forms) == (row->word || pattern ? 2 : 0), row->key);
    if (row->word)
        CHECK_ROW(is_text(json_object_get(other, "const"), row->word), row->key);
    if (pattern)
        CHECK_ROW(is_text(json_object_get(other, "type"), "string") &&
                      is_text(json_object_get(other, "pattern"), pattern),
                  row->key);
    CHECK_ROW(is_text(json_object_get(number, "type"), "integer"), row->key);
    CHECK_ROW(is_number(json_object_get(number, "minimum"), row->min / divisor), row->key);
    CHECK_ROW(is_number(json_object_get(number, "maximum"), row->max / divisor), row->key);
    if (row->word && row->number == SETTING_WORD)
        CHECK_ROW(is_text(json_object_get(property, "default"), row->word), row->key);
    else
        CHECK_ROW(is_number(json_object_get(property, "default"), row->number / divisor), row->key);
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

static void check_boolean(const json_t *property, const struct setting *row)
{
    CHECK_ROW(is_text(json_object_get(property, "type"), "boolean"), row->key);
    CHECK_ROW(json_is_boolean(json_object_get(property, "default")) &&
                  json_is_true(json_object_get(property, "default")) == (row->number != 0),
              row->key);
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
    case SETTING_TIME:
    case SETTING_SIZE:
        check_number(property, row);
        break;
    case SETTING_TEXT:
        check_string(property, row);
        break;
    case SETTING_CHOICE:
        check_enum(property, row);
        break;
    case SETTING_SWITCH:
        check_boolean(property, row);
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

/* Writes @text to @out as a cell of a table has it. */
static void print_cell(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text, out);
    }
}

/* Returns a line of a table, with a line end: @key, already formatted, and cells; to be freed. */
static char *table_line(const char *key, const char *takes, const char *help)
{
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);

    if (!out)
        abort();
    fputs("| ", out);
    print_cell(out, key);
    if (takes) {
        fputs(" | ", out);
        print_cell(out, takes);
    }
    fputs(" | ", out);
    print_cell(out, help);
    fputs(" |\n", out);
    if (fclose(out) || !line)
        abort();

    return line;
}

static char *setting_line(const struct setting *row)
{
    char takes[160];
    char key[80];

    setting_describe(row, takes, sizeof(takes));
    snprintf(key, sizeof(key), "`%s`", row->key);

    return table_line(key, takes, row->help);
}

static char *flag_line(const struct arguments_flag *flag)
{
    char key[120] = "";

    if (flag->short_name && flag->value)
        snprintf(key, sizeof(key), "`-%c %s`, `--%s %s`", flag->short_name, flag->value, flag->name,
                 flag->value);
    else if (flag->short_name)
        snprintf(key, sizeof(key), "`-%c`, `--%s`", flag->short_name, flag->name);
    else if (flag->value)
        snprintf(key, sizeof(key), "`--%s %s`", flag->name, flag->value);
    else
        snprintf(key, sizeof(key), "`--%s`", flag->name);

    return table_line(key, NULL, flag->help);
}

/* Checks that @text of a document has the line @wanted, which is freed; otherwise prints it. */
static void check_line(const char *text, char *wanted, const char *name)
{
    bool found = strstr(text, wanted);

    if (!found)
        fprintf(stderr, "\nThe document lacks this line (--tables prints all):\n%s", wanted);
    CHECK_ROW(found, name);
    free(wanted);
}

static bool is_schema(const struct setting *row)
{
    return !strcmp(row->key, "$schema");
}

static void the_configuration_document_has_every_setting_word_for_word(void)
{
    const struct setting_table tables[] = {config_table(), options_table()};
    char *text = text_file_read(CONFIGURATION_FILE);

    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (size_t i = 0; i < tables[t].count; i++)
            if (!is_schema(&tables[t].rows[i]))
                check_line(text, setting_line(&tables[t].rows[i]), tables[t].rows[i].key);
    free(text);
}

static void the_configuration_document_names_what_takes_a_restart(void)
{
    static const char heading[] = "## What takes a restart\n";
    const struct setting_table tables[] = {config_table(), options_table()};
    char *text = text_file_read(CONFIGURATION_FILE);
    char *section = text ? strstr(text, heading) : NULL;
    char *next = section ? strstr(section + strlen(heading), "\n## ") : NULL;

    CU_ASSERT_PTR_NOT_NULL(section);
    if (next)
        *next = '\0';
    for (size_t t = 0; section && t < sizeof(tables) / sizeof(tables[0]); t++)
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct setting *row = &tables[t].rows[i];
            char key[80];

            snprintf(key, sizeof(key), "`%s`", row->key);
            CHECK_ROW(!strstr(section, key) == (row->change == SETTING_CHANGE_LIVE), row->key);
        }
    free(text);
}

static void the_configuration_document_has_every_flag_word_for_word(void)
{
    char *text = text_file_read(CONFIGURATION_FILE);
    struct arguments_flag flag;

    for (size_t i = 0; arguments_flag(i, &flag); i++)
        check_line(text, flag_line(&flag), flag.name);
    free(text);
}

/* Each row of it is checked by a test of the library that runs, see library.h. */
static void the_document_of_libwebsockets_has_every_limit_word_for_word(void)
{
    char *text = text_file_read(LIBRARY_FILE);
    const char *begin = text ? strstr(text, "\n## What each library does\n") : NULL;
    const char *end = begin ? strstr(begin + 1, "\n## ") : NULL;
    size_t rows = 0;

    CU_ASSERT_TRUE(begin && end);
    if (!begin || !end) {
        free(text);
        return;
    }
    for (enum library_limit limit = 0; limit < LIBRARY_LIMITS; limit++)
        check_line(begin, library_limit_line(limit), "limit");
    for (const char *line = begin; (line = strstr(line + 1, "\n| ")) && line < end;)
        rows++;
    CU_ASSERT_EQUAL(rows, LIBRARY_LIMITS + 1); /* and the head */
    free(text);
}

static void cells_are_written_as_tables_need_them(void)
{
    static const struct setting number = {
        .key = "port", .type = SETTING_NUMBER, .max = 65535, .number = 5000, .help = "where"};
    static const struct arguments_flag flag = {
        .name = "workers", .value = "N|auto", .help = "how many"};
    static const struct arguments_flag both = {
        .name = "config", .short_name = 'c', .value = "FILE", .help = "which"};
    static const struct arguments_flag bare = {.name = "help", .short_name = 'h', .help = "print"};
    const struct {
        const char *name;
        char *line;
        const char *wanted;
    } rows[] = {
        {"setting", setting_line(&number), "| `port` | 0..65535; default 5000 | where |\n"},
        {"flag, bar", flag_line(&flag), "| `--workers N\\|auto` | how many |\n"},
        {"flag, two forms", flag_line(&both), "| `-c FILE`, `--config FILE` | which |\n"},
        {"flag, no value", flag_line(&bare), "| `-h`, `--help` | print |\n"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_TEXT(rows[i].line, rows[i].wanted, rows[i].name);
        free(rows[i].line);
    }
}

/*
 * Checks that the first cell of each line of the tables from @text to @end, if it is a key in
 * backticks, is that of a setting. Returns how many there are.
 */
static size_t check_keys(const char *text, const char *end)
{
    static const char open[] = "\n| `";
    size_t count = 0;

    while ((text = strstr(text, open)) && text < end) {
        char key[80];

        text += strlen(open);
        snprintf(key, sizeof(key), "%.*s", (int)strcspn(text, "`\n"), text);
        if (key[0] == '-')
            continue; /* a flag */
        CHECK_ROW(setting_find(config_table(), key) || setting_find(options_table(), key), key);
        count++;
    }

    return count;
}

static void the_configuration_document_has_no_other_settings(void)
{
    char *text = text_file_read(CONFIGURATION_FILE);

    CU_ASSERT_EQUAL(check_keys(text, text + strlen(text)),
                    config_table().count + options_table().count - 1); /* without "$schema" */
    free(text);
}

static void the_readme_shows_five_settings(void)
{
    char *text = text_file_read(README_FILE);
    const char *begin = strstr(text, "\n## Configure it\n");
    const char *end = begin ? strstr(begin + 1, "\n## ") : NULL;

    CU_ASSERT_PTR_NOT_NULL(end);
    if (end)
        CU_ASSERT_EQUAL(check_keys(begin, end), 5);
    free(text);
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

/* Checks that the first block of JSON in @document is a configuration. */
static void check_example(const char *document)
{
    static const char open[] = "```json\n";
    char *text = text_file_read(document);
    char *example = strstr(text, open);
    char *end = example ? strstr(example + strlen(open), "```") : NULL;
    char file[] = "/tmp/lws-echo-example-XXXXXX";
    struct config_error error = {""};
    struct config config;
    int fd = mkstemp(file);

    CU_ASSERT_FATAL(end && fd >= 0);
    example += strlen(open);
    CU_ASSERT_EQUAL(write(fd, example, (size_t)(end - example)), end - example);
    close(fd);

    CHECK_ROW(!config_load(&config, file, &error), document);
    CHECK_TEXT(error.text, "", document);
    CHECK_ROW(config.options.compression == COMPRESSION_NO_CONTEXT_TAKEOVER, document);
    unlink(file);
    free(text);
}

static void the_documents_examples_load(void)
{
    check_example(README_FILE);
    check_example(CONFIGURATION_FILE);
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

            if (setting_is_number(row))
                CHECK_ROW(setting_number(row, &options) == setting_number(row, &defaults),
                          row->key);
            else
                CHECK_TEXT(setting_text(row, &options), setting_text(row, &defaults), row->key);
        }
    }
    json_decref(root);
}

static void print_line(char *line)
{
    fputs(line, stdout);
    free(line);
}

static void print_settings(const char *head, struct setting_table table)
{
    printf("| %s | takes | meaning |\n|---|---|---|\n", head);
    for (size_t i = 0; i < table.count; i++)
        if (!is_schema(&table.rows[i]))
            print_line(setting_line(&table.rows[i]));
    putchar('\n');
}

/* Prints the tables of docs/configuration.md and docs/libwebsockets.md as they have to be. */
static void print_tables(void)
{
    struct arguments_flag flag;

    print_settings("key", config_table());
    print_settings("option", options_table());
    puts("| flag | meaning |\n|---|---|");
    for (size_t i = 0; arguments_flag(i, &flag); i++)
        print_line(flag_line(&flag));
    puts("\n" LIBRARY_TABLE_HEAD);
    for (enum library_limit limit = 0; limit < LIBRARY_LIMITS; limit++)
        print_line(library_limit_line(limit));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(lwsws_is_given_all_options),
        TEST(the_schema_has_the_keys_of_the_file),
        TEST(the_schema_has_the_options_of_the_plugin),
        TEST(the_schema_has_both_forms_of_tls),
        TEST(the_configuration_document_has_every_setting_word_for_word),
        TEST(the_configuration_document_names_what_takes_a_restart),
        TEST(the_configuration_document_has_every_flag_word_for_word),
        TEST(the_configuration_document_has_no_other_settings),
        TEST(the_document_of_libwebsockets_has_every_limit_word_for_word),
        TEST(cells_are_written_as_tables_need_them),
        TEST(the_readme_shows_five_settings),
        TEST(the_documents_examples_load),
        TEST(the_example_files_load),
        TEST(the_example_files_name_the_schema_beside_them),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"documents", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    if (argc == 2 && !strcmp(argv[1], "--tables")) {
        print_tables();
        return EXIT_SUCCESS;
    }

    return runner_main(argc, argv, suites);
}
