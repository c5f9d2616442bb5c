#include "newcomer.h"

#include <stdint.h>

#define PATIENCE_US ((uintptr_t)LWS_US_PER_SEC)

/* Not 0, which is no time; where pointers are short it goes round, and differences stay right. */
static uintptr_t now_us(void)
{
    return (uintptr_t)lws_now_usecs() | 1;
}

void echo_newcomer_begin(struct lws *wsi)
{
    if (!lws_get_opaque_user_data(wsi))
        lws_set_opaque_user_data(wsi, (void *)now_us()); /* NOLINT(performance-no-int-to-ptr) */
}

void echo_newcomer_end(struct lws *wsi)
{
    if (echo_newcomer_waits(wsi))
        lws_set_opaque_user_data(wsi, NULL);
}

bool echo_newcomer_waits(struct lws *wsi)
{
    uintptr_t came_us = (uintptr_t)lws_get_opaque_user_data(wsi);

    return came_us && now_us() - came_us < PATIENCE_US;
}
