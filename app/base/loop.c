#include "base/loop.h"

#include "base/log.h"

int loop_check(int result)
{
    if (!result)
        return 0;
    log_say(LLL_ERR, "cannot watch sockets and signals: %s", uv_strerror(result));

    return -1;
}

void loop_close_handle(uv_handle_t *handle)
{
    if (uv_handle_get_loop(handle))
        uv_close(handle, NULL);
}
