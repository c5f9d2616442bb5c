/* How much a message may be, in bytes and in frames. */

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "runner.h"
#include "server.h"

#define MAX 1000

static struct server server;  /* without limits */
static struct server limited; /* messages of at most MAX bytes */

static int start(void)
{
    return server_start(&server, ON_FREE_PORT) &&
                   server_start(&limited, ON_FREE_PORT ", \"echo\": { \"max-message\": 1000 }")
               ? 0
               : 1;
}

static int stop(void)
{
    bool stopped = server_stop(&server);

    return server_stop(&limited) && stopped ? 0 : 1;
}

static const char too_big[] = "\x03\xf1message too big";

static void a_message_of_the_limit_comes_back(void)
{
    static const size_t sizes[] = {0, 1, MAX - 1, MAX, MAX, 5, MAX};
    uint8_t *payload = random_bytes(1, MAX);
    struct client client;

    if (client_open(&client, limited.port)) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
            check_echo(&client, OPCODE_BINARY, payload, sizes[i], "within the limit");
        client_say_goodbye(&client);
    }
    free(payload);
}

/* The header tells; the payload need not be sent (RFC 6455 section 7.4.1). */
static void a_larger_one_is_answered_1009_at_its_header(void)
{
    static const struct {
        const char *name;
        size_t fragments[3]; /* sent before, each with all its bytes */
        uint64_t announced;
        size_t sent; /* of the announced bytes */
    } rows[] = {
        {"one byte too much", {0}, MAX + 1, 1},
        {"a byte of 2^62", {0}, (uint64_t)1 << 62, 1},
        {"the last byte", {0}, MAX + 1, MAX + 1},
        {"in the second fragment", {MAX}, 1, 1},
        {"in the third fragment", {MAX - 1, 1}, 1, 1},
        {"in the fourth, announced", {400, 400, 200}, 100000, 1},
    };
    uint8_t out[4096];
    uint8_t *payload = random_bytes(2, MAX + 1);
    struct client client;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t bytes = compose_frame(out, FIN | OPCODE_TEXT, "owed", 4);
        unsigned opcode = OPCODE_BINARY;

        for (size_t j = 0; j < 3 && rows[i].fragments[j]; j++) {
            bytes += compose_frame(out + bytes, opcode, payload, rows[i].fragments[j]);
            opcode = OPCODE_CONTINUATION;
        }
        bytes += compose_header(out + bytes, FIN | opcode, rows[i].announced);
        for (size_t j = 0; j < rows[i].sent; j++)
            out[bytes++] = (uint8_t)(payload[j] ^ mask_key(j));

        if (!client_open(&client, limited.port))
            break;
        client_send(&client, out, bytes);
        check_message(&client, OPCODE_TEXT, "owed", 4, rows[i].name);
        check_close(&client, too_big, sizeof(too_big) - 1, rows[i].name);
        client_close(&client);
    }
    free(payload);
}

static void a_message_may_have_very_many_fragments(void)
{
    static const struct {
        const char *name;
        size_t fragment_bytes;
        size_t fragments;
    } rows[] = {
        {"65536 of 64 bytes", 64, 65536},
        {"10000 of a byte", 1, 10000},
        {"10000 of none", 0, 10000},
        {"16 of 256 KiB", 262144, 16},
    };
    struct client client;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const size_t piece = rows[i].fragment_bytes;
        const size_t size = piece * rows[i].fragments;
        uint8_t *payload = random_bytes((uint32_t)i, size);
        uint8_t *out = malloc(size + rows[i].fragments * 14);
        size_t bytes = 0;

        for (size_t j = 0; j < rows[i].fragments; j++)
            bytes += compose_frame(out + bytes,
                                   (j ? OPCODE_CONTINUATION : OPCODE_BINARY) |
                                       (j == rows[i].fragments - 1 ? FIN : 0u),
                                   payload + j * piece, piece);
        if (client_open(&client, server.port)) {
            CHECK_ROW(client_send_reading(&client, out, bytes), rows[i].name);
            check_message(&client, OPCODE_BINARY, payload, size, rows[i].name);
            client_say_goodbye(&client);
        }
        free(out);
        free(payload);
    }
}

/* Text of two-byte characters, so that most pieces cut one. */
static void a_text_of_16_mib_comes_back(void)
{
    enum { BYTES = 16 << 20 };
    uint8_t *text = malloc(BYTES);
    uint8_t *out = malloc(BYTES + 14);
    struct client client;

    text[0] = 'x';
    text[BYTES - 1] = 'y';
    for (size_t i = 1; i < BYTES - 1; i += 2) {
        text[i] = 0xc3;
        text[i + 1] = 0xa4;
    }
    if (client_open(&client, server.port)) {
        CU_ASSERT_TRUE(
            client_send_reading(&client, out, compose_frame(out, FIN | OPCODE_TEXT, text, BYTES)));
        check_message(&client, OPCODE_TEXT, text, BYTES, "16 MiB");
        client_say_goodbye(&client);
    }
    free(out);
    free(text);
}

static CU_TestInfo tests[] = {
    TEST(a_message_of_the_limit_comes_back),
    TEST(a_larger_one_is_answered_1009_at_its_header),
    TEST(a_message_may_have_very_many_fragments),
    TEST(a_text_of_16_mib_comes_back),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"limits", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
