#pragma once

#include <libwebsockets.h>

/*
 * The differences between the versions of libwebsockets that the code is built with, 4.1.6 (Debian
 * 12) and 4.3.5 (Debian 13): nowhere else is a version looked at.
 */

/* From 4.2 on a plugin says for which build of the library it is; one without that is not loaded.
 */
#if LWS_LIBRARY_VERSION_NUMBER >= 4002000
#define LWS_VERSION_BUILD_HASH .lws_build_hash = LWS_BUILD_HASH,
#else
#define LWS_VERSION_BUILD_HASH
#endif

/*
 * From 4.2 on an asterisk, which a token may have (RFC 9110 section 5.6.2), ends one unless the
 * caller asks otherwise. libwebsockets does not when it looks for the first subprotocol.
 */
#ifdef LWS_TOKENIZE_F_ASTERISK_NONTERM
#define LWS_VERSION_TOKENIZE_ASTERISK LWS_TOKENIZE_F_ASTERISK_NONTERM
#define LWS_VERSION_SUBPROTOCOL_ENDS "*"
#else
#define LWS_VERSION_TOKENIZE_ASTERISK 0
#define LWS_VERSION_SUBPROTOCOL_ENDS ""
#endif
