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

static void set_name(struct listen_address *out, const void *name, size_t bytes)
{
    memset(out, 0, sizeof(*out));
    memcpy(&out->name, name, bytes);
    out->name_bytes = (socklen_t)bytes;
}

/* Reads an IPv4 or IPv6 address. Returns 0, or -1 if it is neither. */
static int set_ip(struct listen_address *out, const char *address, uint64_t port)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct in6_addr six_address;
    struct in_addr four_address;

    if (inet_pton(AF_INET6, address, &six_address) == 1) {
        six = ipv6(six_address, port);
        set_name(out, &six, sizeof(six));
        out->any = !memcmp(&six_address, &in6addr_any, sizeof(six_address));
    } else if (inet_pton(AF_INET, address, &four_address) == 1) {
        four = ipv4(four_address, port);
        set_name(out, &four, sizeof(four));
        out->any = four_address.s_addr == htonl(INADDR_ANY);
    } else {
        return -1;
    }
    snprintf(out->text, sizeof(out->text), "%s port %u", address, (unsigned)port);

    return 0;
}

static bool is_unix(const char *text)
{
    return !strncmp(text, LISTEN_ADDRESS_UNIX_PREFIX, strlen(LISTEN_ADDRESS_UNIX_PREFIX));
}

/* Returns NULL, or what it must be. */
static const char *set_unix(struct listen_address *out, const char *text)
{
    const char *path = text + strlen(LISTEN_ADDRESS_UNIX_PREFIX);
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    if (path[0] != '/' || path[1] == '\0')
        return "\"" LISTEN_ADDRESS_UNIX_PREFIX "\" and an absolute path";
    if (strlen(path) >= sizeof(name.sun_path))
        return "a path of at most 107 bytes after \"" LISTEN_ADDRESS_UNIX_PREFIX "\"";

    memcpy(name.sun_path, path, strlen(path) + 1);
    set_name(out, &name, sizeof(name));
    snprintf(out->text, sizeof(out->text), "%s", text);

    return NULL;
}

const char *listen_address_parse(struct listen_address *out, const char *address, uint64_t port)
{
    struct listen_address scratch;

    if (!out)
        out = &scratch;
    if (is_unix(address))
        return set_unix(out, address);
    if (set_ip(out, *address ? address : "::", port))
        return "an IPv4 or IPv6 address, or \"" LISTEN_ADDRESS_UNIX_PREFIX
               "\" and an absolute path";
    if (!*address)
        snprintf(out->text, sizeof(out->text), "all interfaces, port %u", (unsigned)port);

    return NULL;
}

const char *listen_address_parse_admin(struct listen_address *out, const char *text)
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

    if (!out)
        out = &scratch;
    if (is_unix(text))
        return set_unix(out, text);

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

    return *end || port > PORT_MAX || set_ip(out, address, port) ? expected : NULL;
}

const char *listen_address_path(const struct listen_address *out)
{
    const struct sockaddr_un *name = (const struct sockaddr_un *)&out->name;

    return name->sun_family == AF_UNIX ? name->sun_path : NULL;
}
