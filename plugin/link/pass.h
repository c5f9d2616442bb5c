#pragma once

#include "link/thread.h"

/*
 * The service pass: the time between two waits for events. It opens with the first message that is
 * corked in it. When it ends, the thread's "on_pass_end" is called. The clock is read once for each
 * pass, not for each message.
 */

/** Opens the pass, which must not be open. */
void pass_begin(struct thread *thread);

/** Closes the pass, if it is open, without calling "on_pass_end". */
void pass_cancel(struct thread *thread);

/** Returns the time in microseconds: when the pass began, or now if it is not open. */
static inline lws_usec_t pass_now_us(const struct thread *thread)
{
    return thread->pass_open ? thread->pass_now_us : lws_now_usecs();
}
