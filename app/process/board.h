#pragma once

#include "core/counters.h"

/*
 * The memory in which the processes of the server count: shared by a supervisor and its workers,
 * zero at first.
 */

/**
 * Makes the board for @count processes.
 *
 * Returns 0, or -1 after one line on standard error; board_free() releases it either way.
 */
int board_new(struct counters_board *board, size_t count);

/** Returns the board as process @own sees it, whose draining, if any, is over. */
struct counters_board board_of(const struct counters_board *board, size_t own);

/** Says of the own process that it takes its leave. */
void board_drain_own(const struct counters_board *board);

void board_free(struct counters_board *board);
