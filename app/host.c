#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "open_files.h"
#include "plugins.h"
#include "rx_memory.h"

static int start_context(struct host *host, const struct config *config)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBUV,
        .foreign_loops = host->loops,
        .pcontext = &host->context,
        .pt_serv_buf_size = (unsigned)echo_options_service_buffer_bytes(&config->echo_in_force),
        .gid = -1,
        .uid = -1,
    };

    host->loops[0] = &host->loop;
    if (config->tls != CONFIG_TLS_OFF)
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    host->context = lws_create_context(&info);

    /* no vhost is there as yet: each is initialised when it is made, the first as the last */
    return host->context ? lws_protocol_init(host->context) : -1;
}

int host_open(struct host *host, const struct config *config, const struct echo_board *board)
{
    const lws_plugin_protocol_t *echo;
    size_t open_files;

    memset(host, 0, sizeof(*host));
    host->board = *board;
    if (uv_loop_init(&host->loop)) {
        fputs("lws-echo: cannot start an event loop\n", stderr);
        exit(EXIT_FAILURE);
    }
    if (open_files_limit(config->max_open_files, &open_files))
        return -1;
    rx_memory_use(open_files);
    echo = plugins_load_echo(config->plugin_dir, &host->plugins);
    if (!echo)
        return -1;

    host->protocols[0] = echo->protocols[0];
    host->protocols[0].user = &host->board;
    /* the plugin takes the second of them: the first is libwebsockets' own in lwsws */
    host->extensions[0] = host->extensions[1] = echo->extensions[0];
    log_set_up(config->log_level, config->log_format);
    if (start_context(host, config)) {
        fputs("lws-echo: libwebsockets cannot start; --log-level debug shows why\n", stderr);
        return -1;
    }

    return 0;
}

void host_close(struct host *host)
{
    /*
     * On a loop that is not its own, libwebsockets needs two calls: one that closes its handles
     * through the loop, one to release the rest. It clears host->context at the end.
     */
    if (host->context)
        lws_context_destroy(host->context);
    uv_run(&host->loop, UV_RUN_DEFAULT);
    if (host->context)
        lws_context_destroy(host->context);
    uv_loop_close(&host->loop);
    lws_plugins_destroy(&host->plugins, NULL, NULL);
}
