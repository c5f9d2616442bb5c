#include "process/board.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"

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
    log_say(LLL_ERR, "cannot allocate memory for the counters: %s", strerror(errno));

    return -1;
}

struct counters_board board_view(const struct counters_board *board, size_t own)
{
    return (struct counters_board){board->slots, board->count, own};
}

void board_set_draining(const struct counters_board *board, bool draining)
{
    __atomic_store_n(&board->slots[board->own].draining, draining, __ATOMIC_RELAXED);
}

void board_free(struct counters_board *board)
{
    if (board->slots)
        munmap(board->slots, bytes_of(board));
    board->slots = NULL;
}
