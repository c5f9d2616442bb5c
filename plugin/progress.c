#include "progress.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

uint64_t echo_progress_of(struct lws *wsi)
{
    int fd = lws_get_socket_fd(wsi);
    struct tcp_info info = {0};
    socklen_t bytes = sizeof(info);
    int unread = 0;

    if (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &bytes))
        return info.tcpi_bytes_acked;

    return ioctl(fd, SIOCOUTQ, &unread) ? 0 : (uint64_t)unread;
}
