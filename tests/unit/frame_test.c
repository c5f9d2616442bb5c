#include <string.h>

#include "core/frame.h"
#include "runner.h"

#define UNWRITTEN 0xAA

static void first_byte_carries_opcode_fin_and_rsv1(void)
{
    static const struct {
        const char *name;
        struct frame frame;
        uint8_t byte;
    } rows[] = {
        {"continuation", {OPCODE_CONTINUATION, false, false}, 0x00},
        {"last continuation", {OPCODE_CONTINUATION, true, false}, 0x80},
        {"text, more to come", {OPCODE_TEXT, false, false}, 0x01},
        {"text, whole", {OPCODE_TEXT, true, false}, 0x81},
        {"binary, more to come", {OPCODE_BINARY, false, false}, 0x02},
        {"binary, whole", {OPCODE_BINARY, true, false}, 0x82},
        {"close", {OPCODE_CLOSE, true, false}, 0x88},
        {"ping", {OPCODE_PING, true, false}, 0x89},
        {"pong", {OPCODE_PONG, true, false}, 0x8A},
        {"compressed text, more to come", {OPCODE_TEXT, false, true}, 0x41},
        {"compressed text, whole", {OPCODE_TEXT, true, true}, 0xC1},
        {"compressed binary, more to come", {OPCODE_BINARY, false, true}, 0x42},
        {"compressed binary, whole", {OPCODE_BINARY, true, true}, 0xC2},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t header[FRAME_HEADER_MAX];

        frame_header_write(header, rows[i].frame, 0);
        CHECK_ROW(header[0] == rows[i].byte, rows[i].name);
    }
}

static void header_uses_the_shortest_length_form(void)
{
    static const struct {
        const char *name;
        uint64_t payload_bytes;
        size_t header_bytes;
        uint8_t length[FRAME_HEADER_MAX - 1]; /* what stands after the first byte */
    } rows[] = {
        {"empty", 0, 2, {0}},
        {"1", 1, 2, {1}},
        {"125, the last of one byte", 125, 2, {125}},
        {"126, the first of two bytes", 126, 4, {126, 0x00, 0x7E}},
        {"127", 127, 4, {126, 0x00, 0x7F}},
        {"255", 255, 4, {126, 0x00, 0xFF}},
        {"256", 256, 4, {126, 0x01, 0x00}},
        {"65535, the last of two bytes", 65535, 4, {126, 0xFF, 0xFF}},
        {"65536, the first of eight bytes", 65536, 10, {127, 0, 0, 0, 0, 0, 1, 0, 0}},
        {"2^32 - 1", UINT32_MAX, 10, {127, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF}},
        {"2^32", (uint64_t)1 << 32, 10, {127, 0, 0, 0, 1, 0, 0, 0, 0}},
        {"each byte its own",
         0x0102030405060708,
         10,
         {127, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08}},
        {"2^63 - 1, the longest there is",
         INT64_MAX,
         10,
         {127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct frame frame = {OPCODE_BINARY, true, false};
        size_t expected = rows[i].header_bytes;
        uint8_t header[FRAME_HEADER_MAX + 1];

        memset(header, UNWRITTEN, sizeof(header));
        CHECK_ROW(frame_header_size(rows[i].payload_bytes) == expected, rows[i].name);
        CHECK_ROW(frame_header_write(header, frame, rows[i].payload_bytes) == expected,
                  rows[i].name);
        CHECK_ROW(!memcmp(header + 1, rows[i].length, expected - 1), rows[i].name);
        CHECK_ROW(header[expected] == UNWRITTEN, rows[i].name);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(first_byte_carries_opcode_fin_and_rsv1),
        TEST(header_uses_the_shortest_length_form),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"frame", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
