#include "config/json_line.h"
#include "runner.h"

#define DEPTH_MAX 3

static void the_line_of_a_key_is_found(void)
{
    static const struct {
        const char *name;
        const char *text;
        const char *path[DEPTH_MAX];
        size_t depth;
        unsigned line;
    } rows[] = {
        {"all on one line", "{\"a\": 1, \"b\": 2}", {"b"}, 1, 1},
        {"no space at all", "{\"a\":1,\"b\":2}", {"b"}, 1, 1},
        {"first key", "{\n\"a\": 1,\n\"b\": 2\n}", {"a"}, 1, 2},
        {"last key", "{\n\"a\": 1,\n\"b\": 2\n}", {"b"}, 1, 3},
        {"empty lines before", "\n\n{\n\n\"a\": 1}", {"a"}, 1, 5},
        {"CR LF", "{\r\n\"a\": 1,\r\n\"b\": 2}", {"b"}, 1, 3},
        {"tabs", "{\n\t\"a\"\t:\t1\t,\n\t\"b\"\t:\t2\t}", {"b"}, 1, 3},
        {"the key's line, not the value's", "{\n\"a\"\n:\n1}", {"a"}, 1, 2},
        {"after a colon on its own line", "{\n\"a\"\n:\n1,\n\"b\":2}", {"b"}, 1, 5},
        {"comma at the line's start", "{ \"a\": 1\n, \"b\": 2\n}", {"b"}, 1, 2},
        {"empty key", "{\n\"\": 1}", {""}, 1, 2},
        {"a key that begins like another", "{\n\"ab\": 1,\n\"a\": 2}", {"a"}, 1, 3},
        {"a key that ends another", "{\n\"a\": 1,\n\"ab\": 2}", {"ab"}, 1, 3},

        {"nested", "{\n\"o\": {\n\"a\": 1,\n\"b\": 2\n}\n}", {"o", "b"}, 2, 4},
        {"nested twice", "{\"o\":\n{\"p\":\n{\n\"a\": 1}}}", {"o", "p", "a"}, 3, 4},
        {"the outer key itself", "{\n\"o\":\n{\"a\": 1}}", {"o"}, 1, 2},
        {"after a nested object", "{\n\"o\": {\n\"a\": {}\n},\n\"b\": 2}", {"b"}, 1, 5},
        {"same key deeper first", "{\n\"o\": {\n\"a\": 1},\n\"a\": 2}", {"a"}, 1, 4},
        {"same key outside first", "{\n\"a\": 1,\n\"o\": {\n\"a\": 2}}", {"o", "a"}, 2, 4},
        {"same key in a neighbour",
         "{\"n\": {\n\"a\": 1},\n\"o\": {\n\"a\": 2}}",
         {"o", "a"},
         2,
         4},

        {"after an array", "{\n\"l\": [\n1,\n2\n],\n\"a\": 1}", {"a"}, 1, 6},
        {"after an empty array", "{\"l\": [ ],\n\"a\": 1}", {"a"}, 1, 2},
        {"after arrays in arrays", "{\"l\": [[1, [2]], [[]]],\n\"a\": 1}", {"a"}, 1, 2},
        {"after objects in an array",
         "{\"l\": [{\"a\": 1}, {\n\"a\": 2}],\n\"a\": 3}",
         {"a"},
         1,
         3},

        {"braces in a string", "{\"s\": \"}{][\",\n\"a\": 1}", {"a"}, 1, 2},
        {"a quote in a string", "{\"s\": \"\\\"\",\n\"a\": 1}", {"a"}, 1, 2},
        {"a backslash ends a string", "{\"s\": \"\\\\\",\n\"a\": 1}", {"a"}, 1, 2},
        {"a key in a string", "{\"s\": \"\\\"a\\\": 1, \",\n\"a\": 1}", {"a"}, 1, 2},
        {"colon and comma in a string", "{\"s\": \":,\",\n\"a\": 1}", {"a"}, 1, 2},
        {"a line end as an escape", "{\"s\": \"\\n\",\n\"a\": 1}", {"a"}, 1, 2},
        {"a string that is the key", "{\"s\": \"a\",\n\"a\": 1}", {"a"}, 1, 2},
        {"colon and braces in a key", "{\"x:{[\": 1,\n\"a\": 1}", {"a"}, 1, 2},
        {"a quote in another key", "{\"x\\\"a\": 1,\n\"a\": 1}", {"a"}, 1, 2},
        {"brackets in strings in an array", "{\"l\": [\"]\", \"[\"],\n\"a\": 1}", {"a"}, 1, 2},

        {"a key with an escape", "{\n\"p\\u006frt\": 1}", {"port"}, 1, 2},
        {"a key with an escaped quote", "{\"a\": 1,\n\"x\\\"a\": 1}", {"x\"a"}, 1, 2},

        {"after words", "{\"t\": true, \"f\": false,\"n\":null,\n\"a\": 1}", {"a"}, 1, 2},
        {"after numbers", "{\"i\": -1, \"r\": 1.5e+3,\n\"a\": 1}", {"a"}, 1, 2},
        {"after an empty object", "{\"o\": {},\n\"a\": 1}", {"a"}, 1, 2},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(json_line_of_key(rows[i].text, rows[i].path, rows[i].depth) == rows[i].line,
                  rows[i].name);
}

static void a_key_that_is_not_there_has_line_0(void)
{
    static const struct {
        const char *name;
        const char *text;
        const char *path[DEPTH_MAX];
        size_t depth;
    } rows[] = {
        {"empty object", "{}", {"a"}, 1},
        {"empty object with space", "{ \n }", {"a"}, 1},
        {"another key", "{\"b\": 1}", {"a"}, 1},
        {"only as a value", "{\"b\": \"a\"}", {"a"}, 1},
        {"only deeper", "{\"o\": {\"a\": 1}}", {"a"}, 1},
        {"only further outside", "{\"a\": 1, \"o\": {}}", {"o", "a"}, 2},
        {"only after the object", "{\"o\": {\"b\": 1}, \"a\": 2}", {"o", "a"}, 2},
        {"only in an array", "{\"l\": [{\"a\": 1}]}", {"l", "a"}, 2},
        {"outer key is a number", "{\"o\": 1, \"a\": 2}", {"o", "a"}, 2},
        {"outer key is a string", "{\"o\": \"{\", \"a\": 2}", {"o", "a"}, 2},
        {"outer key is missing", "{\"a\": 1}", {"o", "a"}, 2},
        {"begins like a key", "{\"abc\": 1}", {"ab"}, 1},
        {"no object", "[\"a\", 1]", {"a"}, 1},
        {"no text", "", {"a"}, 1},
        {"no path", "{\"a\": 1}", {NULL}, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(json_line_of_key(rows[i].text, rows[i].path, rows[i].depth) == 0, rows[i].name);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(the_line_of_a_key_is_found),
        TEST(a_key_that_is_not_there_has_line_0),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"json_line", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
