#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The one clock of the C tests: monotonic, in milliseconds. A test waits until a deadline that only
 * a hanging server reaches.
 */

int64_t clock_ms(void);

/** Returns how long to wait for something that must come: 30 s, or ten times that under valgrind.
 */
int clock_patience_ms(void);

/** Returns the deadline of a wait that begins now. */
int64_t clock_deadline_ms(void);

/** Waits a moment before the next check of a condition. Returns false after @deadline_ms. */
bool clock_tick(int64_t deadline_ms);

/** Lets @ms pass, for tests of what happens in that time or does not. */
void clock_pass(int64_t ms);
