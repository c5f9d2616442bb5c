/*
 * Sessions that share a cork: whatever pieces messages come in, and whenever the cork is handed on,
 * the peers get the messages of a reference echo.
 */

#include <string.h>

#include "core/cork.h"
#include "core/session.h"
#include "fuzz.h"
#include "reference.h"

#define PEERS 3
#define PIECE_MAX 20000
#define MAX_MESSAGE 30000

/* Bytes that grow. */
struct bytes {
    uint8_t *data;
    size_t count;
};

struct peer {
    struct session session;
    struct bytes out;      /* frames that it gets */
    struct bytes expected; /* messages: a byte for the type, and of the end, around the payload */
    struct bytes got;
    struct reference_utf8 utf8;
    uint64_t message_bytes;
    bool in_message;
    bool binary;
    bool over;
};

static void append(struct bytes *to, const void *data, size_t count)
{
    to->data = realloc(to->data, to->count + count + 1);
    FUZZ_CHECK(to->data);
    if (count)
        memcpy(to->data + to->count, data, count);
    to->count += count;
}

static void append_byte(struct bytes *to, uint8_t byte)
{
    append(to, &byte, 1);
}

static void hand_on(struct cork *cork)
{
    struct peer *owner = cork->owner;
    size_t count;
    const uint8_t *taken = cork_take(cork, &count);

    FUZZ_CHECK(owner || !count);
    if (owner)
        append(&owner->out, taken, count);
}

static void put(struct cork *cork, struct peer *peer, struct frame frame, const void *payload,
                size_t count)
{
    if (cork->owner != peer)
        hand_on(cork);
    cork->owner = peer;
    FUZZ_CHECK(!cork_append(cork, frame, payload, count));
    if (cork_is_full(cork))
        hand_on(cork);
}

/* The code that a reference finds for a piece, or 0. */
static unsigned judge(struct peer *peer, const struct piece *piece, uint64_t max)
{
    const uint8_t *payload = piece->payload;

    if (piece->first) {
        peer->message_bytes = 0;
        peer->utf8 = (struct reference_utf8){.count = 0};
    }
    peer->message_bytes += piece->bytes;
    if (max && peer->message_bytes + piece->frame_left_bytes > max)
        return CLOSE_TOO_BIG;
    for (size_t i = 0; i < piece->bytes && !piece->binary; i++)
        if (!reference_utf8_take(&peer->utf8, payload[i]))
            return CLOSE_INVALID_PAYLOAD;

    return piece->binary || !piece->final || reference_utf8_is_whole(&peer->utf8)
               ? 0
               : CLOSE_INVALID_PAYLOAD;
}

static void receive(struct cork *cork, struct peer *peer, struct fuzz_input *input, uint64_t max)
{
    unsigned what = fuzz_byte(input);
    size_t count = fuzz_byte(input) | fuzz_byte(input) << 8;
    uint8_t *payload;
    struct piece piece = {
        .first = !peer->in_message,
        .final = what & 1,
        .binary = peer->in_message ? peer->binary : (what & 2) != 0,
    };
    const struct fault *fault;
    unsigned code;

    count = what & 4 ? count % PIECE_MAX : count % 16;
    payload = fuzz_copy(input, &count);
    piece.payload = payload;
    piece.bytes = count;
    if (!piece.final && what & 8)
        piece.frame_left_bytes = what >> 4;
    code = judge(peer, &piece, max);
    fault = session_take(&peer->session, &piece, max);
    FUZZ_CHECK((fault ? fault->code : 0) == code);
    peer->over |= fault != NULL;
    if (!fault) {
        put(cork, peer, session_frame(&piece), payload, count);
        if (piece.first)
            append_byte(&peer->expected, piece.binary ? 2 : 1);
        append(&peer->expected, payload, count);
        if (piece.final)
            append_byte(&peer->expected, 0xff);
        peer->in_message = !piece.final;
        peer->binary = piece.binary;
    }
    free(payload);
}

static void close_by(struct cork *cork, struct peer *peer, struct fuzz_input *input)
{
    size_t count = fuzz_byte(input) % (FRAME_CONTROL_PAYLOAD_MAX + 1);
    uint8_t *payload = fuzz_copy(input, &count);
    unsigned code = reference_close_answer(payload, count);
    struct close_payload answer;

    FUZZ_CHECK(session_peer_close(&peer->session, payload, count, &answer));
    FUZZ_CHECK(answer.bytes >= 2 && answer.bytes <= FRAME_CONTROL_PAYLOAD_MAX);
    FUZZ_CHECK(((unsigned)answer.payload[0] << 8 | answer.payload[1]) == code);
    FUZZ_CHECK(!session_echoes(&peer->session));
    put(cork, peer, (struct frame){.opcode = OPCODE_CLOSE, .fin = true}, answer.payload,
        answer.bytes);
    peer->over = true;
    free(payload);
}

/* Reads the frames that a peer got as a client does, and checks that they are in order. */
static void read_frames(struct peer *peer)
{
    const uint8_t *data = peer->out.data;
    size_t left = peer->out.count;
    bool in_message = false;

    while (left) {
        unsigned opcode;
        size_t header = 2;
        uint64_t count;

        FUZZ_CHECK(left >= 2 && !(data[0] & 0x70) && !(data[1] & 0x80));
        opcode = data[0] & 0x0f;
        count = data[1];
        if (count >= 126) {
            size_t extended = count == 126 ? 2 : 8;

            header += extended;
            FUZZ_CHECK(left >= header);
            count = 0;
            for (size_t i = 0; i < extended; i++)
                count = count << 8 | data[2 + i];
            FUZZ_CHECK(count > (extended == 2 ? 125 : 65535));
        }
        FUZZ_CHECK(left - header >= count);
        if (opcode == OPCODE_CLOSE) {
            FUZZ_CHECK(left == header + count && data[0] & 0x80);
            return;
        }
        FUZZ_CHECK(in_message ? opcode == 0 : opcode == 1 || opcode == 2);
        if (!in_message)
            append_byte(&peer->got, (uint8_t)opcode);
        append(&peer->got, data + header, count);
        in_message = !(data[0] & 0x80);
        if (!in_message)
            append_byte(&peer->got, 0xff);
        data += header + count;
        left -= header + count;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = {data, bytes};
    struct peer peers[PEERS] = {{.over = false}};
    uint64_t max = fuzz_byte(&input) & 1 ? MAX_MESSAGE : 0;
    struct cork cork;

    FUZZ_CHECK(!cork_init(&cork, PIECE_MAX));
    while (input.bytes) {
        unsigned what = fuzz_byte(&input);
        struct peer *peer = &peers[what % PEERS];

        if (what >= 0xf0)
            hand_on(&cork);
        else if (!peer->over && what >= 0xe0)
            close_by(&cork, peer, &input);
        else if (!peer->over)
            receive(&cork, peer, &input, max);
    }
    hand_on(&cork);
    for (size_t i = 0; i < PEERS; i++) {
        read_frames(&peers[i]);
        FUZZ_CHECK(peers[i].got.count == peers[i].expected.count);
        FUZZ_CHECK(!peers[i].got.count ||
                   !memcmp(peers[i].got.data, peers[i].expected.data, peers[i].got.count));
        free(peers[i].out.data);
        free(peers[i].expected.data);
        free(peers[i].got.data);
    }
    cork_fini(&cork);

    return 0;
}
