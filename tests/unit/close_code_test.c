#include <stdlib.h>

#include "core/close_code.h"
#include "runner.h"

/* Every code there is belongs to one row, so that all the boundaries are checked. */
static const struct {
    const char *name;
    unsigned first;
    unsigned last;
    bool receivable;
} ranges[] = {
    {"not used", 0, 999, false},
    {"defined by RFC 6455", 1000, 1003, true},
    {"reserved: 1004, no status, abnormal", 1004, 1006, false},
    {"defined by RFC 6455 and IANA", 1007, 1014, true},
    {"reserved: TLS handshake", 1015, 1015, false},
    {"undefined", 1016, 2999, false},
    {"of libraries", 3000, 3999, true},
    {"of applications", 4000, 4999, true},
    {"beyond all ranges", 5000, 65535, false},
};

#define RANGE_COUNT (sizeof(ranges) / sizeof(ranges[0]))

static void only_codes_meant_for_the_wire_are_receivable(void)
{
    for (size_t i = 0; i < RANGE_COUNT; i++) {
        CHECK_ROW(close_code_receivable(ranges[i].first) == ranges[i].receivable, ranges[i].name);
        CHECK_ROW(close_code_receivable(ranges[i].last) == ranges[i].receivable, ranges[i].name);
    }
}

static void codes_inside_a_range_are_all_alike(void)
{
    unsigned code = 0;

    for (size_t i = 0; i < RANGE_COUNT; i++) {
        unsigned others = 0;

        CHECK_ROW(code == ranges[i].first, ranges[i].name);
        for (; code <= ranges[i].last; code++)
            others += close_code_receivable(code) != ranges[i].receivable;
        CHECK_ROW(others == 0, ranges[i].name);
    }
    CU_ASSERT_EQUAL(code, 65536);
}

static void codes_we_send_have_the_numbers_of_the_rfc(void)
{
    CU_ASSERT_EQUAL(CLOSE_NORMAL, 1000);
    CU_ASSERT_EQUAL(CLOSE_GOING_AWAY, 1001);
    CU_ASSERT_EQUAL(CLOSE_PROTOCOL_ERROR, 1002);
    CU_ASSERT_EQUAL(CLOSE_INVALID_PAYLOAD, 1007);
    CU_ASSERT_EQUAL(CLOSE_TOO_BIG, 1009);
    CU_ASSERT_EQUAL(CLOSE_INTERNAL_ERROR, 1011);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(only_codes_meant_for_the_wire_are_receivable),
        TEST(codes_inside_a_range_are_all_alike),
        TEST(codes_we_send_have_the_numbers_of_the_rfc),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"close_code", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
