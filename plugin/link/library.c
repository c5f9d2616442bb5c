#include "link/library.h"

#include <string.h>

#include <libwebsockets.h>

bool library_is_mended(void)
{
    return strstr(lws_get_library_version(), "+lws-echo");
}
