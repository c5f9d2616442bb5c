#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sockets/listen_address.h"

/*
 * Listening sockets: how they come to be, or where they come from. Whoever accepts from them is in
 * listener.h.
 */

/** Who may connect to a unix socket: the mode and owner that its file gets. */
struct sockets_access {
    mode_t mode;
    uid_t user;  /* (uid_t)-1: as started */
    gid_t group; /* (gid_t)-1: as started */
};

/**
 * Binds @count sockets to @address, non-blocking. They do not listen as yet.
 *
 * Several TCP sockets share the port, and the kernel spreads the connections among them; several
 * descriptors of a unix socket are one socket. It fails where another program listens, or this one
 * once more; a unix socket that a program has left behind is replaced. Afterwards a program of the
 * same user could share a port that asks for SO_REUSEPORT.
 *
 * Returns 0, or -1 after one line on standard error, with none open.
 */
int sockets_bind(const struct listen_address *address, const struct sockets_access *access,
                 int *fds, size_t count);

/**
 * Takes a socket that listens already over for @count users: @fds[0] is it, and the others become
 * descriptors of it.
 *
 * Returns 0, or -1 after one line on standard error; then @fds[0] is still open.
 */
int sockets_inherit(int *fds, size_t count);

/** Has all of @fds listen. Returns 0, or -1 after one line on standard error that names @text. */
int sockets_listen(const int *fds, size_t count, const char *text);

/** Closes those that are not -1, and sets them to it. */
void sockets_close(int *fds, size_t count);

/**
 * Writes the URL at which a browser on this machine reaches @fd, or "unix:" and a path.
 */
void sockets_url(int fd, const char *scheme, char *out, size_t size);
