#include <string.h>

#include "runner.h"
#include "session.h"

#define REASON_MAX (ECHO_CONTROL_PAYLOAD_MAX - 2)

static bool is_close(const struct echo_close *close, unsigned code)
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

static void a_piece_is_echoed_with_its_type_and_place(void)
{
    static const struct {
        const char *name;
        bool first;
        bool final;
        bool binary;
        struct echo_frame frame;
    } rows[] = {
        {"whole text", true, true, false, {ECHO_OPCODE_TEXT, true, false}},
        {"whole binary", true, true, true, {ECHO_OPCODE_BINARY, true, false}},
        {"first of text", true, false, false, {ECHO_OPCODE_TEXT, false, false}},
        {"first of binary", true, false, true, {ECHO_OPCODE_BINARY, false, false}},
        {"middle of text", false, false, false, {ECHO_OPCODE_CONTINUATION, false, false}},
        {"middle of binary", false, false, true, {ECHO_OPCODE_CONTINUATION, false, false}},
        {"last of text", false, true, false, {ECHO_OPCODE_CONTINUATION, true, false}},
        {"last of binary", false, true, true, {ECHO_OPCODE_CONTINUATION, true, false}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct echo_piece piece = {
            .first = rows[i].first,
            .final = rows[i].final,
            .binary = rows[i].binary,
        };
        struct echo_frame frame = echo_session_frame(&piece);

        CHECK_ROW(frame.opcode == rows[i].frame.opcode, rows[i].name);
        CHECK_ROW(frame.fin == rows[i].frame.fin, rows[i].name);
    }
}

static void only_an_open_session_echoes(void)
{
    static const struct {
        const char *name;
        struct echo_session session;
        bool echoes;
    } rows[] = {
        {"new", {0}, true},
        {"open", {.state = ECHO_SESSION_OPEN}, true},
        {"open and blocked", {.state = ECHO_SESSION_OPEN, .blocked = true}, true},
        {"closing", {.state = ECHO_SESSION_CLOSING}, false},
        {"closing, Close owed", {.state = ECHO_SESSION_CLOSING, .close_owed = true}, false},
        {"closed", {.state = ECHO_SESSION_CLOSED}, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(echo_session_echoes(&rows[i].session) == rows[i].echoes, rows[i].name);
}

static void an_empty_close_is_answered_with_1000(void)
{
    struct echo_session session = {0};
    struct echo_close answer;

    CU_ASSERT_TRUE(echo_session_peer_close(&session, NULL, 0, &answer));
    CU_ASSERT_TRUE(is_close(&answer, 1000));
    CU_ASSERT_EQUAL(session.state, ECHO_SESSION_CLOSED);
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
        struct echo_session session = {0};
        struct echo_close answer;
        uint8_t payload[ECHO_CONTROL_PAYLOAD_MAX];
        size_t bytes = close_payload(payload, rows[i].code, rows[i].reason_bytes);

        CHECK_ROW(echo_session_peer_close(&session, payload, bytes, &answer), rows[i].name);
        CHECK_ROW(answer.bytes == bytes, rows[i].name);
        CHECK_ROW(!memcmp(answer.payload, payload, bytes), rows[i].name);
        CHECK_ROW(session.state == ECHO_SESSION_CLOSED, rows[i].name);
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
        {"65535", 65535, ECHO_CONTROL_PAYLOAD_MAX},
        {"a payload that no control frame can have", 1000, ECHO_CONTROL_PAYLOAD_MAX + 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct echo_session session = {0};
        struct echo_close answer;
        uint8_t payload[ECHO_CONTROL_PAYLOAD_MAX + 1];

        close_payload(payload, rows[i].code, sizeof(payload) - 2);
        CHECK_ROW(echo_session_peer_close(&session, payload, rows[i].bytes, &answer), rows[i].name);
        CHECK_ROW(is_close(&answer, 1002), rows[i].name);
        CHECK_ROW(session.state == ECHO_SESSION_CLOSED, rows[i].name);
    }
}

static void our_close_is_sent_at_once_when_output_is_free(void)
{
    static const struct {
        const char *name;
        enum echo_close_code code;
    } rows[] = {
        {"normal", ECHO_CLOSE_NORMAL},
        {"going away", ECHO_CLOSE_GOING_AWAY},
        {"protocol error", ECHO_CLOSE_PROTOCOL_ERROR},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct echo_session session = {0};
        struct echo_close answer;

        CHECK_ROW(echo_session_close(&session, rows[i].code, &answer), rows[i].name);
        CHECK_ROW(is_close(&answer, rows[i].code), rows[i].name);
        CHECK_ROW(session.state == ECHO_SESSION_CLOSING, rows[i].name);
        CHECK_ROW(!echo_session_echoes(&session), rows[i].name);
        CHECK_ROW(!echo_session_drained(&session, &answer), rows[i].name);
    }
}

static void our_close_waits_until_blocked_output_has_drained(void)
{
    struct echo_session session = {.blocked = true};
    struct echo_close answer;

    CU_ASSERT_FALSE(echo_session_close(&session, ECHO_CLOSE_GOING_AWAY, &answer));
    CU_ASSERT_EQUAL(session.state, ECHO_SESSION_CLOSING);
    CU_ASSERT_TRUE(session.close_owed);
    CU_ASSERT_FALSE(echo_session_echoes(&session));

    CU_ASSERT_TRUE(echo_session_drained(&session, &answer));
    CU_ASSERT_TRUE(is_close(&answer, 1001));
    CU_ASSERT_EQUAL(session.state, ECHO_SESSION_CLOSING);
    CU_ASSERT_FALSE(session.blocked);
    CU_ASSERT_FALSE(session.close_owed);

    session.blocked = true;
    CU_ASSERT_FALSE(echo_session_drained(&session, &answer));
}

static void our_close_is_sent_once(void)
{
    struct echo_session session = {0};
    struct echo_close answer;

    CU_ASSERT_TRUE(echo_session_close(&session, ECHO_CLOSE_GOING_AWAY, &answer));
    CU_ASSERT_FALSE(echo_session_close(&session, ECHO_CLOSE_GOING_AWAY, &answer));
    CU_ASSERT_FALSE(echo_session_close(&session, ECHO_CLOSE_PROTOCOL_ERROR, &answer));
}

static void an_owed_close_keeps_its_first_code(void)
{
    struct echo_session session = {.blocked = true};
    struct echo_close answer;

    CU_ASSERT_FALSE(echo_session_close(&session, ECHO_CLOSE_GOING_AWAY, &answer));
    CU_ASSERT_FALSE(echo_session_close(&session, ECHO_CLOSE_PROTOCOL_ERROR, &answer));
    CU_ASSERT_TRUE(echo_session_drained(&session, &answer));
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
        struct echo_session session = {.blocked = rows[i].blocked};
        struct echo_close answer;

        echo_session_close(&session, ECHO_CLOSE_GOING_AWAY, &answer);
        if (rows[i].blocked)
            CHECK_ROW(echo_session_drained(&session, &answer), rows[i].name);
        CHECK_ROW(!echo_session_peer_close(&session, payload, rows[i].bytes, &answer),
                  rows[i].name);
        CHECK_ROW(session.state == ECHO_SESSION_CLOSED, rows[i].name);
    }
}

static void a_close_that_overtakes_our_owed_one_is_answered_instead(void)
{
    struct echo_session session = {.blocked = true};
    struct echo_close answer;
    const uint8_t payload[] = {0x0F, 0xA0, 'b', 'y', 'e'};

    CU_ASSERT_FALSE(echo_session_close(&session, ECHO_CLOSE_GOING_AWAY, &answer));
    CU_ASSERT_TRUE(echo_session_peer_close(&session, payload, sizeof(payload), &answer));
    CU_ASSERT_EQUAL(answer.bytes, sizeof(payload));
    CU_ASSERT_FALSE(memcmp(answer.payload, payload, sizeof(payload)));

    CU_ASSERT_EQUAL(session.state, ECHO_SESSION_CLOSED);
    CU_ASSERT_FALSE(echo_session_drained(&session, &answer));
}

static void nothing_is_sent_after_the_peers_close(void)
{
    struct echo_session session = {0};
    struct echo_close answer;

    CU_ASSERT_TRUE(echo_session_peer_close(&session, NULL, 0, &answer));
    CU_ASSERT_FALSE(echo_session_echoes(&session));
    CU_ASSERT_FALSE(echo_session_peer_close(&session, NULL, 0, &answer));
    CU_ASSERT_FALSE(echo_session_close(&session, ECHO_CLOSE_GOING_AWAY, &answer));
    CU_ASSERT_FALSE(echo_session_drained(&session, &answer));
    CU_ASSERT_EQUAL(session.state, ECHO_SESSION_CLOSED);
}

static void an_ended_session_says_nothing(void)
{
    struct echo_session session = {.blocked = true};
    struct echo_close answer;

    CU_ASSERT_FALSE(echo_session_close(&session, ECHO_CLOSE_GOING_AWAY, &answer));
    echo_session_end(&session);
    CU_ASSERT_FALSE(echo_session_echoes(&session));
    CU_ASSERT_FALSE(echo_session_drained(&session, &answer));
    CU_ASSERT_FALSE(echo_session_peer_close(&session, NULL, 0, &answer));
    CU_ASSERT_FALSE(echo_session_close(&session, ECHO_CLOSE_GOING_AWAY, &answer));
}

static void a_session_is_blocked_once(void)
{
    struct echo_session session = {0};
    struct echo_close answer;

    CU_ASSERT_TRUE(echo_session_block(&session));
    CU_ASSERT_FALSE(echo_session_block(&session));
    CU_ASSERT_FALSE(echo_session_drained(&session, &answer));
    CU_ASSERT_TRUE(echo_session_block(&session));
}

static void draining_unblocks_an_open_session(void)
{
    struct echo_session session = {.blocked = true};
    struct echo_close answer;

    CU_ASSERT_FALSE(echo_session_drained(&session, &answer));
    CU_ASSERT_FALSE(session.blocked);
    CU_ASSERT_TRUE(echo_session_echoes(&session));
    CU_ASSERT_TRUE(echo_session_close(&session, ECHO_CLOSE_NORMAL, &answer));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(a_piece_is_echoed_with_its_type_and_place),
        TEST(only_an_open_session_echoes),
        TEST(an_empty_close_is_answered_with_1000),
        TEST(an_allowed_close_is_answered_with_its_code_and_reason),
        TEST(a_close_that_is_not_allowed_is_answered_with_1002),
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
