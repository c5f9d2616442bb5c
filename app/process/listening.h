#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/config.h"
#include "process/privileges.h"

/*
 * The listening sockets of the server. They are opened before the workers start, and each process
 * takes its own.
 */

#define LISTENING_URL_MAX 160

/* The sockets of one listener, one for each process. */
struct listening_sockets {
    int fds[CONFIG_WORKERS_MAX]; /* -1: closed or taken */
    char url[LISTENING_URL_MAX];
    char file[LISTENING_URL_MAX]; /* path of a unix socket that we made; or empty */
    ino_t inode;                  /* of that file */
};

struct listening {
    size_t processes;
    struct listening_sockets echo;
    struct listening_sockets admin; /* if @has_admin */
    bool has_admin;
};

/** Prepares the sockets of @processes for @config. No resources are held. */
void listening_init(struct listening *listening, const struct config *config, size_t processes);

/**
 * Opens the sockets, or takes those of the service manager. They do not listen yet. @privileges
 * says who owns the files of unix sockets.
 *
 * Returns 0, or -1 after one line on standard error; listening_close() releases them either way.
 */
int listening_open(struct listening *listening, const struct config *config,
                   const struct privileges *privileges);

/** Makes the sockets listen. Returns 0, or -1 after one line on standard error. */
int listening_start(const struct listening *listening, const struct config *config);

/** Prints the URLs on standard output, and tells the service manager that the server is ready. */
void listening_announce(const struct listening *listening);

/** Closes the sockets of all processes but @index. */
void listening_keep(struct listening *listening, size_t index);

/** Closes the sockets that have not been taken, but keeps the files of unix sockets. */
void listening_stop(struct listening *listening);

/** Closes the sockets and removes the files of unix sockets. */
void listening_close(struct listening *listening);
