#include "link/progress.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "link/transport.h"

/* Returns the bytes sent but not yet acknowledged, or on a unix socket not yet read. */
static int pending_bytes(struct lws *wsi)
{
    int bytes = 0;

    return ioctl(lws_get_socket_fd(wsi), SIOCOUTQ, &bytes) ? 0 : bytes;
}

uint64_t progress_of(struct lws *wsi)
{
    struct tcp_info info = {0};
    socklen_t bytes = sizeof(info);

    if (transport_is_shared(wsi))
        return 0;

    if (getsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_INFO, &info, &bytes))
        return (uint64_t)pending_bytes(wsi);

    return info.tcpi_bytes_acked;
}

bool progress_is_pending(struct lws *wsi)
{
    return !transport_is_shared(wsi) && pending_bytes(wsi) > 0;
}
