#include "link/liveness.h"

#include "link/pass.h"

static void on_timer(lws_sorted_usec_list_t *timer)
{
    struct thread *thread = lws_container_of(timer, struct thread, liveness_timer);

    thread->on_liveness_due(thread);
}

static void arm(struct thread *thread, lws_usec_t now_us)
{
    lws_usec_t due_us = keepalive_due(&thread->keepalive);

    if (due_us >= thread->liveness_due_us)
        return;

    thread->liveness_due_us = due_us;
    lws_sul_schedule(thread->context, thread->tsi, &thread->liveness_timer, on_timer,
                     due_us > now_us ? due_us - now_us : 0);
}

void liveness_arm(struct thread *thread)
{
    arm(thread, lws_now_usecs());
}

void liveness_add(struct connection *connection)
{
    lws_usec_t now_us = lws_now_usecs();

    keepalive_add(&connection->thread->keepalive, &connection->keepalive, now_us);
    arm(connection->thread, now_us);
}

void liveness_received(struct connection *connection)
{
    struct thread *thread = connection->thread;

    keepalive_received(&thread->keepalive, &connection->keepalive, connection->inside_frame,
                       pass_now_us(thread));
}

void liveness_pong(struct connection *connection)
{
    lws_usec_t now_us = lws_now_usecs();

    keepalive_pong(&connection->thread->keepalive, &connection->keepalive, now_us);
    arm(connection->thread, now_us);
}

void liveness_stall(struct connection *connection)
{
    lws_usec_t now_us = lws_now_usecs();

    keepalive_stall(&connection->thread->keepalive, &connection->keepalive, now_us);
    arm(connection->thread, now_us);
}

void liveness_resume(struct connection *connection)
{
    lws_usec_t now_us = lws_now_usecs();

    keepalive_resume(&connection->thread->keepalive, &connection->keepalive, now_us);
    arm(connection->thread, now_us);
}

void liveness_remove(struct connection *connection)
{
    keepalive_remove(&connection->keepalive);
}
