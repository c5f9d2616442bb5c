#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Parses where a socket listens. Nothing is opened.
 */

#define LISTEN_ADDRESS_UNIX_PREFIX "unix:"

struct listen_address {
    struct sockaddr_storage name;
    socklen_t name_bytes;
    bool any;       /* all interfaces */
    char text[128]; /* for messages */
};

/**
 * Reads an address, "" for all interfaces, an IPv4 or IPv6 address or "unix:" and an absolute path,
 * and a port, which has no meaning with a path.
 *
 * Returns NULL, or what it must be. @out may be NULL.
 */
const char *listen_address_parse(struct listen_address *out, const char *address, uint64_t port);

/**
 * Reads an address with its port, "127.0.0.1:9090" or "[::1]:9090", or "unix:" and an absolute
 * path.
 *
 * Returns NULL, or what it must be. @out may be NULL.
 */
const char *listen_address_parse_admin(struct listen_address *out, const char *text);

/** Returns the path of a unix socket, or NULL. */
const char *listen_address_path(const struct listen_address *out);
