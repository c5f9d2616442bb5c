#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/utf8.h"
#include "core/close_code.h"
#include "core/frame.h"

enum session_state {
    SESSION_OPEN,
    SESSION_CLOSING, /* our Close is sent or owed; the peer's has not come */
    SESSION_CLOSED,  /* both Closes are settled; nothing more is sent or echoed */
};

/* The payload of a Close frame: nothing, or a code and a reason (RFC 6455 section 5.5.1). */
struct close_payload {
    size_t bytes;
    uint8_t payload[FRAME_CONTROL_PAYLOAD_MAX];
};

/* One piece of a message: a frame's payload, or as much of it as has come. */
struct piece {
    const void *payload;
    size_t bytes;
    uint64_t frame_left_bytes; /* still to come of the same frame */
    bool first;                /* begins its message */
    bool final;                /* ends its message */
    bool binary;               /* the message's type, set in all of its pieces */
};

/* Why a connection fails (RFC 6455 section 7.1.7), for its Close. */
struct fault {
    enum close_code code;
    const char *reason; /* ASCII, at most 123 bytes */
};

/* The message is larger than allowed: 1009. */
extern const struct fault session_fault_too_big;

/* How one connection reacts to what arrives: the policy, without sockets. */
struct session {
    enum session_state state;
    bool blocked;           /* output waits for the peer to read; reading is paused */
    bool close_owed;        /* a Close with @close_code goes out when output has drained */
    uint16_t close_code;    /* of the Close that we initiate */
    struct utf8 utf8;       /* of the text message that is arriving */
    uint64_t message_bytes; /* of the message that is arriving, so far */
};

/**
 * Checks the next piece of a message of at most @max_bytes (0: any size).
 *
 * Returns NULL if the piece can be echoed, or else the fault that ends the connection: 1009 as soon
 * as the message is known to be too big, 1007 at the first byte that UTF-8 cannot have there (RFC
 * 6455 section 8.1). Faults are static.
 */
const struct fault *session_take(struct session *session, const struct piece *piece,
                                 uint64_t max_bytes);

/**
 * Returns the frame that echoes @piece.
 *
 * The first frame of a message has the type; the others are continuations (RFC 6455 section 5.4).
 */
struct frame session_frame(const struct piece *piece);

/** Says whether messages that arrive now are echoed: not after our own Close. */
static inline bool session_echoes(const struct session *session)
{
    return session->state == SESSION_OPEN;
}

/**
 * Starts the closing handshake from our side, with @code.
 *
 * Returns true and sets @answer to the Close to send. Returns false if nothing must be sent now:
 * closing has already begun, or output is blocked and the Close stays owed until session_drained().
 */
bool session_close(struct session *session, enum close_code code, struct close_payload *answer);

/**
 * Takes the peer's Close, with @payload of @bytes, and ends the session.
 *
 * Returns true and sets @answer to the Close that answers it: the peer's own code and reason; 1000
 * for an empty Close, as ASP.NET Core's echo sample does; 1002 for one that RFC 6455 sections 5.5.1
 * and 7.4 do not allow; 1007 for a reason that is not UTF-8. Returns false if our Close is already
 * sent: the peer's is then its answer.
 */
bool session_peer_close(struct session *session, const uint8_t *payload, size_t bytes,
                        struct close_payload *answer);

/**
 * Notes that output has to wait for the peer to read. Returns true if it did not wait before: the
 * caller must pause reading then.
 */
bool session_block(struct session *session);

/**
 * Notes that blocked output has drained.
 *
 * Returns true and sets @answer if a Close is owed: the caller must send it now.
 */
bool session_drained(struct session *session, struct close_payload *answer);

/** Ends the session: nothing that still arrives is answered or echoed. */
void session_end(struct session *session);
