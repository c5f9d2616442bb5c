#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"

#define SAID_MAX (sizeof(((struct conversation *)NULL)->sent) / sizeof(struct said))
#define MESSAGE_MAX ((size_t)1024)
#define HEARD_MAX (sizeof(((struct conversation *)NULL)->heard) / sizeof(struct said))

enum delivery {
    DELIVERY_WHOLE,
    DELIVERY_FRAMES,
    DELIVERY_BYTES,
    DELIVERIES,
};

/* What has come so far. */
struct listening {
    const struct conversation *row;
    const char *name;
    bool in_order;
    bool came[HEARD_MAX];
    uint8_t message[MESSAGE_MAX]; /* put together from its frames */
    size_t message_bytes;
    unsigned opcode;
};

static void send_all(struct client *client, const struct conversation *row, enum delivery delivery)
{
    uint8_t *out = malloc(1);
    size_t used = 0;

    for (size_t i = 0; i < SAID_MAX && row->sent[i].present; i++) {
        const struct said *said = &row->sent[i];

        out = realloc(out, used + said->bytes + 14);
        if (said->raw)
            memcpy(out + used, said->payload, said->bytes);
        used += said->raw ? said->bytes
                          : compose_frame(out + used, said->first, said->payload, said->bytes);
        if (delivery == DELIVERY_FRAMES) {
            client_send(client, out, used); /* may fail after an error */
            used = 0;
        }
    }
    if (delivery == DELIVERY_WHOLE)
        client_send(client, out, used);
    for (size_t i = 0; delivery == DELIVERY_BYTES && i < used; i++)
        client_send(client, out + i, 1);
    free(out);
}

static bool is_control(unsigned opcode)
{
    return opcode & 0x8;
}

/* Returns the first expected one, of its kind or of all, that has not come, or NULL. */
static const struct said *expected(struct listening *listening, unsigned opcode)
{
    for (size_t i = 0; i < HEARD_MAX && listening->row->heard[i].present; i++) {
        const struct said *said = &listening->row->heard[i];

        if (!listening->came[i] &&
            (listening->in_order || is_control(said->first) == is_control(opcode))) {
            listening->came[i] = true;
            return said;
        }
    }

    return NULL;
}

static bool all_came(const struct listening *listening)
{
    for (size_t i = 0; i < HEARD_MAX && listening->row->heard[i].present; i++)
        if (!listening->came[i])
            return false;

    return true;
}

static void hear(struct listening *listening, unsigned opcode, const uint8_t *payload, size_t bytes)
{
    const struct said *said = expected(listening, opcode);

    CHECK_ROW(said != NULL, listening->name);
    if (!said)
        return;
    CHECK_ROW(opcode == said->first, listening->name);
    CHECK_ROW(bytes == said->bytes, listening->name);
    CHECK_ROW(bytes != said->bytes || !bytes || !memcmp(payload, said->payload, bytes),
              listening->name);
}

static void hear_frame(struct listening *listening, const struct received_frame *frame)
{
    if (is_control(frame->opcode)) {
        hear(listening, frame->opcode, frame->payload, frame->bytes);
        return;
    }
    if (frame->opcode != OPCODE_CONTINUATION) {
        listening->message_bytes = 0;
        listening->opcode = frame->opcode;
    }
    CHECK_ROW(listening->message_bytes + frame->bytes <= MESSAGE_MAX, listening->name);
    if (listening->message_bytes + frame->bytes > MESSAGE_MAX)
        return;
    memcpy(listening->message + listening->message_bytes, frame->payload, frame->bytes);
    listening->message_bytes += frame->bytes;
    if (frame->fin)
        hear(listening, listening->opcode, listening->message, listening->message_bytes);
}

static void check_end_of(struct client *client, const struct listening *listening,
                         enum read_result result, const struct received_frame *frame,
                         unsigned close)
{
    struct received_frame more;

    CHECK_ROW(all_came(listening), listening->name);
    CHECK_ROW(result == READ_OK, listening->name);
    if (result != READ_OK)
        return;
    CHECK_ROW(frame->opcode == OPCODE_CLOSE && frame->fin && frame->bytes >= 2, listening->name);
    CHECK_ROW(frame->bytes >= 2 && (unsigned)(frame->payload[0] << 8 | frame->payload[1]) == close,
              listening->name);
    CHECK_ROW(client_read_frame(client, &more) == READ_END, listening->name);
}

static void check_conversation(uint16_t port, const char *headers,
                               const struct conversation *conversation, enum delivery delivery,
                               bool in_order)
{
    static const char *const deliveries[] = {"in one write", "by frames", "by bytes"};
    struct listening listening = {.row = conversation, .in_order = in_order};
    enum read_result result = READ_OK;
    unsigned close = conversation->close;
    struct client client;
    struct received_frame frame = {.opcode = 0};
    char name[160];

    snprintf(name, sizeof(name), "%s (%s)", conversation->name, deliveries[delivery]);
    listening.name = name;
    if (!client_open_with(&client, port, headers))
        return;

    send_all(&client, conversation, delivery);
    while ((close || !all_came(&listening)) && result == READ_OK) {
        result = client_read_frame(&client, &frame);
        if (result == READ_OK && frame.opcode == OPCODE_CLOSE)
            break;
        if (result == READ_OK)
            hear_frame(&listening, &frame);
    }
    if (!close) {
        /* the connection works, and nothing else was on the way */
        close = 1000;
        client_send_frame(&client, FIN | OPCODE_CLOSE, "\x03\xe8", 2);
        result = client_read_frame(&client, &frame);
    }
    check_end_of(&client, &listening, result, &frame, close);
    client_close(&client);
}

static void check_all(uint16_t port, const char *headers, const struct conversation *rows,
                      size_t count, bool in_order)
{
    for (size_t i = 0; i < count; i++)
        for (int delivery = 0; delivery < DELIVERIES; delivery++)
            check_conversation(port, headers, &rows[i], (enum delivery)delivery, in_order);
}

void check_conversations(uint16_t port, const struct conversation *rows, size_t count)
{
    check_all(port, "", rows, count, false);
}

void check_conversations_with(uint16_t port, const char *headers, const struct conversation *rows,
                              size_t count)
{
    check_all(port, headers, rows, count, false);
}

void check_ordered_conversations(uint16_t port, const struct conversation *rows, size_t count)
{
    check_all(port, "", rows, count, true);
}
