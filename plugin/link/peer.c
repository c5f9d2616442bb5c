#include "link/peer.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "link/transport.h"

/* Returns the other end of the connection. */
static struct address other_end(struct lws *wsi)
{
    const struct address unknown = {{0}};
    struct sockaddr_storage storage = {0};
    const struct sockaddr_in *four = (const struct sockaddr_in *)&storage;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&storage;
    socklen_t bytes = sizeof(storage);

    if (getpeername(transport_socket(wsi), (struct sockaddr *)&storage, &bytes))
        return unknown;

    switch (storage.ss_family) {
    case AF_INET:
        return address_of_ipv4(&four->sin_addr);
    case AF_INET6:
        return address_of_ipv6(&six->sin6_addr);
    default:
        return unknown;
    }
}

struct address peer_find(struct lws *wsi, const char *trusted_proxies,
                         const struct request_value *forwarded_for)
{
    struct address peer = other_end(wsi);

    if (!trusted_proxies[0] || !forwarded_for->readable)
        return peer;

    return address_origin(&peer, forwarded_for->text, trusted_proxies);
}
