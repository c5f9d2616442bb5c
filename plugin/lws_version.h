#pragma once

#include <libwebsockets.h>

/*
 * The differences between the versions of libwebsockets that the code is built with, 4.1.6 (Debian
 * 12) and 4.3.5 (Debian 13): nowhere else is a version looked at.
 */

/* From 4.2 on a plugin says for which build of the library it is; one without that is not loaded.
 */
#if LWS_LIBRARY_VERSION_NUMBER >= 4002000
#define ECHO_LWS_BUILD_HASH .lws_build_hash = LWS_BUILD_HASH,
#else
#define ECHO_LWS_BUILD_HASH
#endif
