#pragma once

#include <libwebsockets.h>

/*
 * The differences between the supported versions of libwebsockets, 4.1.6 (Debian 12) and 4.3.5
 * (Debian 13), when the plugin is built. No other file checks the version; library.h says whether
 * the one that runs is mended.
 */

/* From 4.2 on, a plugin must say which build of the library it is for, or it is not loaded. */
#if LWS_LIBRARY_VERSION_NUMBER >= 4002000
#define LWS_VERSION_BUILD_HASH .lws_build_hash = LWS_BUILD_HASH,
#else
#define LWS_VERSION_BUILD_HASH
#endif

/*
 * From 4.2 on, an asterisk ends a token unless the caller asks otherwise, although a token may have
 * one (RFC 9110 section 5.6.2). libwebsockets does not ask when it reads the first subprotocol.
 */
#ifdef LWS_TOKENIZE_F_ASTERISK_NONTERM
#define LWS_VERSION_TOKENIZE_ASTERISK LWS_TOKENIZE_F_ASTERISK_NONTERM
#define LWS_VERSION_SUBPROTOCOL_ENDS "*"
#else
#define LWS_VERSION_TOKENIZE_ASTERISK 0
#define LWS_VERSION_SUBPROTOCOL_ENDS ""
#endif
