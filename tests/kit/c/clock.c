#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define PATIENCE_MS 30000
#define VALGRIND_FACTOR 10

int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int clock_patience_ms(void)
{
    return getenv("ECHO_VALGRIND") ? VALGRIND_FACTOR * PATIENCE_MS : PATIENCE_MS;
}

int64_t clock_deadline_ms(void)
{
    return clock_ms() + clock_patience_ms();
}

bool clock_tick(int64_t deadline_ms)
{
    clock_pass(1);

    return clock_ms() < deadline_ms;
}

void clock_pass(int64_t ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    while (nanosleep(&left, &left) && errno == EINTR)
        ;
}
