#include "base/library.h"

#include <string.h>

#include <libwebsockets.h>

const char *library_version(void)
{
    return lws_get_library_version();
}

bool library_is_mended(void)
{
    return strstr(lws_get_library_version(), "+lws-echo") != NULL;
}
