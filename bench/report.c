#include "report.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "clock.h"

#define NS_A_MICROSECOND 1000.0
#define BYTES_A_MIB 1048576.0

/* Significant digits; enough, as the values are rounded first. */
#define PRECISION 15

static json_t *rounded(double value, int decimals)
{
    double scale = pow(10, decimals);

    return json_real(round(value * scale) / scale);
}

static json_t *microseconds(uint64_t ns)
{
    return rounded((double)ns / NS_A_MICROSECOND, 3);
}

static json_t *latency(const struct histogram *histogram)
{
    static const struct {
        const char *name;
        double percent;
    } rows[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}};
    json_t *object = json_object();

    json_object_set_new(object, "min", microseconds(histogram->total ? histogram->min : 0));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        json_object_set_new(object, rows[i].name,
                            microseconds(histogram_percentile(histogram, rows[i].percent)));
    json_object_set_new(object, "max", microseconds(histogram->max));

    return object;
}

/* Prints and releases @object. */
static int print(json_t *object)
{
    int failed =
        !object || json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(PRECISION));

    json_decref(object);
    putchar('\n');
    if (!failed && !fflush(stdout))
        return 0;
    fputs("echo-load: cannot write the result\n", stderr);

    return -1;
}

/* CPU time of the servers divided by @count, or null. */
static json_t *server_cpu_us(const struct load *load, const struct window *window, uint64_t count)
{
    if (!load->cpu.count || !count)
        return json_null();

    return rounded((double)window->server_ns / NS_A_MICROSECOND / (double)count, 4);
}

int report_print(const struct window *window, const struct load *load, const char *counted)
{
    double seconds = (double)window->time_ns / NS_A_SECOND;
    uint64_t bytes = window->done * load->arguments->size_bytes;
    json_t *object = json_object();

    json_object_set_new(object, counted, json_integer((json_int_t)window->done));
    json_object_set_new(object, "bytes", json_integer((json_int_t)bytes));
    json_object_set_new(object, "seconds", rounded(seconds, 6));
    json_object_set_new(object, "per_second", rounded((double)window->done / seconds, 1));
    json_object_set_new(object, "mib_per_second",
                        rounded((double)bytes / BYTES_A_MIB / seconds, 2));
    json_object_set_new(object, "latency_us", latency(&load->latency));
    json_object_set_new(object, "server_cpu_us", server_cpu_us(load, window, window->done));
    json_object_set_new(
        object, "server_busy",
        load->cpu.count
            ? rounded((double)window->server_ns / (double)window->time_ns / (double)load->cpu.count,
                      4)
            : json_null());
    json_object_set_new(object, "client_busy",
                        rounded((double)window->client_ns / (double)window->time_ns, 4));
    json_object_set_new(object, "errors", json_integer(0)); /* the first error ends the program */

    return print(object);
}

int report_print_open(const struct load *load, const struct window *window, size_t added)
{
    json_t *object = json_object();

    json_object_set_new(object, "open", json_integer((json_int_t)load->open));
    json_object_set_new(object, "seconds", rounded((double)window->time_ns / NS_A_SECOND, 6));
    json_object_set_new(object, "cpu_us_per_handshake", server_cpu_us(load, window, added));

    return print(object);
}

static int print_count(const char *name, uint64_t count)
{
    json_t *object = json_object();

    json_object_set_new(object, name, json_integer((json_int_t)count));

    return print(object);
}

int report_print_echoed(uint64_t messages)
{
    return print_count("echoed", messages);
}

int report_print_awaiting(size_t open, uint64_t pings)
{
    json_t *object = json_object();

    json_object_set_new(object, "awaiting", json_integer((json_int_t)open));
    json_object_set_new(object, "pings", json_integer((json_int_t)pings));

    return print(object);
}

int report_print_closed(size_t count)
{
    return print_count("closed", count);
}
