#pragma once

#include <uv.h>

/* What several files do with libuv's results and handles. */

/** Returns 0 if @result is 0; or else logs what libuv could not do, and returns -1. */
int loop_check(int result);

/** Closes @handle, whose memory was zero at first, if it has been initialised. */
void loop_close_handle(uv_handle_t *handle);
