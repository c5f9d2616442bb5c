#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "core/counters.h"
#include "process/privileges.h"
#include "sites/tls.h"

#define PLAN_URL_MAX 160

/* The listening sockets of one endpoint, one for each process. */
struct plan_sockets {
    int fds[CONFIG_WORKERS_MAX];
    char url[PLAN_URL_MAX];
    char file[PLAN_URL_MAX]; /* of a unix socket of our own; or empty */
    ino_t inode;             /* of that */
};

/*
 * What all processes of the server have in common: made before there is more than one, and
 * inherited by the workers.
 */
struct plan {
    struct config config; /* in force; a copy of its own */
    const struct config_source *source;
    struct tls_pair self_signed; /* empty: it is not */
    struct privileges privileges;
    struct counters_board board;
    size_t processes; /* that serve */
    bool has_admin;
    struct plan_sockets echo;
    struct plan_sockets admin; /* of health and metrics, if they are not served by the others */
};

/**
 * Makes the plan of @config, which came from @source; opens no socket.
 *
 * Returns 0, or -1 after one line on standard error; plan_fini() releases it either way.
 */
int plan_init(struct plan *plan, const struct config *config, const struct config_source *source);

/**
 * Opens the sockets, or takes them over, and becomes the user that the configuration names. They do
 * not listen as yet. Returns 0, or -1 after one line on standard error.
 */
int plan_open(struct plan *plan);

/** Has the sockets listen. Returns 0, or -1 after one line on standard error. */
int plan_listen(struct plan *plan);

/** Says on standard output where the server is reached, and to the service manager that it is. */
void plan_announce(const struct plan *plan);

/** Closes what sockets it still has, and releases the rest. */
void plan_fini(struct plan *plan);
