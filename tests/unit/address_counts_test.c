/* Counting connections by network, against a plain list. */

#include <stdlib.h>
#include <string.h>

#include "core/address_counts.h"
#include "runner.h"

static struct address numbered(uint32_t number)
{
    uint8_t bytes[4] = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};

    return address_of_ipv4(bytes);
}

static void a_network_counts_for_itself(void)
{
    struct address one = numbered(1);
    struct address two = numbered(2);
    struct address_counts counts;

    address_counts_init(&counts, 1);
    CU_ASSERT_EQUAL(address_counts_get(&counts, &one), 0);
    CU_ASSERT_EQUAL(address_counts_add(&counts, &one), 0);
    CU_ASSERT_EQUAL(address_counts_add(&counts, &one), 0);
    CU_ASSERT_EQUAL(address_counts_add(&counts, &two), 0);
    CU_ASSERT_EQUAL(address_counts_get(&counts, &one), 2);
    CU_ASSERT_EQUAL(address_counts_get(&counts, &two), 1);
    address_counts_remove(&counts, &one);
    CU_ASSERT_EQUAL(address_counts_get(&counts, &one), 1);
    address_counts_remove(&counts, &one);
    address_counts_remove(&counts, &one); /* not there: no effect */
    CU_ASSERT_EQUAL(address_counts_get(&counts, &one), 0);
    CU_ASSERT_EQUAL(address_counts_get(&counts, &two), 1);
    address_counts_fini(&counts);
}

static void an_empty_one_has_no_memory(void)
{
    struct address one = numbered(1);
    struct address_counts counts;

    address_counts_init(&counts, 1);
    CU_ASSERT_PTR_NULL(counts.entries);
    address_counts_add(&counts, &one);
    CU_ASSERT_PTR_NOT_NULL(counts.entries);
    address_counts_remove(&counts, &one);
    CU_ASSERT_PTR_NULL(counts.entries);
    address_counts_remove(&counts, &one);
    address_counts_fini(&counts);
}

/* Comes and goes by chance, with few networks and with many, and each time all counts are right. */
static void it_counts_as_a_list_would(void)
{
    enum { NETWORKS = 700, STEPS = 20000 };
    static const uint64_t keys[] = {0, 1, UINT64_MAX, 0x123456789abcdef0};
    uint32_t expected[NETWORKS];
    char row[32];

    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
        struct address_counts counts;
        uint32_t seed = 12345;
        size_t used = 0;

        memset(expected, 0, sizeof(expected));
        address_counts_init(&counts, keys[k]);
        for (int step = 0; step < STEPS; step++) {
            uint32_t choice;
            struct address network;

            seed = seed * 1664525u + 1013904223u;
            choice = (seed >> 8) % (step < STEPS / 2 ? NETWORKS : 5);
            network = numbered(choice);
            if (seed >> 31) {
                CU_ASSERT_EQUAL(address_counts_add(&counts, &network), 0);
                used += !expected[choice]++;
            } else if (expected[choice]) {
                address_counts_remove(&counts, &network);
                used -= !--expected[choice];
            }
            if (step % 500 == 0)
                for (uint32_t i = 0; i < NETWORKS; i++) {
                    network = numbered(i);
                    snprintf(row, sizeof(row), "step %d network %u", step, i);
                    CHECK_ROW(address_counts_get(&counts, &network) == expected[i], row);
                }
            CU_ASSERT_EQUAL(counts.used, used);
            CU_ASSERT_TRUE(counts.used <= counts.room);
        }
        address_counts_fini(&counts);
    }
}

/* The test stands between the counts and the heap. */
void *__wrap_calloc(size_t count, size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
static bool memory_is_short;

void *__wrap_calloc(size_t count, size_t bytes)
{
    return memory_is_short ? NULL : __real_calloc(count, bytes);
}

static void without_memory_nothing_is_counted(void)
{
    struct address_counts counts;
    size_t counted = 0;

    address_counts_init(&counts, 7);
    memory_is_short = true;
    CU_ASSERT_EQUAL(address_counts_add(&counts, &(struct address){{1}}), -1);
    memory_is_short = false;
    for (uint32_t i = 0; i < 1000; i++) {
        struct address network = numbered(i);

        memory_is_short = i >= 40;
        counted += !address_counts_add(&counts, &network);
    }
    memory_is_short = false;
    CU_ASSERT_EQUAL(counted, 48); /* three quarters of the first table */
    for (uint32_t i = 0; i < 1000; i++) {
        struct address network = numbered(i);

        CU_ASSERT_EQUAL(address_counts_get(&counts, &network), i < 48 ? 1 : 0);
    }
    address_counts_fini(&counts);
}

static CU_TestInfo tests[] = {
    TEST(a_network_counts_for_itself),
    TEST(an_empty_one_has_no_memory),
    TEST(it_counts_as_a_list_would),
    TEST(without_memory_nothing_is_counted),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"counts", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
