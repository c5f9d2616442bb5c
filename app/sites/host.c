#include "sites/host.h"

#include <string.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/open_files.h"
#include "sites/plugins.h"
#include "sites/rx_memory.h"

int host_open(struct host *host, const struct config *config, const struct counters_board *board)
{
    const lws_plugin_protocol_t *echo;

    memset(host, 0, sizeof(*host));
    host->board = *board;
    host->loops[0] = &host->loop;
    if (loop_check(uv_loop_init(&host->loop)))
        return -1;
    host->has_loop = true;
    if (open_files_limit(config->max_open_files, &host->open_files))
        return -1;
    rx_memory_use(host->open_files);
    echo = plugins_load_echo(config->plugin_dir, &host->plugins);
    if (!echo)
        return -1;

    host->protocol = echo->protocols[0];
    /* the plugin takes the second of them: the first is libwebsockets' own in lwsws */
    host->extensions[0] = host->extensions[1] = echo->extensions[0];
    log_set_up(config->log_level, config->log_format);

    return 0;
}

void host_close(struct host *host)
{
    if (!host->has_loop)
        return;

    uv_run(&host->loop, UV_RUN_DEFAULT);
    uv_loop_close(&host->loop);
    lws_plugins_destroy(&host->plugins, NULL, NULL);
}
