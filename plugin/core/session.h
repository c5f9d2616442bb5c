#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/utf8.h"
#include "core/close_code.h"
#include "core/frame.h"

enum session_state {
    SESSION_OPEN,
    SESSION_CLOSING, /* our Close is sent or owed, the peer's has not come */
    SESSION_CLOSED,  /* both Close frames are decided; nothing more is sent or echoed */
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
    uint64_t frame_left_bytes; /* what is still to come of the same frame */
    bool first;                /* begins its message */
    bool final;                /* ends its message */
    bool binary;               /* the message's type, in all of its pieces */
};

/* Why a connection fails (RFC 6455 section 7.1.7): what the Close says. */
struct fault {
    enum close_code code;
    const char *reason; /* ASCII, at most 123 bytes */
};

/* The message is larger than may be: 1009. */
extern const struct fault session_fault_too_big;

/* What one connection does with what arrives: the policy, without the sockets. */
struct session {
    enum session_state state;
    bool blocked;           /* output waits for the peer to read; reading is paused */
    bool close_owed;        /* the Close of @close_code goes out once output has drained */
    uint16_t close_code;    /* of the Close that we start */
    struct utf8 utf8;       /* of the text message that is arriving */
    uint64_t message_bytes; /* of the message that is arriving, so far */
};

/**
 * Takes the next piece of a message of at most @max_bytes, 0 for any size.
 *
 * Returns NULL when it is to be echoed, or else the fault that ends the connection: 1009 as soon
 * as it is known that the message is too big, 1007 at the first byte that no text can have at its
 * place (RFC 6455 section 8.1).
 */
const struct fault *session_take(struct session *session, const struct piece *piece,
                                 uint64_t max_bytes);

/**
 * Returns the frame that echoes @piece.
 *
 * The first one of a message carries the type, later ones are continuations (RFC 6455 section 5.4).
 */
struct frame session_frame(const struct piece *piece);

/** Says whether messages that arrive now are echoed; from our own Close on they are not. */
static inline bool session_echoes(const struct session *session)
{
    return session->state == SESSION_OPEN;
}

/**
 * Starts the closing handshake from our side, with @code.
 *
 * Sets @answer to the Close to send and returns true. Returns false when nothing is to be sent
 * now: a Close was already started, or output is blocked and the Close stays owed until
 * session_drained().
 */
bool session_close(struct session *session, enum close_code code, struct close_payload *answer);

/**
 * Takes the peer's Close, with @payload of @bytes.
 *
 * Sets @answer to the Close that answers it and returns true: the peer's own code and reason;
 * 1000 for an empty one, as ASP.NET Core's echo sample does; 1002 for one that RFC 6455 sections
 * 5.5.1 and 7.4 do not allow, 1007 for a reason that is not UTF-8. Returns false when our Close is
 * already out, and this was its answer.
 */
bool session_peer_close(struct session *session, const uint8_t *payload, size_t bytes,
                        struct close_payload *answer);

/**
 * Says that output has to wait for the peer to read. Returns true the first time: reading is to be
 * paused then.
 */
bool session_block(struct session *session);

/**
 * Says that blocked output has drained.
 *
 * Returns true and sets @answer when a Close is owed and goes out now.
 */
bool session_drained(struct session *session, struct close_payload *answer);

/** Says that the connection goes: nothing is answered any more, whatever still comes. */
void session_end(struct session *session);
