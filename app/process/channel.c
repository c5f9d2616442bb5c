#include "process/channel.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

/* How many states fit in a channel, at least. */
#define STATES_IN_CHANNEL 4

int channel_open(int ends[2], size_t bytes)
{
    int room = (int)bytes * STATES_IN_CHANNEL;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
        return -1;
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));

    return 0;
}

int channel_send(int end, const void *state, size_t bytes)
{
    ssize_t sent = send(end, state, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);

    return sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) ? -1 : 0;
}

enum channel_news channel_receive(int end, void *state, size_t bytes)
{
    enum channel_news news = CHANNEL_NO_NEWS;
    ssize_t got;

    while ((got = recv(end, state, bytes, MSG_DONTWAIT)) > 0)
        news = CHANNEL_NEW_STATE;

    return got < 0 && (errno == EAGAIN || errno == EINTR) ? news : CHANNEL_ENDED;
}
