#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "close_code.h"
#include "frame.h"
#include "utf8.h"

enum echo_session_state {
    ECHO_SESSION_OPEN,
    ECHO_SESSION_CLOSING, /* our Close is sent or owed, the peer's has not come */
    ECHO_SESSION_CLOSED,  /* both Close frames are decided; nothing more is sent or echoed */
};

/* The payload of a Close frame: nothing, or a code and a reason (RFC 6455 section 5.5.1). */
struct echo_close {
    size_t bytes;
    uint8_t payload[ECHO_CONTROL_PAYLOAD_MAX];
};

/* One piece of a message: a frame's payload, or as much of it as has come. */
struct echo_piece {
    const void *payload;
    size_t bytes;
    uint64_t frame_left_bytes; /* what is still to come of the same frame */
    bool first;                /* begins its message */
    bool final;                /* ends its message */
    bool binary;               /* the message's type, in all of its pieces */
};

/* Why a connection fails (RFC 6455 section 7.1.7): what the Close says. */
struct echo_fault {
    enum echo_close_code code;
    const char *reason; /* ASCII, at most 123 bytes */
};

/* The message is larger than may be: 1009. */
extern const struct echo_fault echo_fault_too_big;

/* What one connection does with what arrives: the policy, without the sockets. */
struct echo_session {
    enum echo_session_state state;
    bool blocked;           /* output waits for the peer to read; reading is paused */
    bool close_owed;        /* the Close of @close_code goes out once output has drained */
    uint16_t close_code;    /* of the Close that we start */
    struct echo_utf8 utf8;  /* of the text message that is arriving */
    uint64_t message_bytes; /* of the message that is arriving, so far */
};

/**
 * Takes the next piece of a message of at most @max_bytes, 0 for any size.
 *
 * Returns NULL when it is to be echoed, or else the fault that ends the connection: 1009 as soon
 * as it is known that the message is too big, 1007 at the first byte that no text can have at its
 * place (RFC 6455 section 8.1).
 */
const struct echo_fault *echo_session_take(struct echo_session *session,
                                           const struct echo_piece *piece, uint64_t max_bytes);

/**
 * Returns the frame that echoes @piece.
 *
 * The first one of a message carries the type, later ones are continuations (RFC 6455 section 5.4).
 */
struct echo_frame echo_session_frame(const struct echo_piece *piece);

/** Says whether messages that arrive now are echoed; from our own Close on they are not. */
static inline bool echo_session_echoes(const struct echo_session *session)
{
    return session->state == ECHO_SESSION_OPEN;
}

/**
 * Starts the closing handshake from our side, with @code.
 *
 * Sets @answer to the Close to send and returns true. Returns false when nothing is to be sent
 * now: a Close was already started, or output is blocked and the Close stays owed until
 * echo_session_drained().
 */
bool echo_session_close(struct echo_session *session, enum echo_close_code code,
                        struct echo_close *answer);

/**
 * Takes the peer's Close, with @payload of @bytes.
 *
 * Sets @answer to the Close that answers it and returns true: the peer's own code and reason;
 * 1000 for an empty one, as ASP.NET Core's echo sample does; 1002 for one that RFC 6455 sections
 * 5.5.1 and 7.4 do not allow, 1007 for a reason that is not UTF-8. Returns false when our Close is
 * already out, and this was its answer.
 */
bool echo_session_peer_close(struct echo_session *session, const uint8_t *payload, size_t bytes,
                             struct echo_close *answer);

/**
 * Says that output has to wait for the peer to read. Returns true the first time: reading is to be
 * paused then.
 */
bool echo_session_block(struct echo_session *session);

/**
 * Says that blocked output has drained.
 *
 * Returns true and sets @answer when a Close is owed and goes out now.
 */
bool echo_session_drained(struct echo_session *session, struct echo_close *answer);

/** Says that the connection goes: nothing is answered any more, whatever still comes. */
void echo_session_end(struct echo_session *session);
