#pragma once

#include <stdbool.h>
#include <stddef.h>

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

/** Returns @board as process @own sees it. */
struct counters_board board_view(const struct counters_board *board, size_t own);

/** Says for all to see whether the own process of @board is about to stop. */
void board_set_draining(const struct counters_board *board, bool draining);

void board_free(struct counters_board *board);
