#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/address.h"
#include "core/counters.h"
#include "core/deflate.h"
#include "core/options.h"
#include "core/request.h"

/* What is decided in an opening handshake (RFC 6455 section 4.2). */

/* The length of a valid Sec-WebSocket-Key: 22 characters of base64, and padding. */
#define HANDSHAKE_KEY_BYTES 24

#define HANDSHAKE_SENTENCE_MAX (OPTIONS_PATH_MAX + 64)
#define HANDSHAKE_COMPLAINT_MAX 640

/* A subprotocol, where it stays: @bytes at @name, without a NUL. None has 0 bytes. */
struct handshake_subprotocol {
    const char *name;
    size_t bytes;
};

/* Why a handshake is refused, and what is said of it. */
struct handshake_refusal {
    enum refusal reason;
    unsigned status;                         /* of HTTP */
    char sentence[HANDSHAKE_SENTENCE_MAX];   /* for the client */
    char complaint[HANDSHAKE_COMPLAINT_MAX]; /* for the server's log; usually empty */
};

/* The verdict on a request: requirements.h finds it. */
struct handshake {
    struct address peer; /* not known unless that matters */
    struct handshake_subprotocol subprotocol;
    struct deflate_answer deflate;
    struct handshake_refusal refusal; /* valid if it is refused */
};

/** Says whether @key is the value of a Sec-WebSocket-Key: 16 bytes in base64 (RFC 4648). */
bool handshake_key_is_valid(const char *key);

/**
 * Says whether a page of @origin may connect (RFC 6455 section 10.2).
 *
 * @allowed is the option "allowed-origins". Scheme and host do not depend on case (RFC 6454
 * section 4). A client that sends no Origin is no page: @origin is NULL then, and it may.
 */
bool handshake_origin_is_allowed(const char *allowed, const char *origin);

/**
 * Returns the first of @offers, a list of setting_list_next(), that is @own or in @known, the
 * option "subprotocols"; none if there is none (RFC 6455 section 4.2.2). Case matters.
 *
 * The name is @own or lies in @known.
 */
struct handshake_subprotocol handshake_choose_subprotocol(const char *known, const char *own,
                                                          const char *offers);

/**
 * Answers the extensions that @request offers, as @mode allows. @answer takes none if compression
 * is off.
 *
 * Returns 0, or -1 when they do not conform to RFC 6455 section 9.1 or are longer than
 * libwebsockets can read.
 */
int handshake_answer_extensions(const struct request_value *extensions, enum compression_mode mode,
                                struct deflate_answer *answer);
