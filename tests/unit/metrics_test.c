/* What is counted, and how it is told. */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_text.h"
#include "core/metrics.h"
#include "runner.h"

static const struct metrics_facts facts = {
    .version = "1.2.3",
    .libwebsockets = "4.1.6-\"\\",
    .processes = 2,
    .resident_bytes = 4096,
};

static void close_codes_have_their_kinds(void)
{
    static const struct {
        unsigned code;
        const char *name;
    } rows[] = {
        {1000, "1000"},      {1001, "1001"},      {1006, "1006"},      {1015, "1015"},
        {1016, "other"},     {999, "other"},      {0, "other"},        {2999, "other"},
        {3000, "3000-3999"}, {3999, "3000-3999"}, {4000, "4000-4999"}, {4999, "4000-4999"},
        {5000, "other"},     {65535, "other"},
    };
    char room[8];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_TEXT(counters_close_name(counters_close_kind(rows[i].code), room), rows[i].name,
                   rows[i].name);
}

static void each_refusal_has_a_name_of_its_own(void)
{
    for (int i = 0; i < REFUSALS; i++) {
        const char *name = counters_refusal_name((enum refusal)i);

        CU_ASSERT_PTR_NOT_NULL(name);
        for (int j = 0; name && j < i; j++)
            CHECK_ROW(strcmp(name, counters_refusal_name((enum refusal)j)) != 0, name);
    }
}

static void a_successor_goes_on_counting(void)
{
    struct counters_slot slot = {.draining = 1};

    counters_begin(&slot, 10, 1000);
    CU_ASSERT_EQUAL(slot.pid, 10);
    CU_ASSERT_EQUAL(slot.started_s, 1000);
    CU_ASSERT_EQUAL(slot.draining, 0);
    slot.counters.open = 3;
    slot.counters.opened = 7;
    counters_begin(&slot, 10, 2000); /* another vhost of the same process */
    CU_ASSERT_EQUAL(slot.counters.open, 3);
    CU_ASSERT_EQUAL(slot.started_s, 1000);
    counters_begin(&slot, 11, 3000);
    CU_ASSERT_EQUAL(slot.pid, 11);
    CU_ASSERT_EQUAL(slot.started_s, 3000);
    CU_ASSERT_EQUAL(slot.counters.open, 0);
    CU_ASSERT_EQUAL(slot.counters.opened, 7);
}

/* Fills every number, each with one of its own. */
static void fill(struct counters *counters, uint64_t factor)
{
    uint64_t *numbers = (uint64_t *)counters;

    for (size_t i = 0; i < sizeof(*counters) / sizeof(*numbers); i++)
        numbers[i] = (i + 1) * factor;
}

static void what_a_dead_process_had_open_is_closed(void)
{
    struct counters_slot slot = {.pid = 1, .draining = 1, .counters = {.open = 3, .opened = 5}};
    const struct counters_board board = {&slot, 1, 0};
    struct counters_sum sum;

    slot.counters.closed[counters_close_kind(1000)] = 2;
    counters_end(&slot);
    counters_add_up(&board, &sum);
    CU_ASSERT_EQUAL(sum.counters.open, 0);
    CU_ASSERT_EQUAL(sum.draining, 0);
    CU_ASSERT_EQUAL(sum.counters.opened, 5);
    CU_ASSERT_EQUAL(sum.counters.closed[counters_close_kind(1000)], 2);
    CU_ASSERT_EQUAL(sum.counters.closed[counters_close_kind(1006)], 3);
}

static void all_processes_are_added_up(void)
{
    struct counters_slot slots[4] = {
        {.pid = 1, .started_s = 7},
        {.pid = 0},
        {.pid = 3, .started_s = 9, .draining = 1},
        {.pid = 0, .counters = {.opened = 5}}, /* nobody has ever begun to count there */
    };
    struct counters_board board = {slots, 4, 0};
    struct counters_sum sum;
    const uint64_t *numbers = (const uint64_t *)&sum.counters;

    fill(&slots[0].counters, 1);
    fill(&slots[2].counters, 1000);
    counters_add_up(&board, &sum);
    CU_ASSERT_EQUAL(sum.started_s, 7);
    CU_ASSERT_EQUAL(sum.draining, 1);
    for (size_t i = 0; i < sizeof(sum.counters) / sizeof(*numbers); i++)
        CU_ASSERT_EQUAL(numbers[i], (i + 1) * 1001);
}

/* A metric is a row and nothing else: none is forgotten, and none is told twice. */
static void every_number_belongs_to_one_row(void)
{
    bool told[sizeof(struct counters) / sizeof(uint64_t)] = {false};
    size_t count;
    const struct counters_row *rows = counters_rows(&count);

    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < rows[r].count; i++) {
            size_t number = rows[r].offset / sizeof(uint64_t) + i;

            CHECK_ROW(number < sizeof(told) && !told[number], rows[r].name);
            told[number] = true;
        }
    for (size_t i = 0; i < sizeof(told); i++)
        CU_ASSERT_TRUE(told[i]);
}

/* Returns the number of a sample, found by its whole name, or UINT64_MAX. */
static uint64_t sample(const char *text, const char *name)
{
    size_t bytes = strlen(name);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, name, bytes) && line[bytes] == ' ')
            return strtoull(line + bytes + 1, NULL, 10);
    }

    return UINT64_MAX;
}

static void each_number_is_told(void)
{
    struct counters_sum sum = {.started_s = 12, .draining = 34};
    struct counters *counters = &sum.counters;
    char text[METRICS_MAX];
    const struct {
        const char *name;
        const uint64_t *value;
    } rows[] = {
        {"lws_echo_connections", &counters->open},
        {"lws_echo_connections_total", &counters->opened},
        {"lws_echo_received_messages_total", &counters->received_messages},
        {"lws_echo_received_bytes_total", &counters->received_bytes},
        {"lws_echo_sent_messages_total", &counters->sent_messages},
        {"lws_echo_sent_bytes_total", &counters->sent_bytes},
        {"lws_echo_pings_sent_total", &counters->pings},
        {"lws_echo_pong_timeouts_total", &counters->pong_timeouts},
        {"lws_echo_write_timeouts_total", &counters->write_timeouts},
        {"lws_echo_processes", &facts.processes},
        {"lws_echo_processes_draining", &sum.draining},
        {"process_resident_memory_bytes", &facts.resident_bytes},
        {"process_start_time_seconds", &sum.started_s},
        {"lws_echo_closed_connections_total{code=\"1000\"}", &counters->closed[0]},
        {"lws_echo_closed_connections_total{code=\"1015\"}", &counters->closed[15]},
        {"lws_echo_closed_connections_total{code=\"other\"}",
         &counters->closed[COUNTERS_CLOSE_OTHER]},
        {"lws_echo_refused_handshakes_total{reason=\"upgrade\"}", &counters->refused[0]},
        {"lws_echo_refused_handshakes_total{reason=\"options\"}", &counters->refused[REFUSALS - 1]},
    };

    fill(counters, 3);
    CU_ASSERT_TRUE(metrics_write(&sum, &facts, text, sizeof(text)) > 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(sample(text, rows[i].name) == *rows[i].value, rows[i].name);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text, "\nlws_echo_build_info{version=\"1.2.3\",libwebsockets=\"4.1.6-\\\"\\\\\"} 1\n"));
}

/* The form that the exposition format asks for: each family once, its head first. */
static void each_family_has_its_head_before_its_samples(void)
{
    struct counters_sum sum = {0};
    char text[METRICS_MAX];
    char family[64] = "";
    char *rest = text;
    char *line;
    size_t samples = 0;

    CU_ASSERT_TRUE_FATAL(metrics_write(&sum, &facts, text, sizeof(text)) > 0);
    CU_ASSERT_EQUAL(text[strlen(text) - 1], '\n');
    while ((line = strsep(&rest, "\n")) && *line) {
        char type[16];

        if (sscanf(line, "# HELP %63s", family) == 1) {
            line = strsep(&rest, "\n");
            CHECK_ROW(!strncmp(line, "# TYPE ", 7) && !strncmp(line + 7, family, strlen(family)) &&
                          sscanf(line + 7 + strlen(family), " %15s", type) == 1 &&
                          (!strcmp(type, "counter") || !strcmp(type, "gauge")),
                      line);
            /* counters are called so */
            CHECK_ROW(!strcmp(type, "counter") ==
                          !strcmp(family + strlen(family) - strlen("_total"), "_total"),
                      family);
            samples = 0;
            continue;
        }
        CHECK_ROW(*family && !strncmp(line, family, strlen(family)) &&
                      strchr(" {", line[strlen(family)]),
                  line);
        samples++;
    }
    CU_ASSERT_TRUE(samples > 0);
}

static void the_longest_document_fits(void)
{
    struct counters_sum sum;
    char text[METRICS_MAX];
    int bytes;

    memset(&sum, 0xff, sizeof(sum));
    bytes =
        metrics_write(&sum,
                      &(struct metrics_facts){"100.100.100-something", "100.100.100-something long",
                                              UINT64_MAX, UINT64_MAX},
                      text, sizeof(text));
    CU_ASSERT_TRUE_FATAL(bytes > 0);
    CU_ASSERT_EQUAL((size_t)bytes, strlen(text));
    for (size_t size = 0; size <= (size_t)bytes; size++)
        CU_ASSERT_EQUAL(metrics_write(&sum,
                                      &(struct metrics_facts){"100.100.100-something",
                                                              "100.100.100-something long",
                                                              UINT64_MAX, UINT64_MAX},
                                      text, size),
                        -1);
}

static CU_TestInfo tests[] = {
    TEST(close_codes_have_their_kinds),
    TEST(each_refusal_has_a_name_of_its_own),
    TEST(what_a_dead_process_had_open_is_closed),
    TEST(a_successor_goes_on_counting),
    TEST(all_processes_are_added_up),
    TEST(every_number_belongs_to_one_row),
    TEST(each_number_is_told),
    TEST(each_family_has_its_head_before_its_samples),
    TEST(the_longest_document_fits),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"metrics", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
