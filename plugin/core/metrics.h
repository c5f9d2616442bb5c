#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/counters.h"

/* Room for the longest document, in bytes, including its NUL. */
#define METRICS_MAX 8192

/* The MIME type of the document: Prometheus' text format. */
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* What is reported of the processes besides their counters. */
struct metrics_facts {
    const char *version;
    const char *libwebsockets; /* its version */
    uint64_t processes;        /* how many are alive */
    uint64_t resident_bytes;   /* of all of them */
};

/**
 * Writes @sum and @facts in Prometheus' text exposition format to @out.
 *
 * Returns its size in bytes without the NUL, or -1 if @size is too small.
 */
int metrics_write(const struct counters_sum *sum, const struct metrics_facts *facts, char *out,
                  size_t size);
