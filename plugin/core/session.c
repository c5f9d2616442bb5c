#include "session.h"

#include <string.h>

#include "inlining.h"

static void close_set(struct echo_close *answer, unsigned code)
{
    answer->payload[0] = (uint8_t)(code >> 8);
    answer->payload[1] = (uint8_t)code;
    answer->bytes = 2;
}

const struct echo_fault echo_fault_too_big = {ECHO_CLOSE_TOO_BIG, "message too big"};

ECHO_SELDOM static const struct echo_fault *check_text(struct echo_session *session,
                                                       const struct echo_piece *piece)
{
    static const struct echo_fault not_utf8 = {ECHO_CLOSE_INVALID_PAYLOAD, "text is not UTF-8"};

    if (piece->first)
        memset(&session->utf8, 0, sizeof(session->utf8));

    return echo_utf8_check(&session->utf8, piece->payload, piece->bytes) &&
                   (!piece->final || echo_utf8_is_whole(&session->utf8))
               ? NULL
               : &not_utf8;
}

const struct echo_fault *echo_session_take(struct echo_session *session,
                                           const struct echo_piece *piece, uint64_t max_bytes)
{
    session->message_bytes = piece->bytes + (piece->first ? 0 : session->message_bytes);
    if (max_bytes && (session->message_bytes > max_bytes ||
                      piece->frame_left_bytes > max_bytes - session->message_bytes))
        return &echo_fault_too_big;

    return piece->binary ? NULL : check_text(session, piece);
}

struct echo_frame echo_session_frame(const struct echo_piece *piece)
{
    struct echo_frame frame = {.opcode = ECHO_OPCODE_CONTINUATION, .fin = piece->final};

    if (piece->first)
        frame.opcode = piece->binary ? ECHO_OPCODE_BINARY : ECHO_OPCODE_TEXT;

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

static bool reason_is_utf8(const uint8_t *payload, size_t bytes)
{
    struct echo_utf8 utf8 = {0};

    return echo_utf8_check(&utf8, payload + 2, bytes - 2) && echo_utf8_is_whole(&utf8);
}

static void close_answer(struct echo_close *answer, const uint8_t *payload, size_t bytes)
{
    unsigned code = bytes < 2 ? 0 : ((unsigned)payload[0] << 8 | payload[1]);

    if (!bytes) {
        close_set(answer, ECHO_CLOSE_NORMAL);
    } else if (bytes > sizeof(answer->payload) || !echo_close_code_receivable(code)) {
        close_set(answer, ECHO_CLOSE_PROTOCOL_ERROR);
    } else if (!reason_is_utf8(payload, bytes)) {
        close_set(answer, ECHO_CLOSE_INVALID_PAYLOAD);
    } else {
        memcpy(answer->payload, payload, bytes);
        answer->bytes = bytes;
    }
}

bool echo_session_peer_close(struct echo_session *session, const uint8_t *payload, size_t bytes,
                             struct echo_close *answer)
{
    bool answers_ours = session->state != ECHO_SESSION_OPEN && !session->close_owed;

    echo_session_end(session);
    if (answers_ours)
        return false;

    close_answer(answer, payload, bytes);

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
