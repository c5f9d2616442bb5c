#include "process/shutdown.h"

#include "base/loop.h"
#include "echo_host.h"
#include "process/board.h"

#define POLL_MS 10

static void stop_when_closed(uv_timer_t *timer)
{
    struct shutdown *shutdown = timer->data;

    if (!sites_tell(shutdown->sites, ECHO_HOST_COUNT) ||
        uv_now(timer->loop) >= shutdown->deadline_ms)
        uv_stop(timer->loop);
}

static void close_connections(uv_timer_t *timer)
{
    struct shutdown *shutdown = timer->data;

    listener_finish(shutdown->listener);
    sites_tell(shutdown->sites, ECHO_HOST_DRAIN); /* the plugin closes later ones as they open */
    shutdown->deadline_ms = uv_now(timer->loop) + SHUTDOWN_DEADLINE_MS;
    uv_timer_start(timer, stop_when_closed, 0, POLL_MS);
}

void shutdown_init(struct shutdown *shutdown, uv_loop_t *loop, struct sites *sites,
                   struct listener *listener, const struct counters_board *board)
{
    *shutdown = (struct shutdown){.sites = sites, .listener = listener, .board = board};
    shutdown->timer.data = shutdown;
    uv_timer_init(loop, &shutdown->timer); /* always succeeds */
    board_set_draining(board, false);      /* a predecessor may have set it */
}

void shutdown_begin(struct shutdown *shutdown, uint64_t delay_ms)
{
    if (shutdown->announced)
        return;

    shutdown->announced = true;
    board_set_draining(shutdown->board, true);
    uv_timer_start(&shutdown->timer, close_connections, delay_ms, 0);
}

void shutdown_expedite(struct shutdown *shutdown)
{
    if (shutdown->deadline_ms)
        uv_stop(shutdown->timer.loop);
    else
        close_connections(&shutdown->timer);
}

void shutdown_close(struct shutdown *shutdown)
{
    loop_close_handle((uv_handle_t *)&shutdown->timer);
}
