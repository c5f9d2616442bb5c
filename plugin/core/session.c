#include "session.h"

#include <string.h>

static void close_set(struct echo_close *answer, unsigned code)
{
    answer->payload[0] = (uint8_t)(code >> 8);
    answer->payload[1] = (uint8_t)code;
    answer->bytes = 2;
}

struct echo_frame echo_session_frame(bool first, bool final, bool binary)
{
    struct echo_frame frame = {.opcode = ECHO_OPCODE_CONTINUATION, .fin = final};

    if (first)
        frame.opcode = binary ? ECHO_OPCODE_BINARY : ECHO_OPCODE_TEXT;

    return frame;
}

bool echo_session_close(struct echo_session *session, enum echo_close_code code,
                        struct echo_close *answer)
{
    if (session->state != ECHO_SESSION_OPEN)
        return false;

    session->state = ECHO_SESSION_CLOSING;
    session->close_code = (uint16_t)code;
    session->close_owed = session->blocked;
    if (session->close_owed)
        return false;

    close_set(answer, code);

    return true;
}

bool echo_session_peer_close(struct echo_session *session, const uint8_t *payload, size_t bytes,
                             struct echo_close *answer)
{
    bool answers_ours = session->state != ECHO_SESSION_OPEN && !session->close_owed;
    unsigned code;

    echo_session_end(session);
    if (answers_ours)
        return false;

    if (!bytes) {
        close_set(answer, ECHO_CLOSE_NORMAL);
        return true;
    }

    code = bytes < 2 ? 0 : ((unsigned)payload[0] << 8 | payload[1]);
    if (bytes > sizeof(answer->payload) || !echo_close_code_receivable(code)) {
        close_set(answer, ECHO_CLOSE_PROTOCOL_ERROR);
        return true;
    }

    memcpy(answer->payload, payload, bytes);
    answer->bytes = bytes;

    return true;
}

bool echo_session_block(struct echo_session *session)
{
    bool was_blocked = session->blocked;

    session->blocked = true;

    return !was_blocked;
}

bool echo_session_drained(struct echo_session *session, struct echo_close *answer)
{
    session->blocked = false;
    if (!session->close_owed)
        return false;

    session->close_owed = false;
    close_set(answer, session->close_code);

    return true;
}

void echo_session_end(struct echo_session *session)
{
    session->state = ECHO_SESSION_CLOSED;
    session->close_owed = false;
}
