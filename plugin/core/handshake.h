#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/address.h"
#include "core/counters.h"
#include "core/deflate.h"
#include "core/options.h"
#include "core/request.h"

/* The decisions of an opening handshake (RFC 6455 section 4.2). */

/* The length of a valid Sec-WebSocket-Key: 22 characters of base64, and 2 of padding. */
#define HANDSHAKE_KEY_BYTES 24

/* Room for the texts of a refusal, in bytes, including the NUL. */
#define HANDSHAKE_SENTENCE_MAX (OPTIONS_PATH_MAX + 64)
#define HANDSHAKE_COMPLAINT_MAX 640

/* A subprotocol: @bytes at @name, without a NUL; not owned. 0 bytes: none. */
struct handshake_subprotocol {
    const char *name;
    size_t bytes;
};

/* Why a handshake is refused, and the texts about it. */
struct handshake_refusal {
    enum refusal reason;
    unsigned status;                         /* HTTP */
    char sentence[HANDSHAKE_SENTENCE_MAX];   /* for the client */
    char complaint[HANDSHAKE_COMPLAINT_MAX]; /* for the server's log; usually empty */
};

/* The verdict on a request; see requirements.h. */
struct handshake {
    struct address peer; /* unknown if it is not needed */
    struct handshake_subprotocol subprotocol;
    struct deflate_answer deflate;
    struct handshake_refusal refusal; /* valid if the handshake is refused */
};

/** Says whether @key is a valid Sec-WebSocket-Key: 16 bytes in base64 (RFC 4648). */
bool handshake_key_is_valid(const char *key);

/**
 * Says whether a page of @origin may connect (RFC 6455 section 10.2).
 *
 * @allowed is the option "allowed-origins"; an empty list allows every origin. Case does not matter
 * (RFC 6454 section 4). @origin is NULL if the client sends none: then it is no page, and may
 * connect.
 */
bool handshake_origin_is_allowed(const char *allowed, const char *origin);

/**
 * Returns the first of @offers, a list for setting_list_next(), that is @own or is in @known, the
 * option "subprotocols"; 0 bytes if there is none (RFC 6455 section 4.2.2). Case matters.
 *
 * The returned name points into @own or @known, not into @offers.
 */
struct handshake_subprotocol handshake_choose_subprotocol(const char *known, const char *own,
                                                          const char *offers);

/**
 * Answers the extensions that @request offers, as @mode allows: sets @answer, which takes no offer
 * if compression is off.
 *
 * Returns 0, or -1 if they do not conform to RFC 6455 section 9.1 or are longer than libwebsockets
 * can read.
 */
int handshake_answer_extensions(const struct request *request, enum compression_mode mode,
                                struct deflate_answer *answer);
