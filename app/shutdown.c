#include "shutdown.h"

#include <signal.h>

/* The promise is to be gone within 5 s; what is left is for taking everything down. */
#define DEADLINE_MS 4000

#define POLL_MS 10

static void on_timer(uv_timer_t *timer)
{
    struct shutdown *shutdown = timer->data;
    size_t open = 0;

    lws_callback_all_protocol_vhost_args(shutdown->vhost, NULL, LWS_CALLBACK_USER, &open,
                                         sizeof(open));
    if (!open || uv_now(timer->loop) >= shutdown->deadline_ms)
        uv_stop(timer->loop);
}

static void begin(struct shutdown *shutdown)
{
    listener_close(shutdown->listener);
    shutdown->deadline_ms = uv_now(shutdown->timer.loop) + DEADLINE_MS;
    uv_timer_start(&shutdown->timer, on_timer, 0, POLL_MS);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct shutdown *shutdown = signal->data;

    if (!shutdown->deadline_ms) {
        lwsl_notice("signal %d: closing all connections\n", number);
        begin(shutdown);
    } else if (!shutdown->is_worker) {
        uv_stop(signal->loop);
    }
}

static void on_supervisor_end(uv_poll_t *supervisor, int status, int events)
{
    struct shutdown *shutdown = supervisor->data;

    (void)status;
    (void)events;
    uv_poll_stop(supervisor);
    if (shutdown->deadline_ms)
        return;
    lwsl_warn("the supervisor has ended: closing all connections\n");
    begin(shutdown);
}

int shutdown_init(struct shutdown *shutdown, uv_loop_t *loop, struct listener *listener,
                  struct lws_vhost *vhost)
{
    int failure = uv_timer_init(loop, &shutdown->timer);

    shutdown->listener = listener;
    shutdown->vhost = vhost;
    shutdown->deadline_ms = 0;
    shutdown->is_worker = false;
    if (!failure)
        failure = uv_signal_init(loop, &shutdown->interrupt);
    if (!failure)
        failure = uv_signal_init(loop, &shutdown->terminate);
    if (failure)
        return failure;
    shutdown->timer.data = shutdown->interrupt.data = shutdown->terminate.data = shutdown;

    failure = uv_signal_start(&shutdown->interrupt, on_signal, SIGINT);

    return failure ? failure : uv_signal_start(&shutdown->terminate, on_signal, SIGTERM);
}

int shutdown_watch_supervisor(struct shutdown *shutdown, int pipe)
{
    int failure = uv_poll_init(shutdown->timer.loop, &shutdown->supervisor, pipe);

    if (failure)
        return failure;
    shutdown->is_worker = true;
    shutdown->supervisor.data = shutdown;

    return uv_poll_start(&shutdown->supervisor, UV_READABLE, on_supervisor_end);
}

void shutdown_close(struct shutdown *shutdown)
{
    uv_close((uv_handle_t *)&shutdown->timer, NULL);
    uv_close((uv_handle_t *)&shutdown->interrupt, NULL);
    uv_close((uv_handle_t *)&shutdown->terminate, NULL);
    if (shutdown->is_worker)
        uv_close((uv_handle_t *)&shutdown->supervisor, NULL);
}
