#include "core/base/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/setting.h"

#define UNIX_WORD "unix"

#define PREFIX_MAX 128
#define IPV4_OFFSET 12 /* in the mapped address */
#define SPACES " \t"

static const uint8_t mapped[IPV4_OFFSET] = {[10] = 0xff, [11] = 0xff};

struct address address_of_ipv4(const void *bytes)
{
    struct address address;

    memcpy(address.bytes, mapped, IPV4_OFFSET);
    memcpy(address.bytes + IPV4_OFFSET, bytes, sizeof(address.bytes) - IPV4_OFFSET);

    return address;
}

struct address address_of_ipv6(const void *bytes)
{
    struct address address;

    memcpy(address.bytes, bytes, sizeof(address.bytes));

    return address;
}

static bool is_ipv4(const struct address *address)
{
    return !memcmp(address->bytes, mapped, IPV4_OFFSET);
}

static bool is_known(const struct address *address)
{
    static const struct address unknown;

    return memcmp(address, &unknown, sizeof(unknown)) != 0;
}

/* Reads an address without brackets or a port. */
static bool read_plain(struct address *out, const char *text, size_t bytes)
{
    char copy[INET6_ADDRSTRLEN];
    uint8_t parsed[16];

    if (bytes >= sizeof(copy))
        return false;
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';

    if (inet_pton(AF_INET, copy, parsed) == 1)
        *out = address_of_ipv4(parsed);
    else if (inet_pton(AF_INET6, copy, parsed) == 1)
        *out = address_of_ipv6(parsed);
    else
        return false;

    return true;
}

/* Says whether the @bytes at @text are ":" and a port. */
static bool is_port(const char *text, size_t bytes)
{
    if (bytes < 2 || bytes > 6 || text[0] != ':')
        return false;
    for (size_t i = 1; i < bytes; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;

    return true;
}

bool address_read(struct address *out, const char *text, size_t bytes)
{
    const char *end = text + bytes;
    const char *mark;

    if (read_plain(out, text, bytes))
        return true;

    if (bytes && *text == '[') {
        mark = memchr(text, ']', bytes);
        return mark && (mark + 1 == end || is_port(mark + 1, (size_t)(end - mark - 1))) &&
               read_plain(out, text + 1, (size_t)(mark - text - 1));
    }
    mark = memchr(text, ':', bytes);

    return mark && is_port(mark, (size_t)(end - mark)) &&
           read_plain(out, text, (size_t)(mark - text));
}

void address_write(const struct address *address, char out[ADDRESS_TEXT])
{
    if (!is_known(address))
        memcpy(out, "-", 2);
    else if (is_ipv4(address))
        inet_ntop(AF_INET, address->bytes + IPV4_OFFSET, out, ADDRESS_TEXT);
    else
        inet_ntop(AF_INET6, address->bytes, out, ADDRESS_TEXT);
}

struct address address_network(const struct address *address)
{
    struct address network = *address;

    if (!is_ipv4(address))
        memset(network.bytes + 8, 0, 8);

    return network;
}

/* A network: the first bits of addresses. */
struct network {
    struct address address;
    unsigned bits;
};

/* Reads an address or a network in CIDR notation. */
static bool read_network(struct network *network, const char *text, size_t bytes)
{
    const char *slash = memchr(text, '/', bytes);
    size_t address_bytes = slash ? (size_t)(slash - text) : bytes;
    size_t digits = bytes - address_bytes - 1;
    unsigned max;
    unsigned bits = 0;

    if (!read_plain(&network->address, text, address_bytes))
        return false;
    max = memchr(text, ':', address_bytes) ? PREFIX_MAX : 32;
    network->bits = PREFIX_MAX;
    if (!slash)
        return true;

    if (!digits || digits > 3)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (slash[1 + i] < '0' || slash[1 + i] > '9')
            return false;
        bits = bits * 10 + (unsigned)(slash[1 + i] - '0');
    }
    network->bits = PREFIX_MAX - max + bits;

    return bits <= max;
}

static bool contains(const struct network *network, const struct address *address)
{
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;

    if (memcmp(network->address.bytes, address->bytes, whole) != 0)
        return false;

    return !rest || !((network->address.bytes[whole] ^ address->bytes[whole]) >> (8 - rest));
}

static bool is_unix(const char *item, size_t bytes)
{
    return bytes == strlen(UNIX_WORD) && !memcmp(item, UNIX_WORD, bytes);
}

const char *address_check_proxy(const char *item, size_t bytes)
{
    struct network network;

    return is_unix(item, bytes) || read_network(&network, item, bytes)
               ? NULL
               : "an IP address, a network (\"10.0.0.0/8\"), or \"" UNIX_WORD "\"";
}

bool address_is_proxy(const struct address *address, const char *proxies)
{
    struct network network;
    const char *item;
    size_t bytes;

    while (setting_list_next(&proxies, &item, &bytes))
        if (!is_known(address) ? is_unix(item, bytes)
                               : read_network(&network, item, bytes) && contains(&network, address))
            return true;

    return false;
}

/* Takes the last element off a list that ends at @end; returns its start and sets @bytes. */
static const char *take_last(const char *list, const char **end, size_t *bytes)
{
    const char *start = *end;

    while (start > list && start[-1] != ',')
        start--;
    *bytes = (size_t)(*end - start);
    *end = start > list ? start - 1 : list;
    while (*bytes && strchr(SPACES, *start)) {
        start++;
        --*bytes;
    }
    while (*bytes && strchr(SPACES, start[*bytes - 1]))
        --*bytes;

    return start;
}

struct address address_origin(const struct address *peer, const char *forwarded,
                              const char *proxies)
{
    const char *end = forwarded + strlen(forwarded);
    struct address origin = *peer;

    while (end > forwarded && address_is_proxy(&origin, proxies)) {
        size_t bytes;
        const char *element = take_last(forwarded, &end, &bytes);

        if (!address_read(&origin, element, bytes))
            break;
    }

    return origin;
}
