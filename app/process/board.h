#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/counters.h"

/*
 * Shared memory for the counters of all processes of the server. It starts as zeros.
 */

/**
 * Makes the board for @count processes.
 *
 * Returns 0, or -1 after one line on standard error; board_free() releases it either way.
 */
int board_new(struct counters_board *board, size_t count);

/** Returns a view of @board for process @own. */
struct counters_board board_view(const struct counters_board *board, size_t own);

/** Publishes whether the process that owns this view of @board is about to stop. */
void board_set_draining(const struct counters_board *board, bool draining);

void board_free(struct counters_board *board);
