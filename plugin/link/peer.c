#include "link/peer.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "link/http.h"

/* Returns the other end of the connection. */
static struct address other_end(struct lws *wsi)
{
    const struct address unknown = {{0}};
    struct sockaddr_storage storage = {0};
    const struct sockaddr_in *four = (const struct sockaddr_in *)&storage;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&storage;
    socklen_t bytes = sizeof(storage);

    if (getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&storage, &bytes))
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

struct address peer_find(struct lws *wsi, const struct options *options)
{
    struct address peer = other_end(wsi);
    struct http_header header;

    if (!options->trusted_proxies[0] || !http_read(wsi, WSI_TOKEN_X_FORWARDED_FOR, &header))
        return peer;

    return address_origin(&peer, header.value, options->trusted_proxies);
}
