#include "process/shared.h"

#include <string.h>
#include <uv.h>

#include "process/board.h"

static size_t count_processes(const struct config *config)
{
    uint64_t count = config->workers == SETTING_WORD ? uv_available_parallelism() : config->workers;

    return count < CONFIG_WORKERS_MAX ? (size_t)count : CONFIG_WORKERS_MAX;
}

int shared_init(struct shared *shared, const struct config *config,
                const struct config_source *source)
{
    memset(shared, 0, sizeof(*shared));
    shared->config = *config;
    shared->source = source;
    listening_init(&shared->listening, config, count_processes(config));
    if (board_new(&shared->board, shared->listening.processes))
        return -1;

    return tls_common_init(&shared->tls, config);
}

void shared_fini(struct shared *shared)
{
    listening_close(&shared->listening);
    board_free(&shared->board);
    tls_common_fini(&shared->tls);
}
