#include "process/service_manager.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <systemd/sd-daemon.h>

#include "base/log.h"

#define ADMIN_NAME "admin"

static int refuse(int count)
{
    log_say(LLL_ERR,
            "%d sockets were passed in; expected is one stream socket that listens, and optionally "
            "one more named \"" ADMIN_NAME "\"",
            count);

    return -1;
}

static void free_names(char **names)
{
    for (size_t i = 0; names && names[i]; i++)
        free(names[i]);
    free(names);
}

int service_manager_sockets(int *echo, int *admin)
{
    char **names = NULL;
    int count = sd_listen_fds_with_names(1, &names);
    int failure = 0;

    *echo = *admin = -1;
    for (int i = 0; i < count; i++) {
        int fd = SD_LISTEN_FDS_START + i;
        int *place = strcmp(names[i], ADMIN_NAME) != 0 ? echo : admin;

        if (*place >= 0 || sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
            failure = -1;
        *place = fd;
    }
    free_names(names);
    if (count < 0) {
        log_say(LLL_ERR, "cannot use the sockets that were passed in: %s", strerror(-count));
        return -1;
    }

    return failure || (count && *echo < 0) ? refuse(count) : 0;
}

static uint64_t monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void service_manager_ready(const char *status)
{
    sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void service_manager_reloading(void)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=Reading the configuration",
               monotonic_us());
}

void service_manager_stopping(uint64_t patience_ms)
{
    sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRIu64 "\nSTATUS=Closing all connections",
               patience_ms * 1000);
}

uint64_t service_manager_watchdog_ms(void)
{
    uint64_t period_us;

    /* half of it, as sd_watchdog_enabled(3) recommends */
    return sd_watchdog_enabled(0, &period_us) > 0 ? period_us / 2000 : 0;
}

void service_manager_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}
