#include "process/listening.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/service_manager.h"
#include "sockets/listen_address.h"
#include "sockets/sockets.h"

#define MODE_BASE 8

void listening_init(struct listening *listening, const struct config *config, size_t processes)
{
    *listening = (struct listening){
        .processes = processes,
        .has_admin = config->admin[0] != '\0',
    };
    memset(listening->echo.fds, -1, sizeof(listening->echo.fds));
    memset(listening->admin.fds, -1, sizeof(listening->admin.fds));
}

/* Opens the sockets at @address, unless one was passed in. Returns 0 or -1. */
static int open_sockets(struct listening_sockets *sockets, size_t count,
                        const struct listen_address *address, const struct sockets_access *access,
                        const char *scheme)
{
    const char *path = listen_address_path(address);
    struct stat file;

    if (sockets->fds[0] >= 0) {
        if (sockets_inherit(sockets->fds, count))
            return -1;
    } else {
        if (sockets_bind(address, access, sockets->fds, count))
            return -1;
        if (path && !lstat(path, &file)) {
            snprintf(sockets->file, sizeof(sockets->file), "%s", path);
            sockets->inode = file.st_ino;
        }
    }
    sockets_url(sockets->fds[0], scheme, sockets->url, sizeof(sockets->url));

    return 0;
}

static void find_addresses(const struct config *config, struct listen_address *echo,
                           struct listen_address *admin)
{
    listen_address_parse(echo, config->address, config->port);
    listen_address_parse_admin(admin, config->admin);
}

int listening_open(struct listening *listening, const struct config *config,
                   const struct privileges *privileges)
{
    const struct sockets_access access = {
        .mode = (mode_t)strtoul(config->socket_mode, NULL, MODE_BASE),
        .user = privileges->user,
        .group = privileges->group,
    };
    const char *scheme = config->tls == CONFIG_TLS_OFF ? "http" : "https";
    struct listen_address echo;
    struct listen_address admin;

    if (service_manager_sockets(&listening->echo.fds[0], &listening->admin.fds[0]))
        return -1;
    listening->has_admin |= listening->admin.fds[0] >= 0;
    find_addresses(config, &echo, &admin);
    if (open_sockets(&listening->echo, listening->processes, &echo, &access, scheme))
        return -1;

    return listening->has_admin
               ? open_sockets(&listening->admin, listening->processes, &admin, &access, "http")
               : 0;
}

int listening_start(const struct listening *listening, const struct config *config)
{
    struct listen_address echo;
    struct listen_address admin;

    find_addresses(config, &echo, &admin);
    if (sockets_listen(listening->echo.fds, listening->processes, echo.text))
        return -1;

    return listening->has_admin
               ? sockets_listen(listening->admin.fds, listening->processes, admin.text)
               : 0;
}

void listening_announce(const struct listening *listening)
{
    printf("lws-echo is ready: open %s\n", listening->echo.url);
    if (listening->has_admin)
        printf("lws-echo has health and metrics at %s\n", listening->admin.url);
    fflush(stdout);
    service_manager_ready(listening->echo.url);
}

static void keep(const struct listening *listening, struct listening_sockets *sockets, size_t index)
{
    sockets_close(sockets->fds, index);
    sockets_close(sockets->fds + index + 1, listening->processes - index - 1);
}

void listening_keep(struct listening *listening, size_t index)
{
    keep(listening, &listening->echo, index);
    keep(listening, &listening->admin, index);
}

void listening_stop(struct listening *listening)
{
    sockets_close(listening->echo.fds, listening->processes);
    sockets_close(listening->admin.fds, listening->processes);
}

/* Another server may have replaced the file already. */
static void remove_file(const struct listening_sockets *sockets)
{
    struct stat file;

    if (sockets->file[0] && !lstat(sockets->file, &file) && file.st_ino == sockets->inode)
        unlink(sockets->file);
}

void listening_close(struct listening *listening)
{
    listening_stop(listening);
    remove_file(&listening->echo);
    remove_file(&listening->admin);
}
