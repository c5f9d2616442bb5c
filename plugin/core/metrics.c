#include "core/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/writer.h"

#define PREFIX "lws_echo_"

static void put_head(struct writer *writer, const char *name, const char *type, const char *help)
{
    writer_put(writer, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_row(struct writer *writer, const struct counters *counters,
                    const struct counters_row *row)
{
    char name[64];
    char room[8];

    snprintf(name, sizeof(name), PREFIX "%s", row->name);
    put_head(writer, name, row->type, row->help);
    for (size_t i = 0; i < row->count; i++) {
        writer_put(writer, "%s", name);
        if (row->label)
            writer_put(writer, "{%s=\"%s\"}", row->label, row->label_value(i, room));
        writer_put(writer, " %" PRIu64 "\n", counters_value(counters, row, i));
    }
}

static void put_facts(struct writer *writer, const struct counters_sum *sum,
                      const struct metrics_facts *facts)
{
    const struct {
        const char *name;
        const char *help;
        uint64_t value;
    } rows[] = {
        {PREFIX "processes", "Processes that serve.", facts->processes},
        {PREFIX "processes_draining", "Those that are about to stop.", sum->draining},
        {"process_resident_memory_bytes", "Resident memory of the processes.",
         facts->resident_bytes},
        {"process_start_time_seconds", "Start of the process that serves longest.", sum->started_s},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put_head(writer, rows[i].name, "gauge", rows[i].help);
        writer_put(writer, "%s %" PRIu64 "\n", rows[i].name, rows[i].value);
    }
}

int metrics_write(const struct counters_sum *sum, const struct metrics_facts *facts, char *out,
                  size_t size)
{
    struct writer writer = {.out = out, .size = size};
    size_t count;
    const struct counters_row *rows = counters_rows(&count);

    put_head(&writer, PREFIX "build_info", "gauge", "Always 1; what is running.");
    writer_put(&writer, PREFIX "build_info{version=");
    writer_put_string(&writer, facts->version, strlen(facts->version));
    writer_put(&writer, ",libwebsockets=");
    writer_put_string(&writer, facts->libwebsockets, strlen(facts->libwebsockets));
    writer_put(&writer, "} 1\n");
    put_facts(&writer, sum, facts);
    for (size_t i = 0; i < count; i++)
        put_row(&writer, &sum->counters, &rows[i]);

    return writer_is_whole(&writer) ? (int)writer.used : -1;
}
