#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses of peers, and which of them are trusted proxies. */

/* Room for an address as text: IPv6 has up to 45 bytes, and the NUL. */
#define ADDRESS_TEXT 46

/* An IPv6 address, or an IPv4-mapped one (::ffff:1.2.3.4, RFC 4291 section 2.5.5.2). */
struct address {
    uint8_t bytes[16]; /* all 0: unknown, or none, as on a unix socket */
};

/** Return the address made of 4 (IPv4) or 16 (IPv6) bytes in network order. */
struct address address_of_ipv4(const void *bytes);
struct address address_of_ipv6(const void *bytes);

/**
 * Reads an address as written in X-Forwarded-For: IPv4 or IPv6, optionally with a port; an IPv6
 * address may be in brackets, and must be if a port follows.
 *
 * Returns false, with @out unchanged, when the @bytes at @text are something else.
 */
bool address_read(struct address *out, const char *text, size_t bytes);

/** Writes @address to @out as text with a NUL; "-" if it is unknown. */
void address_write(const struct address *address, char out[ADDRESS_TEXT]);

/** Returns the network that is taken for one user: the /64 of an IPv6 address, IPv4 as it is. */
struct address address_network(const struct address *address);

/**
 * Checks an item of a list of proxies, the @bytes at @item: an address, a network in CIDR notation,
 * or "unix" for the peers of unix sockets.
 *
 * Returns NULL if it is valid, or else static text that says what is expected.
 */
const char *address_check_proxy(const char *item, size_t bytes);

/** Says whether @address is in the list @proxies. An unknown address matches "unix". */
bool address_is_proxy(const struct address *address, const char *proxies);

/**
 * Returns who sent a request that came through proxies: the last address in @forwarded, the value
 * of X-Forwarded-For, that is not one of @proxies. @peer is the other end of the connection; if it
 * is no proxy, it is returned. If all are proxies, the first in the list is returned.
 *
 * Anything before that address may be forged and is ignored. If the search meets an element that is
 * no address, the proxy that added the element is returned.
 */
struct address address_origin(const struct address *peer, const char *forwarded,
                              const char *proxies);
