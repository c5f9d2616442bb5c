/* Frames that arrive together with the opening handshake, or with its end (RFC 6455 section 4.1).
 */

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "library.h"
#include "runner.h"
#include "server.h"

SUITE_SERVER(ON_FREE_PORT ", \"echo\": { \"compression\": \"on\", \"subprotocols\": [\"chat\"] }")

#define MESSAGES_MAX 40

/* What follows the handshake: messages whose bytes tell their places, not compressed. */
struct input {
    const char *name;
    const char *headers; /* that the response answers, so that it is longer */
    size_t message_bytes;
    size_t messages;
};

static const struct input inputs[] = {
    {"one byte", "", 1, 1},
    {"a small message", "", 100, 1},
    {"a message behind byte 384", "", 1000, 1},
    {"a large message", "", 60000, 1},
    {"many messages", "", 1000, MESSAGES_MAX},
    {"messages without payload", "", 0, MESSAGES_MAX},
    {"with a longer response",
     "Sec-WebSocket-Protocol: chat\r\n"
     "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n",
     2000, 20},
};

static uint8_t byte_at(size_t message, size_t place)
{
    return (uint8_t)(message * 7 + place * 31 + (place >> 8));
}

/* Composes handshake and messages; sets *@head_bytes to the size of the former. To be freed. */
static uint8_t *compose(const struct input *input, size_t *head_bytes, size_t *bytes)
{
    uint8_t *all = malloc(1024 + input->messages * (input->message_bytes + 14));
    uint8_t *payload = malloc(input->message_bytes + 1);

    if (!all || !payload)
        abort();
    *head_bytes = *bytes = (size_t)snprintf(
        (char *)all, 1024,
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
        input->headers);
    for (size_t i = 0; i < input->messages; i++) {
        for (size_t k = 0; k < input->message_bytes; k++)
            payload[k] = byte_at(i, k);
        *bytes += compose_frame(all + *bytes, FIN | OPCODE_BINARY, payload, input->message_bytes);
    }
    free(payload);

    return all;
}

/* Reads the response's head, and leaves what follows it. */
static bool read_accepted(struct client *client)
{
    static const char accepted[] = "HTTP/1.1 101 ";
    uint8_t *end = NULL;
    size_t head_bytes;

    while (!(end = client->input_bytes >= 4
                       ? memmem(client->input, client->input_bytes, "\r\n\r\n", 4)
                       : NULL))
        if (client_receive(client) != READ_OK)
            return false;
    head_bytes = (size_t)(end + 4 - client->input);
    if (head_bytes < sizeof(accepted) - 1 ||
        memcmp(client->input, accepted, sizeof(accepted) - 1) != 0)
        return false;
    client->input_bytes -= head_bytes;
    memmove(client->input, client->input + head_bytes, client->input_bytes);

    return true;
}

/* Says whether all messages of @input come back as they were sent. */
static bool come_back(struct client *client, const struct input *input)
{
    for (size_t i = 0; i < input->messages; i++) {
        struct message message;
        bool same;

        if (client_read_message(client, &message) != READ_OK)
            return false;
        same = message.opcode == OPCODE_BINARY && message.bytes == input->message_bytes;
        for (size_t k = 0; same && k < message.bytes; k++)
            same = message.payload[k] == byte_at(i, k);
        message_free(&message);
        if (!same)
            return false;
    }

    return true;
}

/* Sends handshake and messages in two pieces, of which the first has @first bytes. */
static bool echoes(const struct input *input, const uint8_t *all, size_t bytes, size_t first)
{
    struct client client;
    struct client witness;
    bool same;

    if (!client_connect(&client, server.port))
        return false;
    client_send(&client, all, first);
    if (first < bytes) {
        /* the server has read the first piece when it answers another connection */
        if (client_open(&witness, server.port)) {
            wait_settled(&client, &witness);
            client_say_goodbye(&witness);
        }
        client_send_reading(&client, all + first, bytes - first);
    }
    same = read_accepted(&client) && come_back(&client, input);
    client_close(&client);

    return same;
}

static void frames_behind_the_handshake_are_echoed_as_they_came(void)
{
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        size_t head_bytes;
        size_t bytes;
        uint8_t *all = compose(&inputs[i], &head_bytes, &bytes);

        if (library_has(LIMIT_INPUT_BEHIND_HANDSHAKE))
            CHECK_ROW(echoes(&inputs[i], all, bytes, bytes) == (bytes <= 384), inputs[i].name);
        else
            CHECK_ROW(echoes(&inputs[i], all, bytes, bytes), inputs[i].name);
        free(all);
    }
}

/* The end of the handshake comes with the frames, as from a proxy that sends what it has. */
static void frames_behind_the_end_of_the_handshake_are_echoed_as_they_came(void)
{
    static const size_t from_end[] = {150, 100, 40, 4, 3, 2, 1, 0};

    if (library_has(LIMIT_INPUT_BEHIND_HANDSHAKE))
        return; /* it takes the frames for others, or not, as they fall */
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        size_t head_bytes;
        size_t bytes;
        uint8_t *all = compose(&inputs[i], &head_bytes, &bytes);

        for (size_t k = 0; k < sizeof(from_end) / sizeof(from_end[0]); k++)
            CHECK_ROW(echoes(&inputs[i], all, bytes, head_bytes - from_end[k]), inputs[i].name);
        /* a frame's header is cut, too */
        CHECK_ROW(echoes(&inputs[i], all, bytes, head_bytes + 1), inputs[i].name);
        free(all);
    }
}

static CU_TestInfo tests[] = {
    TEST(frames_behind_the_handshake_are_echoed_as_they_came),
    TEST(frames_behind_the_end_of_the_handshake_are_echoed_as_they_came),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"coalesced", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
