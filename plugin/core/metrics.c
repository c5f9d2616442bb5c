#include "core/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/base/writer.h"

#define PREFIX "lws_echo_"

static void put_head(struct writer *writer, const char *name, const char *type, const char *help)
{
    writer_put(writer, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* The families that have one number each. */
static void put_numbers(struct writer *writer, const struct counters *sum,
                        const struct metrics_facts *facts)
{
    const struct {
        const char *name;
        const char *type;
        const char *help;
        uint64_t value;
    } families[] = {
        {PREFIX "connections", "gauge", "WebSocket connections that are open.", sum->open},
        {PREFIX "connections_total", "counter", "WebSocket connections opened.", sum->opened},
        {PREFIX "received_messages_total", "counter", "Messages received.", sum->received_messages},
        {PREFIX "received_bytes_total", "counter",
         "Payload received in data frames, as it was on the wire.", sum->received_bytes},
        {PREFIX "sent_messages_total", "counter", "Messages sent.", sum->sent_messages},
        {PREFIX "sent_bytes_total", "counter",
         "Payload sent in data frames, as it was on the wire.", sum->sent_bytes},
        {PREFIX "pings_sent_total", "counter", "Pings sent, and Pongs sent in their place.",
         sum->pings},
        {PREFIX "pong_timeouts_total", "counter",
         "Connections dropped because no Pong came in time.", sum->pong_timeouts},
        {PREFIX "write_timeouts_total", "counter",
         "Connections dropped because the peer took nothing of what waited for it.",
         sum->write_timeouts},
        {PREFIX "processes", "gauge", "Processes that serve.", facts->processes},
        {PREFIX "processes_draining", "gauge", "Those that are about to stop.", sum->draining},
        {"process_resident_memory_bytes", "gauge", "Resident memory of the processes.",
         facts->resident_bytes},
        {"process_start_time_seconds", "gauge", "Start of the process that serves longest.",
         sum->started_s},
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        put_head(writer, families[i].name, families[i].type, families[i].help);
        writer_put(writer, "%s %" PRIu64 "\n", families[i].name, families[i].value);
    }
}

static void put_closed(struct writer *writer, const struct counters *sum)
{
    char room[8];

    put_head(writer, PREFIX "closed_connections_total", "counter",
             "Connections closed, by close code; 1006 is none, 1005 a Close without one.");
    for (size_t kind = 0; kind < COUNTERS_CLOSE_KINDS; kind++)
        writer_put(writer, PREFIX "closed_connections_total{code=\"%s\"} %" PRIu64 "\n",
                   counters_close_name(kind, room), sum->closed[kind]);
}

static void put_refused(struct writer *writer, const struct counters *sum)
{
    put_head(writer, PREFIX "refused_handshakes_total", "counter",
             "Opening handshakes refused, by what was wrong.");
    for (size_t i = 0; i < REFUSALS; i++)
        writer_put(writer, PREFIX "refused_handshakes_total{reason=\"%s\"} %" PRIu64 "\n",
                   counters_refusal_name((enum refusal)i), sum->refused[i]);
}

int metrics_write(const struct counters *sum, const struct metrics_facts *facts, char *out,
                  size_t size)
{
    struct writer writer = {.out = out, .size = size};

    put_head(&writer, PREFIX "build_info", "gauge", "Always 1; what is running.");
    writer_put(&writer, PREFIX "build_info{version=");
    writer_put_string(&writer, facts->version, strlen(facts->version));
    writer_put(&writer, ",libwebsockets=");
    writer_put_string(&writer, facts->libwebsockets, strlen(facts->libwebsockets));
    writer_put(&writer, "} 1\n");
    put_numbers(&writer, sum, facts);
    put_closed(&writer, sum);
    put_refused(&writer, sum);

    return writer_is_whole(&writer) ? (int)writer.used : -ENOBUFS;
}
