#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/config.h"
#include "process/privileges.h"

/*
 * The listening sockets of the server. They are opened before there is more than one process, and
 * each process takes its own.
 */

#define LISTENING_URL_MAX 160

/* The sockets of one listener, one for each process. */
struct listening_sockets {
    int fds[CONFIG_WORKERS_MAX]; /* -1: closed, or taken */
    char url[LISTENING_URL_MAX];
    char file[LISTENING_URL_MAX]; /* of a unix socket of our own; or empty */
    ino_t inode;                  /* of that */
};

struct listening {
    size_t processes;
    struct listening_sockets echo;
    struct listening_sockets
        admin; /* of health and metrics, if they have a listener of their own */
    bool has_admin;
};

/** Prepares the sockets that @config wants for @processes. No resources are held. */
void listening_init(struct listening *listening, const struct config *config, size_t processes);

/**
 * Opens the sockets, or takes over those of the service manager. They do not listen yet.
 * @privileges says who owns the files of unix sockets.
 *
 * Returns 0, or -1 after one line on standard error; listening_close() releases them either way.
 */
int listening_open(struct listening *listening, const struct config *config,
                   const struct privileges *privileges);

/** Has the sockets listen. Returns 0, or -1 after one line on standard error. */
int listening_start(const struct listening *listening, const struct config *config);

/** Prints where the server is reached on standard output, and tells the service manager. */
void listening_announce(const struct listening *listening);

/** Closes the sockets of all processes but @index. */
void listening_keep(struct listening *listening, size_t index);

/** Closes the sockets that have not been taken, but leaves the files of unix sockets. */
void listening_stop(struct listening *listening);

/** Closes the sockets, and removes the files of unix sockets. */
void listening_close(struct listening *listening);
