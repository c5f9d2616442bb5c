#include "link/first_request.h"

#include <stdint.h>

#define PATIENCE_US ((uintptr_t)LWS_US_PER_SEC)

/* Never 0, which means no time. It wraps where pointers are short; differences stay right. */
static uintptr_t now_us(void)
{
    return (uintptr_t)lws_now_usecs() | 1;
}

int first_request_begin(struct lws *wsi)
{
    if (!lws_get_opaque_user_data(wsi))
        lws_set_opaque_user_data(wsi, (void *)now_us()); /* NOLINT(performance-no-int-to-ptr) */

    return 0;
}

void first_request_end(struct lws *wsi)
{
    struct lws *network = lws_get_network_wsi(wsi); /* which was accepted */

    if (first_request_is_pending(network))
        lws_set_opaque_user_data(network, NULL);
}

int first_request_file_sent(struct lws *wsi)
{
    first_request_end(wsi);

    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

bool first_request_is_pending(struct lws *wsi)
{
    uintptr_t came_us = (uintptr_t)lws_get_opaque_user_data(wsi);

    return came_us && now_us() - came_us < PATIENCE_US;
}
