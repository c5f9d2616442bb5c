/* Counting connections by network, against a plain list. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "census.h"
#include "runner.h"

static struct echo_address numbered(uint32_t number)
{
    uint8_t bytes[4] = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};

    return echo_address_of_ipv4(bytes);
}

static void a_network_counts_for_itself(void)
{
    struct echo_address one = numbered(1);
    struct echo_address two = numbered(2);
    struct echo_census census;

    echo_census_init(&census, 1);
    CU_ASSERT_EQUAL(echo_census_count(&census, &one), 0);
    CU_ASSERT_EQUAL(echo_census_add(&census, &one), 0);
    CU_ASSERT_EQUAL(echo_census_add(&census, &one), 0);
    CU_ASSERT_EQUAL(echo_census_add(&census, &two), 0);
    CU_ASSERT_EQUAL(echo_census_count(&census, &one), 2);
    CU_ASSERT_EQUAL(echo_census_count(&census, &two), 1);
    echo_census_remove(&census, &one);
    CU_ASSERT_EQUAL(echo_census_count(&census, &one), 1);
    echo_census_remove(&census, &one);
    echo_census_remove(&census, &one); /* not there: no effect */
    CU_ASSERT_EQUAL(echo_census_count(&census, &one), 0);
    CU_ASSERT_EQUAL(echo_census_count(&census, &two), 1);
    echo_census_fini(&census);
}

static void an_empty_one_has_no_memory(void)
{
    struct echo_address one = numbered(1);
    struct echo_census census;

    echo_census_init(&census, 1);
    CU_ASSERT_PTR_NULL(census.entries);
    echo_census_add(&census, &one);
    CU_ASSERT_PTR_NOT_NULL(census.entries);
    echo_census_remove(&census, &one);
    CU_ASSERT_PTR_NULL(census.entries);
    echo_census_remove(&census, &one);
    echo_census_fini(&census);
}

/* Comes and goes by chance, with few networks and with many, and each time all counts are right. */
static void it_counts_as_a_list_would(void)
{
    enum { NETWORKS = 700, STEPS = 20000 };
    static const uint64_t keys[] = {0, 1, UINT64_MAX, 0x123456789abcdef0};
    uint32_t counts[NETWORKS];
    char row[32];

    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
        struct echo_census census;
        uint32_t seed = 12345;
        size_t used = 0;

        memset(counts, 0, sizeof(counts));
        echo_census_init(&census, keys[k]);
        for (int step = 0; step < STEPS; step++) {
            uint32_t choice;
            struct echo_address network;

            seed = seed * 1664525u + 1013904223u;
            choice = (seed >> 8) % (step < STEPS / 2 ? NETWORKS : 5);
            network = numbered(choice);
            if (seed >> 31) {
                CU_ASSERT_EQUAL(echo_census_add(&census, &network), 0);
                used += !counts[choice]++;
            } else if (counts[choice]) {
                echo_census_remove(&census, &network);
                used -= !--counts[choice];
            }
            if (step % 500 == 0)
                for (uint32_t i = 0; i < NETWORKS; i++) {
                    network = numbered(i);
                    snprintf(row, sizeof(row), "step %d network %u", step, i);
                    CHECK_ROW(echo_census_count(&census, &network) == counts[i], row);
                }
            CU_ASSERT_EQUAL(census.used, used);
            CU_ASSERT_TRUE(census.used <= census.room);
        }
        echo_census_fini(&census);
    }
}

/* The test stands between the census and the heap. */
void *__wrap_calloc(size_t count, size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
static bool memory_is_short;

void *__wrap_calloc(size_t count, size_t bytes)
{
    return memory_is_short ? NULL : __real_calloc(count, bytes);
}

static void without_memory_nothing_is_counted(void)
{
    struct echo_census census;
    size_t counted = 0;

    echo_census_init(&census, 7);
    memory_is_short = true;
    CU_ASSERT_EQUAL(echo_census_add(&census, &(struct echo_address){{1}}), -ENOMEM);
    memory_is_short = false;
    for (uint32_t i = 0; i < 1000; i++) {
        struct echo_address network = numbered(i);

        memory_is_short = i >= 40;
        counted += !echo_census_add(&census, &network);
    }
    memory_is_short = false;
    CU_ASSERT_EQUAL(counted, 48); /* three quarters of the first table */
    for (uint32_t i = 0; i < 1000; i++) {
        struct echo_address network = numbered(i);

        CU_ASSERT_EQUAL(echo_census_count(&census, &network), i < 48 ? 1 : 0);
    }
    echo_census_fini(&census);
}

static CU_TestInfo tests[] = {
    TEST(a_network_counts_for_itself),
    TEST(an_empty_one_has_no_memory),
    TEST(it_counts_as_a_list_would),
    TEST(without_memory_nothing_is_counted),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"census", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
