#include "histogram.h"

#include <math.h>
#include <string.h>

/* Returns the slot of @value. Slots are one wide up to 2 * HISTOGRAM_STEPS, then ever wider. */
static unsigned slot_of(uint64_t value)
{
    unsigned shift;

    if (value < HISTOGRAM_STEPS)
        return (unsigned)value;
    shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_STEP_BITS;

    return (shift << HISTOGRAM_STEP_BITS) + (unsigned)(value >> shift);
}

/* Returns the largest value that is counted in @slot. */
static uint64_t slot_end(unsigned slot)
{
    unsigned shift;
    uint64_t step;

    if (slot < HISTOGRAM_STEPS)
        return slot;
    shift = (slot >> HISTOGRAM_STEP_BITS) - 1;
    step = (slot & (HISTOGRAM_STEPS - 1)) + HISTOGRAM_STEPS;

    return (step << shift) + (((uint64_t)1 << shift) - 1);
}

void histogram_init(struct histogram *histogram)
{
    memset(histogram, 0, sizeof(*histogram));
    histogram->min = UINT64_MAX;
}

void histogram_record(struct histogram *histogram, uint64_t value, uint64_t times)
{
    histogram->counts[slot_of(value)] += times;
    histogram->total += times;
    if (value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    uint64_t wanted = (uint64_t)ceil((double)histogram->total * percent / 100);
    uint64_t seen = 0;

    for (unsigned slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
        seen += histogram->counts[slot];
        if (seen && seen >= wanted)
            return slot_end(slot) < histogram->max ? slot_end(slot) : histogram->max;
    }

    return histogram->max;
}
