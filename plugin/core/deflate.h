#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a client offers for permessage-deflate, and what we answer (RFC 7692 sections 5.1 and 7.1).
 *
 * The server sends a client's compressed messages back as they came, where what was agreed allows
 * it: both sides' decompressors then see the same bytes and keep the same history. So the answer
 * limits the client to what the client allows us.
 */

#define DEFLATE_NAME "permessage-deflate"

/* What both sides have agreed on (RFC 7692 section 7.1). */
struct deflate_agreement {
    bool server_no_context_takeover;
    bool client_no_context_takeover;
    uint8_t server_max_window_bits; /* 8..15; 15 where nothing limits it */
    uint8_t client_max_window_bits; /* 8..15; 15 where nothing limits it */
};

/* The longest parameters of an answer, in bytes. */
#define DEFLATE_PARAMETERS_MAX                                                                     \
    (sizeof("; server_no_context_takeover; client_no_context_takeover"                             \
            "; server_max_window_bits=15; client_max_window_bits=15") -                            \
     1)

struct deflate_answer {
    unsigned offer; /* which of those for permessage-deflate is taken, from 1; 0: none */
    struct deflate_agreement agreed; /* all zero when no offer is taken */
    /* what stands in the response behind "permessage-deflate": "; server_no_context_takeover",
     * or "" when no parameter is needed, or no offer is taken */
    char parameters[DEFLATE_PARAMETERS_MAX + 1];
    /* how much of the offers libwebsockets 4.1 reads: to the end of the taken one, if that has
     * parameters, and otherwise all */
    size_t read_bytes;
};

/**
 * Answers @offers, the value of the request's Sec-WebSocket-Extensions header.
 *
 * Several lines of the header are joined by commas before. Other extensions are passed over. Names
 * are compared exactly, as libwebsockets does. The first acceptable offer of permessage-deflate is
 * taken; one is not acceptable if RFC 7692 section 7.1 does not define one of its parameters or
 * the parameter's value, or if a parameter comes twice.
 *
 * One that is acceptable is not taken either if it has no parameters and another for
 * permessage-deflate, acceptable or not, follows: libwebsockets 4.1 refuses the handshake when it
 * meets the name again after such an offer.
 *
 * @no_context_takeover asks for every message to be compressed by itself, in both directions.
 *
 * Nothing is allocated; the time is linear in the length of @offers, which may be any.
 *
 * Returns 0, or -1 when @offers does not conform to RFC 6455 section 9.1, as a list without
 * elements does not: the handshake must fail then. @answer takes no offer in that case.
 */
int deflate_negotiate(const char *offers, bool no_context_takeover, struct deflate_answer *answer);

/**
 * Says whether a compressed message of the client may be sent back to it byte by byte.
 *
 * That is so if the client's compressor keeps to every limit that it set for ours: the window
 * (RFC 7692 section 7.1.2.1) and the context (section 7.1.1.1).
 */
bool deflate_is_symmetric(const struct deflate_agreement *agreed);
