/* Lists of tokens (RFC 9110 sections 5.6.1 and 5.6.2). */

#include <stdio.h>
#include <string.h>

#include "core/base/token_list.h"
#include "runner.h"

static void a_token_has_the_characters_it_may(void)
{
    for (int c = 0; c < 256; c++) {
        bool may = c && strchr("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz",
                               c);

        CU_ASSERT_EQUAL(token_has_char((char)c), may);
    }
}

static void elements_are_found(void)
{
    static const struct {
        const char *list;
        const char *elements; /* each ended by a semicolon; "!" where it is malformed */
    } rows[] = {
        {"", ""},
        {",", ""},
        {" ,\t, ", ""},
        {"a", "a;"},
        {" a ", "a;"},
        {"a,b", "a;b;"},
        {",a,, b\t,", "a;b;"},
        {"*,1,!#$%&'*+-.^_`|~", "*;1;!#$%&'*+-.^_`|~;"},
        {"a b", "!"},
        {"a, b c, d", "a;!"},
        {"a/1", "!"},
        {"\"a\"", "!"},
        {"a;b", "!"},
        {"a\x80", "!"},
    };
    char elements[64];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum token_list_element element;
        const char *rest = rows[i].list;
        size_t used = 0;
        const char *token;
        size_t bytes;

        while ((element = token_list_next(&rest, "", &token, &bytes)) == TOKEN_LIST_TOKEN)
            used += (size_t)snprintf(elements + used, sizeof(elements) - used, "%.*s;", (int)bytes,
                                     token);
        snprintf(elements + used, sizeof(elements) - used, "%s",
                 element == TOKEN_LIST_OTHER ? "!" : "");
        CHECK_ROW(!strcmp(elements, rows[i].elements), rows[i].list);
    }
}

static void a_token_is_looked_for_in_the_whole_list(void)
{
    static const struct {
        const char *list;
        bool has;
    } rows[] = {
        {"upgrade", true},          {"a,UPGRADE", true},
        {",,Upgrade ,,", true},     {"foo/1.0, upgrade", true},
        {"upgrades", false},        {"up", false},
        {"upgrade/1", false},       {"", false},
        {"upgrade, a b", false},    {"\"upgrade\"", false},
        {"upgrade upgrade", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(token_list_has(rows[i].list, "/", "upgrade") == rows[i].has, rows[i].list);
}

static CU_TestInfo tests[] = {
    TEST(a_token_has_the_characters_it_may),
    TEST(elements_are_found),
    TEST(a_token_is_looked_for_in_the_whole_list),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"token list", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
