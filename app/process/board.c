#include "process/board.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static size_t bytes_of(const struct counters_board *board)
{
    return board->count * sizeof(*board->slots);
}

int board_new(struct counters_board *board, size_t count)
{
    *board = (struct counters_board){.count = count};
    board->slots =
        mmap(NULL, bytes_of(board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (board->slots != MAP_FAILED)
        return 0;

    board->slots = NULL;
    fprintf(stderr, "lws-echo: no memory to count in: %s\n", strerror(errno));

    return -1;
}

static void set_draining(const struct counters_board *board, size_t i, uint64_t draining)
{
    __atomic_store_n(&board->slots[i].draining, draining, __ATOMIC_RELAXED);
}

struct counters_board board_of(const struct counters_board *board, size_t own)
{
    set_draining(board, own, 0);

    return (struct counters_board){board->slots, board->count, own};
}

void board_drain_own(const struct counters_board *board)
{
    set_draining(board, board->own, 1);
}

void board_free(struct counters_board *board)
{
    if (board->slots)
        munmap(board->slots, bytes_of(board));
    board->slots = NULL;
}
