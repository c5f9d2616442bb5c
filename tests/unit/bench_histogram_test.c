#include <math.h>
#include <stdio.h>

#include "histogram.h"
#include "runner.h"

/* What a value is known to. */
#define ERROR_MAX 0.016

static void nothing_recorded_is_zero(void)
{
    struct histogram histogram;

    histogram_init(&histogram);
    CU_ASSERT_EQUAL(histogram.total, 0);
    CU_ASSERT_EQUAL(histogram_percentile(&histogram, 50), 0);
}

static void small_values_are_exact(void)
{
    struct histogram histogram;

    for (uint64_t value = 0; value < (uint64_t)HISTOGRAM_STEPS * 2; value++) {
        histogram_init(&histogram);
        histogram_record(&histogram, value, 1);
        histogram_record(&histogram, UINT64_MAX, 1);
        CU_ASSERT_EQUAL(histogram_percentile(&histogram, 50), value);
    }
}

static void every_value_is_known_to_the_error(void)
{
    struct histogram histogram;
    char row[32];

    for (unsigned bit = 0; bit < 64; bit++) {
        for (int offset = -1; offset <= 1; offset++) {
            uint64_t value = ((uint64_t)1 << bit) + (uint64_t)offset;
            double got;

            snprintf(row, sizeof(row), "2^%u%+d", bit, offset);
            histogram_init(&histogram);
            histogram_record(&histogram, value, 1);
            histogram_record(&histogram, UINT64_MAX, 1);
            got = (double)histogram_percentile(&histogram, 50);
            CHECK_ROW(got >= (double)value, row);
            CHECK_ROW(got - (double)value <= (double)value * ERROR_MAX, row);
        }
    }
}

static void percentiles_are_those_of_the_values(void)
{
    static const struct {
        const char *name;
        double percent;
        double value;
    } rows[] = {
        {"none", 0, 1},     {"half", 50, 50000},    {"p90", 90, 90000},
        {"p99", 99, 99000}, {"p99.9", 99.9, 99900}, {"all", 100, 100000},
    };
    struct histogram histogram;

    histogram_init(&histogram);
    for (uint64_t value = 100000; value; value--)
        histogram_record(&histogram, value, 1);
    CU_ASSERT_EQUAL(histogram.total, 100000);
    CU_ASSERT_EQUAL(histogram.min, 1);
    CU_ASSERT_EQUAL(histogram.max, 100000);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double got = (double)histogram_percentile(&histogram, rows[i].percent);

        CHECK_ROW(fabs(got - rows[i].value) <= rows[i].value * ERROR_MAX, rows[i].name);
    }
}

static void no_percentile_is_above_the_largest_value(void)
{
    struct histogram histogram;

    histogram_init(&histogram);
    histogram_record(&histogram, 1000001, 1);
    CU_ASSERT_EQUAL(histogram_percentile(&histogram, 50), 1000001);
    CU_ASSERT_EQUAL(histogram_percentile(&histogram, 100), 1000001);
}

static void a_value_may_be_counted_several_times(void)
{
    struct histogram histogram;

    histogram_init(&histogram);
    histogram_record(&histogram, 10, 7);
    histogram_record(&histogram, 20, 3);
    CU_ASSERT_EQUAL(histogram.total, 10);
    CU_ASSERT_EQUAL(histogram_percentile(&histogram, 70), 10);
    CU_ASSERT_EQUAL(histogram_percentile(&histogram, 71), 20);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(nothing_recorded_is_zero),
        TEST(small_values_are_exact),
        TEST(every_value_is_known_to_the_error),
        TEST(percentiles_are_those_of_the_values),
        TEST(no_percentile_is_above_the_largest_value),
        TEST(a_value_may_be_counted_several_times),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"bench_histogram", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
