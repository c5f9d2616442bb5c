#include "link/pass.h"

#include "core/base/inlining.h"

static void on_timer(lws_sorted_usec_list_t *timer)
{
    struct thread *thread = lws_container_of(timer, struct thread, pass_timer);

    thread->pass_open = false;
    thread->on_pass_end(thread);
}

NOINLINE void pass_begin(struct thread *thread)
{
    thread->pass_open = true;
    thread->pass_now_us = lws_now_usecs();
    /* 0, not 1: a timer in the future costs another turn of the event loop */
    lws_sul_schedule(thread->context, thread->tsi, &thread->pass_timer, on_timer, 0);
}

void pass_cancel(struct thread *thread)
{
    lws_sul_cancel(&thread->pass_timer);
    thread->pass_open = false;
}
