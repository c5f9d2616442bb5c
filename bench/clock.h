#pragma once

#include <stdint.h>
#include <time.h>

#define NS_A_SECOND 1000000000
#define NS_A_MILLISECOND 1000000

/** Nanoseconds of a monotonic clock. */
static inline uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (uint64_t)now.tv_sec * NS_A_SECOND + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_ns_of_seconds(double seconds)
{
    return (uint64_t)(seconds * NS_A_SECOND);
}
