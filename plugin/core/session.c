#include "core/session.h"

#include <string.h>

#include "core/base/inlining.h"

static void close_set(struct close_payload *answer, unsigned code)
{
    answer->payload[0] = (uint8_t)(code >> 8);
    answer->payload[1] = (uint8_t)code;
    answer->bytes = 2;
}

const struct fault session_fault_too_big = {CLOSE_TOO_BIG, "message too big"};

/* By value: the caller's piece need not be in memory. */
NOINLINE static const struct fault *check_text(struct session *session, struct piece piece)
{
    static const struct fault not_utf8 = {CLOSE_INVALID_PAYLOAD, "text is not UTF-8"};

    if (piece.first)
        memset(&session->utf8, 0, sizeof(session->utf8));

    return utf8_check(&session->utf8, piece.payload, piece.bytes) &&
                   (!piece.final || utf8_is_whole(&session->utf8))
               ? NULL
               : &not_utf8;
}

const struct fault *session_take(struct session *session, const struct piece *piece,
                                 uint64_t max_bytes)
{
    session->message_bytes = piece->bytes + (piece->first ? 0 : session->message_bytes);
    if (max_bytes && (session->message_bytes > max_bytes ||
                      piece->frame_left_bytes > max_bytes - session->message_bytes))
        return &session_fault_too_big;

    return piece->binary ? NULL : check_text(session, *piece);
}

struct frame session_frame(const struct piece *piece)
{
    struct frame frame = {.opcode = OPCODE_CONTINUATION, .fin = piece->final};

    if (piece->first)
        frame.opcode = piece->binary ? OPCODE_BINARY : OPCODE_TEXT;

    return frame;
}

bool session_close(struct session *session, enum close_code code, struct close_payload *answer)
{
    if (session->state != SESSION_OPEN)
        return false;

    session->state = SESSION_CLOSING;
    session->close_code = (uint16_t)code;
    session->close_owed = session->blocked;
    if (session->close_owed)
        return false;

    close_set(answer, code);

    return true;
}

static bool reason_is_utf8(const uint8_t *payload, size_t bytes)
{
    struct utf8 utf8 = {0};

    return utf8_check(&utf8, payload + 2, bytes - 2) && utf8_is_whole(&utf8);
}

static void close_answer(struct close_payload *answer, const uint8_t *payload, size_t bytes)
{
    unsigned code = bytes < 2 ? 0 : ((unsigned)payload[0] << 8 | payload[1]);

    if (!bytes) {
        close_set(answer, CLOSE_NORMAL);
    } else if (bytes > sizeof(answer->payload) || !close_code_receivable(code)) {
        close_set(answer, CLOSE_PROTOCOL_ERROR);
    } else if (!reason_is_utf8(payload, bytes)) {
        close_set(answer, CLOSE_INVALID_PAYLOAD);
    } else {
        memcpy(answer->payload, payload, bytes);
        answer->bytes = bytes;
    }
}

bool session_peer_close(struct session *session, const uint8_t *payload, size_t bytes,
                        struct close_payload *answer)
{
    bool answers_ours = session->state != SESSION_OPEN && !session->close_owed;

    session_end(session);
    if (answers_ours)
        return false;

    close_answer(answer, payload, bytes);

    return true;
}

bool session_block(struct session *session)
{
    bool was_blocked = session->blocked;

    session->blocked = true;

    return !was_blocked;
}

bool session_drained(struct session *session, struct close_payload *answer)
{
    session->blocked = false;
    if (!session->close_owed)
        return false;

    session->close_owed = false;
    close_set(answer, session->close_code);

    return true;
}

void session_end(struct session *session)
{
    session->state = SESSION_CLOSED;
    session->close_owed = false;
}
