#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a client offers for permessage-deflate, and what we answer (RFC 7692 sections 5.1 and 7.1).
 *
 * The server sends a client's compressed messages back as they came, if the agreement allows it:
 * both decompressors then see the same bytes and keep the same history. So the answer sets the same
 * limits for the client as the client sets for us.
 */

#define DEFLATE_NAME "permessage-deflate"

/* What both sides have agreed on (RFC 7692 section 7.1). */
struct deflate_agreement {
    bool server_no_context_takeover;
    bool client_no_context_takeover;
    uint8_t server_max_window_bits; /* 8..15; 15: no limit */
    uint8_t client_max_window_bits; /* 8..15; 15: no limit */
};

/* The longest parameters of an answer, in bytes. */
#define DEFLATE_PARAMETERS_MAX                                                                     \
    (sizeof("; server_no_context_takeover; client_no_context_takeover"                             \
            "; server_max_window_bits=15; client_max_window_bits=15") -                            \
     1)

struct deflate_answer {
    unsigned offer; /* number of the permessage-deflate offer taken, from 1; 0: none */
    struct deflate_agreement agreed; /* all zero when no offer is taken */
    /* what follows "permessage-deflate" in the response: "; server_no_context_takeover", say, or ""
     * if no parameter is needed or no offer is taken */
    char parameters[DEFLATE_PARAMETERS_MAX + 1];
    /* how much of the offers libwebsockets 4.1 reads: up to the end of the taken one if it has
     * parameters, and otherwise everything */
    size_t read_bytes;
};

/**
 * Answers @offers, the value of the request's Sec-WebSocket-Extensions header.
 *
 * If the header has several lines, the caller joins them with commas. Other extensions are skipped.
 * Names are compared exactly, as libwebsockets does. The first acceptable offer of
 * permessage-deflate is taken. An offer is not acceptable if it has a parameter or a value that RFC
 * 7692 section 7.1 does not define, or if a parameter comes twice.
 *
 * An acceptable offer without parameters is not taken if another one for permessage-deflate,
 * acceptable or not, follows it: libwebsockets 4.1 refuses the handshake when it finds the name
 * again after such an offer.
 *
 * @no_context_takeover asks for every message to be compressed by itself, in both directions.
 *
 * Nothing is allocated. The time is linear in the length of @offers, which has no limit here.
 *
 * Returns 0, or -1 if @offers does not conform to RFC 6455 section 9.1 (a list must have an
 * element): the handshake must fail then. @answer takes no offer in that case.
 */
int deflate_negotiate(const char *offers, bool no_context_takeover, struct deflate_answer *answer);

/**
 * Says whether a compressed message of the client may be sent back to it byte for byte.
 *
 * That requires the client's compressor to keep every limit that is set for ours: the window (RFC
 * 7692 section 7.1.2.1) and the context (section 7.1.1.1).
 */
bool deflate_is_symmetric(const struct deflate_agreement *agreed);
