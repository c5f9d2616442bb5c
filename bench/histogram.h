#pragma once

#include <stdint.h>

/*
 * Counts values by size: exactly below 64, and above that in 64 steps for each power of two. A
 * value is thus known to 1.6 % at any size, and recording takes a few instructions.
 */
#define HISTOGRAM_STEP_BITS 6
#define HISTOGRAM_STEPS (1U << HISTOGRAM_STEP_BITS)
#define HISTOGRAM_SLOTS ((64 - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS)

struct histogram {
    uint64_t counts[HISTOGRAM_SLOTS];
    uint64_t total;
    uint64_t min;
    uint64_t max;
};

void histogram_init(struct histogram *histogram);

/** Counts a value @times times. */
void histogram_record(struct histogram *histogram, uint64_t value, uint64_t times);

/**
 * Returns a value that @percent (0..100) of the values do not exceed, to 1.6 %, never above the
 * largest; 0 when nothing was recorded.
 */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);
