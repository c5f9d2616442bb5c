#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sockets/listen_address.h"

/*
 * Opens listening sockets, or takes those that were passed in. listener.h accepts from them.
 */

/** Mode and owner of the file of a unix socket: who may connect. */
struct sockets_access {
    mode_t mode;
    uid_t user;  /* (uid_t)-1: as started */
    gid_t group; /* (gid_t)-1: as started */
};

/**
 * Binds @count non-blocking sockets to @address. They do not listen yet.
 *
 * TCP sockets share the port, and the kernel distributes connections among them; for a unix address
 * all descriptors are of one socket. Fails if any program is listening there, another instance of
 * this one included; a stale unix socket is replaced. Afterwards a program of the same user could
 * share the port with SO_REUSEPORT.
 *
 * Returns 0, or -1 after one line on standard error, with none open.
 */
int sockets_bind(const struct listen_address *address, const struct sockets_access *access,
                 int *fds, size_t count);

/**
 * Shares a listening socket, @fds[0], among @count users: the other @fds become descriptors of it.
 *
 * Returns 0, or -1 after one line on standard error; then @fds[0] is still open.
 */
int sockets_inherit(int *fds, size_t count);

/** Makes all of @fds listen. Returns 0, or -1 after one line on standard error that names @text. */
int sockets_listen(const int *fds, size_t count, const char *text);

/** Closes those that are not -1, and sets them to it. */
void sockets_close(int *fds, size_t count);

/**
 * Writes the URL at which a browser on this machine reaches @fd, or "unix:" and a path.
 */
void sockets_url(int fd, const char *scheme, char *out, size_t size);
