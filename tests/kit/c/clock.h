#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The one clock of the tests in C: monotonic, in milliseconds. What a test waits for it waits for
 * until a deadline that only a server that hangs reaches.
 */

int64_t clock_ms(void);

/** Returns how long to wait for what has to come: 30 s, and ten times that under valgrind. */
int clock_patience_ms(void);

/** Returns when the patience that begins now ends. */
int64_t clock_deadline_ms(void);

/** Waits a moment before a condition is asked again. Returns false once @deadline_ms has passed. */
bool clock_tick(int64_t deadline_ms);

/** Lets @ms pass, for tests of what happens in time or does not. */
void clock_pass(int64_t ms);
