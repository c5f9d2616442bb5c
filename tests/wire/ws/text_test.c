/* Text is UTF-8, or fails at the first byte that cannot be (RFC 6455 section 8.1). */

#include <stdlib.h>
#include <string.h>

#include "conversation.h"
#include "runner.h"
#include "server.h"

SUITE_SERVER(ON_FREE_PORT)

#define CHECK(rows) check_conversations(server.port, rows, sizeof(rows) / sizeof((rows)[0]))

#define GREEK "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"

static void text_that_is_utf8_comes_back(void)
{
    static const struct conversation rows[] = {
        {"several lengths (RFC 3629 section 4)",
         {SAY(FIN | OPCODE_TEXT, "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x8d")},
         {SAY(OPCODE_TEXT, "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x8d")},
         0},
        {"first of each length",
         {SAY(FIN | OPCODE_TEXT, "\x00\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80")},
         {SAY(OPCODE_TEXT, "\x00\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80")},
         0},
        {"last of each length",
         {SAY(FIN | OPCODE_TEXT, "\x7f\xdf\xbf\xef\xbf\xbf\xf4\x8f\xbf\xbf")},
         {SAY(OPCODE_TEXT, "\x7f\xdf\xbf\xef\xbf\xbf\xf4\x8f\xbf\xbf")},
         0},
        {"around the surrogates",
         {SAY(FIN | OPCODE_TEXT, "\xed\x9f\xbf\xee\x80\x80")},
         {SAY(OPCODE_TEXT, "\xed\x9f\xbf\xee\x80\x80")},
         0},
        {"noncharacters",
         {SAY(FIN | OPCODE_TEXT, "\xef\xb7\x90\xef\xbf\xbe\xf0\x9f\xbf\xbe")},
         {SAY(OPCODE_TEXT, "\xef\xb7\x90\xef\xbf\xbe\xf0\x9f\xbf\xbe")},
         0},
        {"a character cut between fragments (5.6)",
         {SAY(OPCODE_TEXT, "\xf0\x9f"), SAY(OPCODE_CONTINUATION, "\x8c"),
          SAY(FIN | OPCODE_CONTINUATION, "\x8d")},
         {SAY(OPCODE_TEXT, "\xf0\x9f\x8c\x8d")},
         0},
        {"a cut character around an empty fragment and a Ping",
         {SAY(OPCODE_TEXT, "\xe2"), SAY(OPCODE_CONTINUATION, ""), SAY(FIN | OPCODE_PING, "\xff"),
          SAY(OPCODE_CONTINUATION, "\x82"), SAY(FIN | OPCODE_CONTINUATION, "\xac")},
         {SAY(OPCODE_PONG, "\xff"), SAY(OPCODE_TEXT, "\xe2\x82\xac")},
         0},
        {"binary may be anything", /* and has no say in the text after it */
         {SAY(FIN | OPCODE_BINARY, "\xff\xc0\xed\xa0\x80\xf0\x9f"), SAY(FIN | OPCODE_TEXT, GREEK)},
         {SAY(OPCODE_BINARY, "\xff\xc0\xed\xa0\x80\xf0\x9f"), SAY(OPCODE_TEXT, GREEK)},
         0},
        {"Pongs may be anything",
         {SAY(FIN | OPCODE_TEXT, "a"), SAY(FIN | OPCODE_PONG, "\xff")},
         {SAY(OPCODE_TEXT, "a")},
         0},
    };

    CHECK(rows);
}

static void text_that_is_not_utf8_is_answered_1007(void)
{
    static const struct conversation rows[] = {
        {"a stray continuation byte", {SAY(FIN | OPCODE_TEXT, "\x80")}, {{0}}, 1007},
        {"after good text",
         {SAY(FIN | OPCODE_TEXT, GREEK "\xed\xa0\x80"
                                       "edited")},
         {{0}},
         1007},
        {"overlong, two bytes", {SAY(FIN | OPCODE_TEXT, "\xc0\xaf")}, {{0}}, 1007},
        {"overlong, three bytes", {SAY(FIN | OPCODE_TEXT, "\xe0\x9f\xbf")}, {{0}}, 1007},
        {"overlong, four bytes", {SAY(FIN | OPCODE_TEXT, "\xf0\x8f\xbf\xbf")}, {{0}}, 1007},
        {"a surrogate", {SAY(FIN | OPCODE_TEXT, "\xed\xbf\xbf")}, {{0}}, 1007},
        {"above U+10FFFF", {SAY(FIN | OPCODE_TEXT, "\xf4\x90\x80\x80")}, {{0}}, 1007},
        {"five bytes", {SAY(FIN | OPCODE_TEXT, "\xf8\x88\x80\x80\x80")}, {{0}}, 1007},
        {"six bytes", {SAY(FIN | OPCODE_TEXT, "\xfc\x84\x80\x80\x80\x80")}, {{0}}, 1007},
        {"FE", {SAY(FIN | OPCODE_TEXT, "\xfe")}, {{0}}, 1007},
        {"FF", {SAY(FIN | OPCODE_TEXT, "\xff")}, {{0}}, 1007},
        {"cut by the end", {SAY(FIN | OPCODE_TEXT, "\xf0\x9f\x8c")}, {{0}}, 1007},
        {"cut by the end of fragments",
         {SAY(OPCODE_TEXT, "\xe2\x82"), SAY(FIN | OPCODE_CONTINUATION, "")},
         {{0}},
         1007},
        {"not continued in the next fragment",
         {SAY(OPCODE_TEXT, "\xe2\x82"), SAY(FIN | OPCODE_CONTINUATION, "a")},
         {{0}},
         1007},
        {"after a message owed",
         {SAY(FIN | OPCODE_TEXT, "owed"), SAY(FIN | OPCODE_TEXT, "\xff"),
          SAY(FIN | OPCODE_TEXT, "not echoed")},
         {SAY(OPCODE_TEXT, "owed")},
         1007},
        {"a character is not continued by the next message",
         {SAY(FIN | OPCODE_TEXT, "owed"), SAY(FIN | OPCODE_TEXT, "\xe2\x82"),
          SAY(FIN | OPCODE_TEXT, "\xac")},
         {SAY(OPCODE_TEXT, "owed")},
         1007},
    };

    CHECK(rows);
}

/* The rest of the message is never sent, so the Close must be for what is there. */
static void the_first_impossible_byte_ends_it(void)
{
    static const struct {
        const char *name;
        struct said sent[3];
        uint64_t announced; /* bytes of the last frame; more than are sent of it */
    } rows[] = {
        {"in a frame not complete", {SAY(OPCODE_TEXT, GREEK "\xf4\x90")}, 1000},
        {"in a fragment, more to come",
         {SAY(OPCODE_TEXT, GREEK), SAY(OPCODE_CONTINUATION, "\xf4\x90")},
         2},
        {"C0", {SAY(OPCODE_TEXT, "\xc0")}, 100},
        {"half a surrogate", {SAY(OPCODE_TEXT, "\xed\xa0")}, 100},
        {"after a cut character",
         {SAY(OPCODE_TEXT, "\xe2"), SAY(OPCODE_CONTINUATION, "\x82"),
          SAY(OPCODE_CONTINUATION, "\x20")},
         50},
        {"far after ASCII",
         {SAY(OPCODE_TEXT, "0123456789012345678901234567890123456789012345678901234567890123\xff")},
         70000},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t out[512];
        size_t bytes = 0;
        struct client client;

        for (size_t j = 0; j < 3 && rows[i].sent[j].present; j++) {
            const struct said *said = &rows[i].sent[j];
            bool last = j == 2 || !rows[i].sent[j + 1].present;

            bytes +=
                compose_header(out + bytes, said->first, last ? rows[i].announced : said->bytes);
            for (size_t k = 0; k < said->bytes; k++)
                out[bytes++] = (uint8_t)((uint8_t)said->payload[k] ^ mask_key(k));
        }
        if (!client_open(&client, server.port))
            return;
        client_send(&client, out, bytes);
        check_close(&client, "\x03\xeftext is not UTF-8", 19, rows[i].name);
        client_close(&client);
    }
}

/* A long text, with one wrong byte at a place that no boundary favours. */
static void a_wrong_byte_is_found_in_long_text(void)
{
    static const size_t places[] = {0, 15, 16, 31, 4095, 65535, 65536, 262143, 262144, 299999};
    enum { BYTES = 300000 };
    char *text = malloc(BYTES);

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct client client;

        memset(text, 'a', BYTES);
        text[places[i]] = '\x80';
        if (!client_open(&client, server.port))
            break;
        client_send_frame(&client, FIN | OPCODE_TEXT, text, BYTES);
        check_close(&client, "\x03\xeftext is not UTF-8", 19, "long text");
        client_close(&client);
    }
    free(text);
}

static CU_TestInfo tests[] = {
    TEST(text_that_is_utf8_comes_back),
    TEST(text_that_is_not_utf8_is_answered_1007),
    TEST(the_first_impossible_byte_ends_it),
    TEST(a_wrong_byte_is_found_in_long_text),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"text", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
