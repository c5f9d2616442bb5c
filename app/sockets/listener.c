#define _GNU_SOURCE /* accept4() */

#include "sockets/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"

/* Accepted at a time: open connections wait for them, and for their handshakes. */
#define ACCEPT_BATCH 8

/* How long to wait for a descriptor to become free. */
#define PAUSE_MS 100

/* Accepted at the end: what has come before fits, a flood is cut off. */
#define LAST_BATCH SOMAXCONN

static void on_readable(uv_poll_t *readable, int status, int events);

static void on_pause_end(uv_timer_t *pause)
{
    struct listener *listener = pause->data;

    uv_poll_start(&listener->readable, UV_READABLE, on_readable);
}

static void pause_accepting(struct listener *listener, const char *why)
{
    if (!listener->starved)
        log_say(LLL_WARN, "accepting is paused: %s", why);
    listener->starved = true;
    uv_poll_stop(&listener->readable);
    uv_timer_start(&listener->pause, on_pause_end, PAUSE_MS, 0);
}

/* Says whether a failure of accept4() is about one connection only. */
static bool is_passing(int failure)
{
    return failure == EINTR || failure == ECONNABORTED || failure == EPROTO || failure == EPERM;
}

/* Says whether only reserved descriptors are left: the system assigns the lowest free one. */
static bool is_crowded(const struct listener *listener)
{
    int lowest = fcntl(listener->fd, F_DUPFD_CLOEXEC, 0);

    if (lowest >= 0)
        close(lowest);

    return lowest < 0 || lowest >= listener->first_reserved;
}

/* Accepts up to @count connections. Returns 0, or -1 with errno set if there are no more. */
static int accept_some(struct listener *listener, int count)
{
    while (count-- > 0) {
        int fd;

        if (listener->crowded && is_crowded(listener)) {
            errno = EMFILE;
            return -1;
        }
        fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            listener->crowded = fd >= listener->first_reserved;
            listener->starved = false;
            lws_adopt_socket_vhost(listener->vhost, fd); /* closes it on failure */
        } else if (!is_passing(errno)) {
            return -1;
        }
    }

    return 0;
}

static void on_readable(uv_poll_t *readable, int status, int events)
{
    struct listener *listener = readable->data;

    (void)status;
    (void)events;
    if (accept_some(listener, ACCEPT_BATCH) && errno != EAGAIN)
        pause_accepting(listener, strerror(errno));
}

int listener_start(struct listener *listener, uv_loop_t *loop, int fd, int first_reserved)
{
    listener->fd = fd;
    listener->first_reserved = first_reserved;
    listener->crowded = false;
    listener->starved = false;
    uv_timer_init(loop, &listener->pause); /* always succeeds */
    if (loop_check(uv_poll_init(loop, &listener->readable, fd)))
        return -1;
    listener->pause.data = listener->readable.data = listener;

    return loop_check(uv_poll_start(&listener->readable, UV_READABLE, on_readable));
}

void listener_finish(struct listener *listener)
{
    if (listener->fd >= 0)
        accept_some(listener, LAST_BATCH);
    listener_close(listener);
}

void listener_close(struct listener *listener)
{
    if (listener->fd < 0)
        return;

    loop_close_handle((uv_handle_t *)&listener->readable);
    loop_close_handle((uv_handle_t *)&listener->pause);
    close(listener->fd);
    listener->fd = -1;
}
