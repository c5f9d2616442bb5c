#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Addresses of peers, and which of them are proxies whose word about others is taken.
 */

/* Longest text: an IPv6 address (45 bytes), and the NUL. */
#define ADDRESS_TEXT 46

/* An IPv6 address, or an IPv4 one as IPv6 maps it (::ffff:1.2.3.4, RFC 4291 section 2.5.5.2). */
struct address {
    uint8_t bytes[16]; /* all 0: it is not known, or there is none, as on a unix socket */
};

/** Makes an address of the 4 bytes of an IPv4 one, or of the 16 of an IPv6 one. */
struct address address_of_ipv4(const void *bytes);
struct address address_of_ipv6(const void *bytes);

/**
 * Reads an address as X-Forwarded-For has it: IPv4 or IPv6, the latter perhaps in brackets, and
 * perhaps a port behind it.
 *
 * Returns false, with @out unchanged, when the @bytes at @text are something else.
 */
bool address_read(struct address *out, const char *text, size_t bytes);

/** Writes it as text; "-" when it is not known. */
void address_write(const struct address *address, char out[ADDRESS_TEXT]);

/** Returns the network to which one user can be thought to belong: IPv6 addresses have /64. */
struct address address_network(const struct address *address);

/**
 * Says what an item of a list of proxies must be, or NULL when the @bytes at @item are it: an
 * address, a network in CIDR notation, or "unix" for the peers of unix sockets.
 */
const char *address_check_proxy(const char *item, size_t bytes);

/** Says whether @address, not known for the peer of a unix socket, is in @proxies, a list. */
bool address_is_proxy(const struct address *address, const char *proxies);

/**
 * Finds who has sent a request that came by proxies: the last address in @forwarded, the value of
 * X-Forwarded-For, that is not itself one of @proxies; @peer is who has connected.
 *
 * What is in front of it anybody may have written. Where the last part is no address, the one
 * behind it has written that, and is taken itself.
 */
struct address address_origin(const struct address *peer, const char *forwarded,
                              const char *proxies);
