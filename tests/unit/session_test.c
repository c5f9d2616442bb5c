#include <stdint.h>
#include <string.h>

#include "check_text.h"
#include "core/session.h"
#include "runner.h"

#define REASON_MAX (FRAME_CONTROL_PAYLOAD_MAX - 2)

/* A string that is no text: its length counts, NULs included. */
#define BYTES(string) (string), sizeof(string) - 1

static bool is_close(const struct close_payload *close, unsigned code)
{
    return close->bytes == 2 && close->payload[0] == code >> 8 &&
           close->payload[1] == (code & 0xFF);
}

/* Writes the payload of a Close with @code and a reason of @reason_bytes letters. */
static size_t close_payload(uint8_t *out, unsigned code, size_t reason_bytes)
{
    out[0] = (uint8_t)(code >> 8);
    out[1] = (uint8_t)code;
    for (size_t i = 0; i < reason_bytes; i++)
        out[2 + i] = (uint8_t)('a' + i % 26);

    return 2 + reason_bytes;
}

/* Returns the code of the fault that the next piece is, or 0. */
static unsigned take(struct session *session, const struct piece *piece, uint64_t max_bytes)
{
    const struct fault *fault = session_take(session, piece, max_bytes);

    return fault ? fault->code : 0;
}

static unsigned take_text(struct session *session, const char *payload, size_t bytes, bool first,
                          bool final)
{
    const struct piece piece = {
        .payload = payload,
        .bytes = bytes,
        .first = first,
        .final = final,
    };

    return take(session, &piece, 0);
}

enum { NEVER = -1, PIECES_MAX = 4 };

/* Pieces of binary messages. Their payload is not looked at, so there is none. */
static const struct {
    const char *name;
    uint64_t max_bytes;
    struct piece pieces[PIECES_MAX];
    int refused; /* the piece at which the message is too big */
} limits[] = {
    {"no limit", 0, {{.bytes = SIZE_MAX, .frame_left_bytes = UINT64_MAX}}, NEVER},
    {"no limit, more than can be counted", 0, {{.bytes = SIZE_MAX}, {.bytes = SIZE_MAX}}, NEVER},

    {"nothing", 1, {{.bytes = 0}}, NEVER},
    {"the only byte", 1, {{.bytes = 1}}, NEVER},
    {"a byte above one", 1, {{.bytes = 2}}, 0},
    {"a byte below the limit", 100, {{.bytes = 99}}, NEVER},
    {"the limit", 100, {{.bytes = 100}}, NEVER},
    {"a byte above the limit", 100, {{.bytes = 101}}, 0},

    {"the limit in pieces", 100, {{.bytes = 50}, {.bytes = 49}, {.bytes = 1}}, NEVER},
    {"above the limit in pieces", 100, {{.bytes = 50}, {.bytes = 49}, {.bytes = 2}}, 2},
    {"the limit and an empty end", 100, {{.bytes = 99}, {.bytes = 1}, {.bytes = 0}}, NEVER},
    {"above the limit after an empty piece", 100, {{.bytes = 100}, {.bytes = 0}, {.bytes = 1}}, 2},
    {"after an empty first piece", 100, {{.bytes = 0}, {.bytes = 100}}, NEVER},
    {"too big after an empty first piece", 100, {{.bytes = 0}, {.bytes = 101}}, 1},

    {"the limit, by the frame", 100, {{.bytes = 40, .frame_left_bytes = 60}}, NEVER},
    {"above the limit, by the frame", 100, {{.bytes = 40, .frame_left_bytes = 61}}, 0},
    {"above the limit, by the frame's header", 100, {{.frame_left_bytes = 101}}, 0},
    {"the limit, and a byte to come", 100, {{.bytes = 100, .frame_left_bytes = 1}}, 0},
    {"the limit, by the second frame",
     100,
     {{.bytes = 60}, {.bytes = 1, .frame_left_bytes = 39}},
     NEVER},
    {"above the limit, by the second frame",
     100,
     {{.bytes = 60}, {.bytes = 1, .frame_left_bytes = 40}},
     1},
    {"what is left of a frame is not counted twice",
     100,
     {{.bytes = 1, .frame_left_bytes = 99}, {.bytes = 98, .frame_left_bytes = 1}, {.bytes = 1}},
     NEVER},

    {"the longest frame", INT64_MAX, {{.bytes = 1, .frame_left_bytes = INT64_MAX - 1}}, NEVER},
    {"the longest frame, and a byte", INT64_MAX, {{.bytes = 1, .frame_left_bytes = INT64_MAX}}, 0},
    {"the longest frame, low limit", 1, {{.frame_left_bytes = INT64_MAX}}, 0},
    {"all that can be left", 100, {{.bytes = 1, .frame_left_bytes = UINT64_MAX}}, 0},
    {"as much left as wraps around", 100, {{.bytes = 99, .frame_left_bytes = UINT64_MAX - 98}}, 0},
    {"the highest limit", UINT64_MAX, {{.bytes = 1, .frame_left_bytes = UINT64_MAX - 1}}, NEVER},
    {"the highest limit, and a byte",
     UINT64_MAX,
     {{.bytes = 1, .frame_left_bytes = UINT64_MAX}},
     0},
    {"all that memory has", SIZE_MAX, {{.bytes = SIZE_MAX}}, NEVER},
    {"a byte more than the limit", SIZE_MAX - 1, {{.bytes = SIZE_MAX}}, 0},
    {"above 32 bits, by the frame", UINT32_MAX, {{.frame_left_bytes = (uint64_t)1 << 32}}, 0},
    {"above 32 bits", (uint64_t)1 << 32, {{.frame_left_bytes = (uint64_t)1 << 32}}, NEVER},

    {"two messages of the limit", 100, {{.bytes = 100}, {.bytes = 100, .first = true}}, NEVER},
    {"a second message that is too big", 100, {{.bytes = 1}, {.bytes = 101, .first = true}}, 1},
    {"a second message in two pieces",
     100,
     {{.bytes = 100}, {.bytes = 99, .first = true}, {.bytes = 1}},
     NEVER},
    {"a second message, above in two pieces",
     100,
     {{.bytes = 100}, {.bytes = 99, .first = true}, {.bytes = 2}},
     2},
};

static void a_message_is_too_big_as_soon_as_that_is_known(void)
{
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct session session = {.message_bytes = 77};
        int refused = NEVER;

        for (int at = 0; at < PIECES_MAX && refused == NEVER; at++) {
            struct piece piece = limits[i].pieces[at];
            unsigned code;

            piece.binary = true;
            piece.first = piece.first || !at;
            code = take(&session, &piece, limits[i].max_bytes);
            CHECK_ROW(code == 0 || code == 1009, limits[i].name);
            refused = code ? at : NEVER;
        }
        CHECK_ROW(refused == limits[i].refused, limits[i].name);
    }
}

static void text_counts_its_bytes(void)
{
    struct session session = {0};
    struct piece piece = {.payload = "\xE2\x82\xAC", .bytes = 3, .first = true};

    CU_ASSERT_EQUAL(take(&session, &piece, 6), 0);
    piece.first = false;
    CU_ASSERT_EQUAL(take(&session, &piece, 6), 0);
    CU_ASSERT_EQUAL(take(&session, &piece, 6), 1009);
}

static void text_may_be_cut_anywhere(void)
{
    static const struct {
        const char *name;
        const char *text;
        size_t bytes;
    } rows[] = {
        {"empty", BYTES("")},
        {"ASCII with a NUL", BYTES("one\0two")},
        {"2 bytes each", BYTES("\xC2\x80\xC3\x9F\xDF\xBF")},
        {"3 bytes each", BYTES("\xE0\xA0\x80\xE2\x82\xAC\xEF\xBF\xBF")},
        {"4 bytes each", BYTES("\xF0\x90\x80\x80\xF0\x9F\x8D\x8C\xF4\x8F\xBF\xBF")},
        {"of all lengths", BYTES("z\xC3\x9F\xE6\xB0\xB4\xF0\x9F\x8D\x8C.")},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *text = rows[i].text;
        size_t bytes = rows[i].bytes;

        for (size_t cut = 0; cut <= bytes; cut++) {
            struct session session = {0};

            CHECK_ROW(!take_text(&session, text, cut, true, false), rows[i].name);
            CHECK_ROW(!take_text(&session, NULL, 0, false, false), rows[i].name);
            CHECK_ROW(!take_text(&session, text + cut, bytes - cut, false, true), rows[i].name);
        }
    }
}

static void text_is_refused_at_its_first_impossible_byte(void)
{
    static const struct {
        const char *name;
        const char *text;
        size_t bytes;
        size_t refused; /* the byte at which it is */
    } rows[] = {
        {"continuation alone", BYTES("\x80"), 0},
        {"no first byte", BYTES("\xFF"), 0},
        {"after a NUL", BYTES("a\0\xC0"), 2},
        {"ASCII in a character", BYTES("\xC3z"), 1},
        {"overlong", BYTES("\xE0\x9F\xBF"), 1},
        {"surrogate", BYTES("\xED\xA0\x80"), 1},
        {"above U+10FFFF", BYTES("\xF4\x90\x80\x80"), 1},
        {"after whole characters", BYTES("\xE6\xB0\xB4\xF0\x9F\x8D\x8C\x8C"), 7},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct session session = {0};
        size_t at = 0;

        while (at < rows[i].bytes && !take_text(&session, rows[i].text + at, 1, !at, false))
            at++;
        CHECK_ROW(at == rows[i].refused, rows[i].name);

        CHECK_ROW(take_text(&session, rows[i].text, rows[i].bytes, true, true) == 1007,
                  rows[i].name);
        CHECK_ROW(take_text(&session, rows[i].text, rows[i].bytes, true, false) == 1007,
                  rows[i].name);
    }
}

static void text_that_ends_inside_a_character_is_refused_at_its_end(void)
{
    static const struct {
        const char *name;
        const char *text;
        size_t bytes;
    } rows[] = {
        {"1 of 2 bytes", BYTES("z\xC3")},        {"1 of 3 bytes", BYTES("\xE6")},
        {"2 of 3 bytes", BYTES("z\xE6\xB0")},    {"1 of 4 bytes", BYTES("z\xF0")},
        {"3 of 4 bytes", BYTES("\xF0\x9F\x8D")},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *text = rows[i].text;
        size_t bytes = rows[i].bytes;
        struct session session = {0};

        CHECK_ROW(take_text(&session, text, bytes, true, true) == 1007, rows[i].name);

        CHECK_ROW(!take_text(&session, text, bytes, true, false), rows[i].name);
        CHECK_ROW(take_text(&session, NULL, 0, false, true) == 1007, rows[i].name);

        CHECK_ROW(!take_text(&session, text, bytes - 1, true, false), rows[i].name);
        CHECK_ROW(take_text(&session, text + bytes - 1, 1, false, true) == 1007, rows[i].name);
    }
}

static void binary_may_be_no_text(void)
{
    static const char bytes[] = {'\x80', '\xFF', '\xC3'};
    struct session session = {0};

    for (size_t i = 0; i < sizeof(bytes); i++) {
        const struct piece piece = {
            .payload = bytes + i,
            .bytes = 1,
            .first = i == 0,
            .final = i == sizeof(bytes) - 1,
            .binary = true,
        };

        CU_ASSERT_EQUAL(take(&session, &piece, 0), 0);
    }
    CU_ASSERT_EQUAL(take_text(&session, "text", 4, true, true), 0);
}

static void a_message_begins_with_no_character_cut(void)
{
    struct session session = {0};

    CU_ASSERT_EQUAL(take_text(&session, "\xF0\x9F", 2, true, false), 0);
    CU_ASSERT_EQUAL(take_text(&session, NULL, 0, true, true), 0);

    CU_ASSERT_EQUAL(take_text(&session, "\xF0\x9F", 2, true, false), 0);
    CU_ASSERT_EQUAL(take_text(&session, "\x8D\x8C", 2, true, true), 1007);
}

static void a_message_that_is_too_big_is_not_read_as_text(void)
{
    const struct piece piece = {.payload = "\xFF\xFF", .bytes = 2, .first = true};
    const struct piece header = {.bytes = 0, .frame_left_bytes = 2, .first = true};
    struct session session = {0};

    CU_ASSERT_EQUAL(take(&session, &piece, 1), 1009);
    CU_ASSERT_EQUAL(take(&session, &header, 1), 1009);
    CU_ASSERT_EQUAL(take(&session, &piece, 2), 1007);
}

static void a_fault_says_what_a_close_can_carry(void)
{
    static const struct {
        const char *name;
        struct piece piece;
        const char *reason;
    } rows[] = {
        {"too big", {.payload = "ab", .bytes = 2, .first = true}, "message too big"},
        {"not UTF-8", {.payload = "\xFF", .bytes = 1, .first = true}, "text is not UTF-8"},
        {"cut", {.payload = "\xC3", .bytes = 1, .first = true, .final = true}, "text is not UTF-8"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct session session = {0};
        const struct fault *fault = session_take(&session, &rows[i].piece, 1);
        const char *reason = fault ? fault->reason : "none";

        CHECK_TEXT(reason, rows[i].reason, rows[i].name);
        CHECK_ROW(strlen(reason) <= REASON_MAX, rows[i].name);
        for (const char *p = reason; *p; p++)
            CHECK_ROW(*p >= ' ' && *p <= '~', rows[i].name);
    }
}

static void a_piece_is_echoed_with_its_type_and_place(void)
{
    static const struct {
        const char *name;
        bool first;
        bool final;
        bool binary;
        struct frame frame;
    } rows[] = {
        {"whole text", true, true, false, {OPCODE_TEXT, true, false}},
        {"whole binary", true, true, true, {OPCODE_BINARY, true, false}},
        {"first of text", true, false, false, {OPCODE_TEXT, false, false}},
        {"first of binary", true, false, true, {OPCODE_BINARY, false, false}},
        {"middle of text", false, false, false, {OPCODE_CONTINUATION, false, false}},
        {"middle of binary", false, false, true, {OPCODE_CONTINUATION, false, false}},
        {"last of text", false, true, false, {OPCODE_CONTINUATION, true, false}},
        {"last of binary", false, true, true, {OPCODE_CONTINUATION, true, false}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct piece piece = {
            .first = rows[i].first,
            .final = rows[i].final,
            .binary = rows[i].binary,
        };
        struct frame frame = session_frame(&piece);

        CHECK_ROW(frame.opcode == rows[i].frame.opcode, rows[i].name);
        CHECK_ROW(frame.fin == rows[i].frame.fin, rows[i].name);
        CHECK_ROW(!frame.rsv1, rows[i].name);
    }
}

static void only_an_open_session_echoes(void)
{
    static const struct {
        const char *name;
        struct session session;
        bool echoes;
    } rows[] = {
        {"new", {0}, true},
        {"open", {.state = SESSION_OPEN}, true},
        {"open and blocked", {.state = SESSION_OPEN, .blocked = true}, true},
        {"closing", {.state = SESSION_CLOSING}, false},
        {"closing, Close owed", {.state = SESSION_CLOSING, .close_owed = true}, false},
        {"closed", {.state = SESSION_CLOSED}, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(session_echoes(&rows[i].session) == rows[i].echoes, rows[i].name);
}

static void an_empty_close_is_answered_with_1000(void)
{
    struct session session = {0};
    struct close_payload answer;

    CU_ASSERT_TRUE(session_peer_close(&session, NULL, 0, &answer));
    CU_ASSERT_TRUE(is_close(&answer, 1000));
    CU_ASSERT_EQUAL(session.state, SESSION_CLOSED);
}

static void an_allowed_close_is_answered_with_its_code_and_reason(void)
{
    static const struct {
        const char *name;
        unsigned code;
        size_t reason_bytes;
    } rows[] = {
        {"1000 without a reason", 1000, 0},
        {"1000", 1000, 3},
        {"1001", 1001, 3},
        {"1002", 1002, 3},
        {"1003", 1003, 3},
        {"1007", 1007, 3},
        {"1008", 1008, 3},
        {"1009", 1009, 3},
        {"1010", 1010, 3},
        {"1011", 1011, 3},
        {"1012", 1012, 3},
        {"1013", 1013, 3},
        {"1014", 1014, 3},
        {"3000", 3000, 3},
        {"3999", 3999, 3},
        {"4000", 4000, 3},
        {"4999 with one byte of reason", 4999, 1},
        {"1000 with a reason one byte short of the longest", 1000, REASON_MAX - 1},
        {"4999 with the longest reason", 4999, REASON_MAX},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct session session = {0};
        struct close_payload answer;
        uint8_t payload[FRAME_CONTROL_PAYLOAD_MAX];
        size_t bytes = close_payload(payload, rows[i].code, rows[i].reason_bytes);

        CHECK_ROW(session_peer_close(&session, payload, bytes, &answer), rows[i].name);
        CHECK_ROW(answer.bytes == bytes, rows[i].name);
        CHECK_ROW(!memcmp(answer.payload, payload, bytes), rows[i].name);
        CHECK_ROW(session.state == SESSION_CLOSED, rows[i].name);
    }
}

static void a_close_that_is_not_allowed_is_answered_with_1002(void)
{
    static const struct {
        const char *name;
        unsigned code;
        size_t bytes; /* of the whole payload */
    } rows[] = {
        {"half a code", 1000, 1},
        {"0", 0, 2},
        {"999", 999, 5},
        {"1004", 1004, 5},
        {"1005", 1005, 2},
        {"1006", 1006, 5},
        {"1015", 1015, 5},
        {"1016", 1016, 5},
        {"2999", 2999, 5},
        {"5000", 5000, 5},
        {"65535", 65535, FRAME_CONTROL_PAYLOAD_MAX},
        {"a payload that no control frame can have", 1000, FRAME_CONTROL_PAYLOAD_MAX + 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct session session = {0};
        struct close_payload answer;
        uint8_t payload[FRAME_CONTROL_PAYLOAD_MAX + 1];

        close_payload(payload, rows[i].code, sizeof(payload) - 2);
        CHECK_ROW(session_peer_close(&session, payload, rows[i].bytes, &answer), rows[i].name);
        CHECK_ROW(is_close(&answer, 1002), rows[i].name);
        CHECK_ROW(session.state == SESSION_CLOSED, rows[i].name);
    }
}

#define EURO "\xE2\x82\xAC"
#define TEN_EUROS EURO EURO EURO EURO EURO EURO EURO EURO EURO EURO
#define FORTY_EUROS TEN_EUROS TEN_EUROS TEN_EUROS TEN_EUROS

static void the_reason_of_a_close_must_be_utf8(void)
{
    static const struct {
        const char *name;
        const char *payload;
        size_t bytes;
        unsigned code; /* of an answer without a reason, or 0 when the payload comes back */
    } rows[] = {
        {"a NUL", BYTES("\x03\xE8\0"), 0},
        {"2 bytes", BYTES("\x03\xE8\xC3\x9F"), 0},
        {"3 bytes", BYTES("\x03\xE8" EURO), 0},
        {"4 bytes", BYTES("\x0F\xA0\xF0\x9F\x8D\x8C"), 0},
        {"in ASCII", BYTES("\x03\xE8Gr\xC3\xBC\xC3\x9Ft"), 0},
        {"3 bytes each, to the limit", BYTES("\x03\xE8" FORTY_EUROS EURO), 0},

        {"continuation", BYTES("\x03\xE8\x80"), 1007},
        {"FF", BYTES("\x03\xE8\xFF"), 1007},
        {"after ASCII", BYTES("\x03\xE8no\xFF"), 1007},
        {"before ASCII", BYTES("\x03\xE8\xFFno"), 1007},
        {"of an application's code", BYTES("\x0F\xA0\xFF"), 1007},
        {"overlong", BYTES("\x03\xE8\xC0\xAF"), 1007},
        {"surrogate", BYTES("\x03\xE8\xED\xA0\x80"), 1007},
        {"cut in 2", BYTES("\x03\xE8Gr\xC3"), 1007},
        {"cut in 3", BYTES("\x03\xE8\xE2\x82"), 1007},
        {"cut in 4", BYTES("\x03\xE8\xF0\x9F\x8D"), 1007},
        {"cut by the limit", BYTES("\x03\xE8zz" FORTY_EUROS "\xC3"), 1007},
        {"last of the longest", BYTES("\x03\xE8zz" FORTY_EUROS "\xFF"), 1007},

        {"a continuation of the code's byte", BYTES("\x0F\xC3\xBF"), 1007},
        {"after a code that is not allowed", BYTES("\x03\xED\xFF"), 1002},
        {"half a code that is no text", BYTES("\xFF"), 1002},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint8_t *payload = (const uint8_t *)rows[i].payload;
        /* a text is under way, and a character of it is cut */
        struct session session = {.utf8 = {.missing = 1, .low = 0x80, .high = 0xBF}};
        struct close_payload answer;

        CHECK_ROW(session_peer_close(&session, payload, rows[i].bytes, &answer), rows[i].name);
        if (rows[i].code)
            CHECK_ROW(is_close(&answer, rows[i].code), rows[i].name);
        else
            CHECK_ROW(answer.bytes == rows[i].bytes &&
                          !memcmp(answer.payload, payload, rows[i].bytes),
                      rows[i].name);
        CHECK_ROW(session.state == SESSION_CLOSED, rows[i].name);
    }
}

static void our_close_is_sent_at_once_when_output_is_free(void)
{
    static const struct {
        const char *name;
        enum close_code code;
    } rows[] = {
        {"normal", CLOSE_NORMAL},
        {"going away", CLOSE_GOING_AWAY},
        {"protocol error", CLOSE_PROTOCOL_ERROR},
        {"invalid payload", CLOSE_INVALID_PAYLOAD},
        {"too big", CLOSE_TOO_BIG},
        {"internal error", CLOSE_INTERNAL_ERROR},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct session session = {0};
        struct close_payload answer;

        CHECK_ROW(session_close(&session, rows[i].code, &answer), rows[i].name);
        CHECK_ROW(is_close(&answer, rows[i].code), rows[i].name);
        CHECK_ROW(session.state == SESSION_CLOSING, rows[i].name);
        CHECK_ROW(!session_echoes(&session), rows[i].name);
        CHECK_ROW(!session_drained(&session, &answer), rows[i].name);
    }
}

static void our_close_waits_until_blocked_output_has_drained(void)
{
    struct session session = {.blocked = true};
    struct close_payload answer;

    CU_ASSERT_FALSE(session_close(&session, CLOSE_GOING_AWAY, &answer));
    CU_ASSERT_EQUAL(session.state, SESSION_CLOSING);
    CU_ASSERT_TRUE(session.close_owed);
    CU_ASSERT_FALSE(session_echoes(&session));

    CU_ASSERT_TRUE(session_drained(&session, &answer));
    CU_ASSERT_TRUE(is_close(&answer, 1001));
    CU_ASSERT_EQUAL(session.state, SESSION_CLOSING);
    CU_ASSERT_FALSE(session.blocked);
    CU_ASSERT_FALSE(session.close_owed);

    session.blocked = true;
    CU_ASSERT_FALSE(session_drained(&session, &answer));
}

static void our_close_is_sent_once(void)
{
    struct session session = {0};
    struct close_payload answer;

    CU_ASSERT_TRUE(session_close(&session, CLOSE_GOING_AWAY, &answer));
    CU_ASSERT_FALSE(session_close(&session, CLOSE_GOING_AWAY, &answer));
    CU_ASSERT_FALSE(session_close(&session, CLOSE_PROTOCOL_ERROR, &answer));
}

static void an_owed_close_keeps_its_first_code(void)
{
    struct session session = {.blocked = true};
    struct close_payload answer;

    CU_ASSERT_FALSE(session_close(&session, CLOSE_GOING_AWAY, &answer));
    CU_ASSERT_FALSE(session_close(&session, CLOSE_PROTOCOL_ERROR, &answer));
    CU_ASSERT_TRUE(session_drained(&session, &answer));
    CU_ASSERT_TRUE(is_close(&answer, 1001));
}

static void the_answer_to_our_close_is_not_answered(void)
{
    static const struct {
        const char *name;
        bool blocked; /* when our Close was started */
        size_t bytes;
    } rows[] = {
        {"empty", false, 0},
        {"half a code", false, 1},
        {"with a code", false, 2},
        {"to a Close that had been owed", true, 2},
    };
    const uint8_t payload[] = {0x03, 0xE9};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct session session = {.blocked = rows[i].blocked};
        struct close_payload answer;

        session_close(&session, CLOSE_GOING_AWAY, &answer);
        if (rows[i].blocked)
            CHECK_ROW(session_drained(&session, &answer), rows[i].name);
        CHECK_ROW(!session_peer_close(&session, payload, rows[i].bytes, &answer), rows[i].name);
        CHECK_ROW(session.state == SESSION_CLOSED, rows[i].name);
    }
}

static void a_close_that_overtakes_our_owed_one_is_answered_instead(void)
{
    struct session session = {.blocked = true};
    struct close_payload answer;
    const uint8_t payload[] = {0x0F, 0xA0, 'b', 'y', 'e'};

    CU_ASSERT_FALSE(session_close(&session, CLOSE_GOING_AWAY, &answer));
    CU_ASSERT_TRUE(session_peer_close(&session, payload, sizeof(payload), &answer));
    CU_ASSERT_EQUAL(answer.bytes, sizeof(payload));
    CU_ASSERT_FALSE(memcmp(answer.payload, payload, sizeof(payload)));

    CU_ASSERT_EQUAL(session.state, SESSION_CLOSED);
    CU_ASSERT_FALSE(session_drained(&session, &answer));
}

static void nothing_is_sent_after_the_peers_close(void)
{
    struct session session = {0};
    struct close_payload answer;

    CU_ASSERT_TRUE(session_peer_close(&session, NULL, 0, &answer));
    CU_ASSERT_FALSE(session_echoes(&session));
    CU_ASSERT_FALSE(session_peer_close(&session, NULL, 0, &answer));
    CU_ASSERT_FALSE(session_close(&session, CLOSE_GOING_AWAY, &answer));
    CU_ASSERT_FALSE(session_drained(&session, &answer));
    CU_ASSERT_EQUAL(session.state, SESSION_CLOSED);
}

static void an_ended_session_says_nothing(void)
{
    struct session session = {.blocked = true};
    struct close_payload answer;

    CU_ASSERT_FALSE(session_close(&session, CLOSE_GOING_AWAY, &answer));
    session_end(&session);
    CU_ASSERT_FALSE(session_echoes(&session));
    CU_ASSERT_FALSE(session_drained(&session, &answer));
    CU_ASSERT_FALSE(session_peer_close(&session, NULL, 0, &answer));
    CU_ASSERT_FALSE(session_close(&session, CLOSE_GOING_AWAY, &answer));
}

static void a_session_is_blocked_once(void)
{
    struct session session = {0};
    struct close_payload answer;

    CU_ASSERT_TRUE(session_block(&session));
    CU_ASSERT_FALSE(session_block(&session));
    CU_ASSERT_FALSE(session_drained(&session, &answer));
    CU_ASSERT_TRUE(session_block(&session));
}

static void draining_unblocks_an_open_session(void)
{
    struct session session = {.blocked = true};
    struct close_payload answer;

    CU_ASSERT_FALSE(session_drained(&session, &answer));
    CU_ASSERT_FALSE(session.blocked);
    CU_ASSERT_TRUE(session_echoes(&session));
    CU_ASSERT_TRUE(session_close(&session, CLOSE_NORMAL, &answer));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(a_message_is_too_big_as_soon_as_that_is_known),
        TEST(text_counts_its_bytes),
        TEST(text_may_be_cut_anywhere),
        TEST(text_is_refused_at_its_first_impossible_byte),
        TEST(text_that_ends_inside_a_character_is_refused_at_its_end),
        TEST(binary_may_be_no_text),
        TEST(a_message_begins_with_no_character_cut),
        TEST(a_message_that_is_too_big_is_not_read_as_text),
        TEST(a_fault_says_what_a_close_can_carry),
        TEST(a_piece_is_echoed_with_its_type_and_place),
        TEST(only_an_open_session_echoes),
        TEST(an_empty_close_is_answered_with_1000),
        TEST(an_allowed_close_is_answered_with_its_code_and_reason),
        TEST(a_close_that_is_not_allowed_is_answered_with_1002),
        TEST(the_reason_of_a_close_must_be_utf8),
        TEST(our_close_is_sent_at_once_when_output_is_free),
        TEST(our_close_waits_until_blocked_output_has_drained),
        TEST(our_close_is_sent_once),
        TEST(an_owed_close_keeps_its_first_code),
        TEST(the_answer_to_our_close_is_not_answered),
        TEST(a_close_that_overtakes_our_owed_one_is_answered_instead),
        TEST(nothing_is_sent_after_the_peers_close),
        TEST(an_ended_session_says_nothing),
        TEST(a_session_is_blocked_once),
        TEST(draining_unblocks_an_open_session),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"session", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
