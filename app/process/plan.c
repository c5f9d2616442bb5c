#include "process/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "process/board.h"
#include "process/service_manager.h"
#include "sockets/listen_address.h"
#include "sockets/sockets.h"

#define MODE_BASE 8

static size_t count_processes(const struct config *config)
{
    uint64_t count = config->workers == SETTING_WORD ? uv_available_parallelism() : config->workers;

    return count < CONFIG_WORKERS_MAX ? (size_t)count : CONFIG_WORKERS_MAX;
}

int plan_init(struct plan *plan, const struct config *config, const struct config_source *source)
{
    memset(plan, 0, sizeof(*plan));
    memset(plan->echo.fds, -1, sizeof(plan->echo.fds));
    memset(plan->admin.fds, -1, sizeof(plan->admin.fds));
    plan->source = source;
    plan->processes = count_processes(config);
    plan->has_admin = config->admin[0] != '\0';
    plan->config = *config;
    if (privileges_find(&plan->privileges, config) || board_new(&plan->board, plan->processes))
        return -1;

    return config->tls == CONFIG_TLS_SELF_SIGNED ? tls_self_sign(&plan->self_signed) : 0;
}

/* Opens the sockets at @endpoint, unless one has been handed over. Returns 0 or -1. */
static int open_sockets(const struct plan *plan, struct plan_sockets *sockets,
                        const struct listen_address *endpoint, const char *scheme)
{
    const struct sockets_access access = {
        .mode = (mode_t)strtoul(plan->config.socket_mode, NULL, MODE_BASE),
        .user = plan->privileges.user,
        .group = plan->privileges.group,
    };
    const char *path = listen_address_path(endpoint);
    struct stat file;

    if (sockets->fds[0] >= 0) {
        if (sockets_inherit(sockets->fds, plan->processes))
            return -1;
    } else {
        if (sockets_bind(endpoint, &access, sockets->fds, plan->processes))
            return -1;
        if (path && !lstat(path, &file)) {
            snprintf(sockets->file, sizeof(sockets->file), "%s", path);
            sockets->inode = file.st_ino;
        }
    }
    sockets_url(sockets->fds[0], scheme, sockets->url, sizeof(sockets->url));

    return 0;
}

static void find_endpoints(const struct plan *plan, struct listen_address *echo,
                           struct listen_address *admin)
{
    listen_address_parse(echo, plan->config.address, plan->config.port);
    listen_address_parse_admin(admin, plan->config.admin);
}

int plan_open(struct plan *plan)
{
    const char *scheme = plan->config.tls == CONFIG_TLS_OFF ? "http" : "https";
    struct listen_address echo;
    struct listen_address admin;

    if (service_manager_sockets(&plan->echo.fds[0], &plan->admin.fds[0]))
        return -1;
    plan->has_admin |= plan->admin.fds[0] >= 0;
    find_endpoints(plan, &echo, &admin);
    if (open_sockets(plan, &plan->echo, &echo, scheme) ||
        (plan->has_admin && open_sockets(plan, &plan->admin, &admin, "http")))
        return -1;

    return privileges_drop(&plan->privileges);
}

int plan_listen(struct plan *plan)
{
    struct listen_address echo;
    struct listen_address admin;

    find_endpoints(plan, &echo, &admin);
    if (sockets_listen(plan->echo.fds, plan->processes, echo.text))
        return -1;

    return plan->has_admin ? sockets_listen(plan->admin.fds, plan->processes, admin.text) : 0;
}

void plan_announce(const struct plan *plan)
{
    printf("lws-echo is ready: open %s\n", plan->echo.url);
    if (plan->has_admin)
        printf("lws-echo has health and metrics at %s\n", plan->admin.url);
    fflush(stdout);
    service_manager_ready(plan->echo.url);
}

/* Closes sockets and removes the file, unless another server has made one in its place already. */
static void close_sockets(struct plan_sockets *sockets, size_t count)
{
    struct stat file;

    sockets_close(sockets->fds, count);
    if (sockets->file[0] && !lstat(sockets->file, &file) && file.st_ino == sockets->inode)
        unlink(sockets->file);
}

void plan_fini(struct plan *plan)
{
    close_sockets(&plan->echo, plan->processes);
    close_sockets(&plan->admin, plan->processes);
    board_free(&plan->board);
    tls_pair_fini(&plan->self_signed);
}
