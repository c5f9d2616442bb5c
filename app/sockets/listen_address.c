#include "sockets/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define PORT_MAX 65535

static struct sockaddr_in ipv4(struct in_addr address, uint64_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_addr = address,
        .sin_port = htons((uint16_t)port),
    };
}

static struct sockaddr_in6 ipv6(struct in6_addr address, uint64_t port)
{
    return (struct sockaddr_in6){
        .sin6_family = AF_INET6,
        .sin6_addr = address,
        .sin6_port = htons((uint16_t)port),
    };
}

static void set_name(struct listen_address *endpoint, const void *name, size_t bytes)
{
    memset(endpoint, 0, sizeof(*endpoint));
    memcpy(&endpoint->name, name, bytes);
    endpoint->name_bytes = (socklen_t)bytes;
}

/* Reads an IPv4 or IPv6 address. Returns false when it is neither. */
static bool set_ip(struct listen_address *endpoint, const char *address, uint64_t port)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct in6_addr six_address;
    struct in_addr four_address;

    if (inet_pton(AF_INET6, address, &six_address) == 1) {
        six = ipv6(six_address, port);
        set_name(endpoint, &six, sizeof(six));
        endpoint->any = !memcmp(&six_address, &in6addr_any, sizeof(six_address));
    } else if (inet_pton(AF_INET, address, &four_address) == 1) {
        four = ipv4(four_address, port);
        set_name(endpoint, &four, sizeof(four));
        endpoint->any = four_address.s_addr == htonl(INADDR_ANY);
    } else {
        return false;
    }
    snprintf(endpoint->text, sizeof(endpoint->text), "%s port %u", address, (unsigned)port);

    return true;
}

static bool is_unix(const char *text)
{
    return !strncmp(text, LISTEN_ADDRESS_UNIX_PREFIX, strlen(LISTEN_ADDRESS_UNIX_PREFIX));
}

/* Returns NULL, or what it must be. */
static const char *set_unix(struct listen_address *endpoint, const char *text)
{
    const char *path = text + strlen(LISTEN_ADDRESS_UNIX_PREFIX);
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    if (path[0] != '/' || path[1] == '\0')
        return "\"" LISTEN_ADDRESS_UNIX_PREFIX "\" and an absolute path";
    if (strlen(path) >= sizeof(name.sun_path))
        return "a path of at most 107 bytes behind \"" LISTEN_ADDRESS_UNIX_PREFIX "\"";

    memcpy(name.sun_path, path, strlen(path) + 1);
    set_name(endpoint, &name, sizeof(name));
    snprintf(endpoint->text, sizeof(endpoint->text), "%s", text);

    return NULL;
}

const char *listen_address_parse(struct listen_address *endpoint, const char *address,
                                 uint64_t port)
{
    struct listen_address scratch;

    if (!endpoint)
        endpoint = &scratch;
    if (is_unix(address))
        return set_unix(endpoint, address);
    if (!set_ip(endpoint, *address ? address : "::", port))
        return "an IPv4 or IPv6 address, or \"" LISTEN_ADDRESS_UNIX_PREFIX
               "\" and an absolute path";
    if (!*address)
        snprintf(endpoint->text, sizeof(endpoint->text), "all interfaces, port %u", (unsigned)port);

    return NULL;
}

const char *listen_address_parse_admin(struct listen_address *endpoint, const char *text)
{
    static const char expected[] = "an address with its port (\"127.0.0.1:9090\", \"[::1]:9090\"), "
                                   "or \"" LISTEN_ADDRESS_UNIX_PREFIX "\" and an absolute path";
    const char *colon = strrchr(text, ':');
    size_t bytes = colon ? (size_t)(colon - text) : 0;
    bool bracketed = bytes >= 2 && text[0] == '[' && text[bytes - 1] == ']';
    struct listen_address scratch;
    char address[INET6_ADDRSTRLEN];
    unsigned long port;
    char *end;

    if (!endpoint)
        endpoint = &scratch;
    if (is_unix(text))
        return set_unix(endpoint, text);

    if (bracketed) {
        text++;
        bytes -= 2;
    }
    if (!colon || bytes >= sizeof(address) || colon[1] < '0' || colon[1] > '9' ||
        (memchr(text, ':', bytes) != NULL) != bracketed)
        return expected;
    memcpy(address, text, bytes);
    address[bytes] = '\0';
    port = strtoul(colon + 1, &end, 10);

    return *end || port > PORT_MAX || !set_ip(endpoint, address, port) ? expected : NULL;
}

const char *listen_address_path(const struct listen_address *endpoint)
{
    const struct sockaddr_un *name = (const struct sockaddr_un *)&endpoint->name;

    return name->sun_family == AF_UNIX ? name->sun_path : NULL;
}
