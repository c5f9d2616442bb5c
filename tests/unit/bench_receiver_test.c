#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "check_text.h"
#include "frames.h"
#include "receiver.h"
#include "runner.h"

#define STREAM_MAX ((size_t)1 << 20)

/* The size of most messages below: the number fits, and the length into seven bits. */
#define SIZE ((size_t)20)

/* What a server sends. */
struct stream {
    uint8_t *bytes;
    size_t size;
};

/* What a receiver made of it. */
struct outcome {
    enum receiver_result result;
    uint64_t received;
    unsigned pings;
    char fault[160];
};

static struct stream stream_new(void)
{
    struct stream stream = {.bytes = malloc(STREAM_MAX)};

    if (!stream.bytes)
        abort();

    return stream;
}

static void add(struct stream *stream, const void *bytes, size_t size)
{
    if (stream->size + size > STREAM_MAX)
        abort();
    if (size)
        memcpy(stream->bytes + stream->size, bytes, size);
    stream->size += size;
}

static void add_frame(struct stream *stream, unsigned first, const void *payload, size_t bytes)
{
    uint8_t header[FRAME_HEADER_MAX];

    add(stream, header, frames_header(header, first, bytes));
    add(stream, payload, bytes);
}

/* Adds the bytes @from up to @to of the message with the number @sequence, in a frame. */
static void add_part(struct stream *stream, const struct frames *frames, unsigned first,
                     uint64_t sequence, size_t from, size_t to)
{
    uint8_t *payload = malloc(frames->payload.size + 1);
    uint64_t digits = image_digits(&frames->payload, sequence);

    if (!payload)
        abort();
    memcpy(payload, frames->payload.bytes, frames->payload.size);
    memcpy(payload, &digits, frames->payload.digits);
    add_frame(stream, first, payload + from, to - from);
    free(payload);
}

/* Gives the stream to a receiver in pieces: @first bytes, then @step each. */
static struct outcome receive(struct receiver *receiver, const struct stream *stream, size_t first,
                              size_t step)
{
    struct outcome outcome = {.result = RECEIVER_DONE};
    size_t piece = first;

    for (size_t at = 0; at < stream->size; at += piece, piece = step) {
        /* a copy of its own size: a sanitizer sees what is read beyond */
        uint8_t *copy;
        const uint8_t *data;
        size_t bytes;

        if (piece > stream->size - at)
            piece = stream->size - at;
        bytes = piece;
        data = copy = malloc(piece + 1);
        if (!copy)
            abort();
        memcpy(copy, stream->bytes + at, piece);
        do {
            outcome.result = receiver_take(receiver, &data, &bytes);
            outcome.pings += outcome.result == RECEIVER_PING;
        } while (bytes && outcome.result == RECEIVER_PING);
        free(copy);
        if (outcome.result == RECEIVER_FAULT || outcome.result == RECEIVER_CLOSE)
            break;
    }
    outcome.received = receiver->received;
    snprintf(outcome.fault, sizeof(outcome.fault), "%s", receiver->fault);

    return outcome;
}

/* A piece of what the server sends: part of a message, or a control frame, or bytes as they are. */
struct piece {
    bool present;
    unsigned first;
    uint64_t sequence;
    size_t from;
    size_t to;
    const char *literal; /* of a control frame, or of bytes if first is 0 */
    size_t bytes;
};

#define WHOLE(sequence_)                                                                           \
    {                                                                                              \
        .present = true, .first = FRAME_FIN | FRAME_BINARY, .sequence = (sequence_), .to = SIZE    \
    }
#define PART(first_, sequence_, from_, to_)                                                        \
    {                                                                                              \
        .present = true, .first = (first_), .sequence = (sequence_), .from = (from_), .to = (to_)  \
    }
#define LITERAL(first_, text)                                                                      \
    {                                                                                              \
        .present = true, .first = (first_), .literal = (text), .bytes = sizeof(text) - 1           \
    }

struct row {
    const char *name;
    struct piece pieces[8];
    size_t flipped; /* the stream's byte at this place minus one is another; 0: none */
    uint64_t received;
    const char *fault; /* its beginning */
    enum receiver_result result;
    unsigned pings;
};

static struct stream compose(const struct frames *frames, const struct row *row)
{
    struct stream stream = stream_new();

    for (const struct piece *piece = row->pieces; piece->present; piece++) {
        if (piece->literal && piece->first)
            add_frame(&stream, piece->first, piece->literal, piece->bytes);
        else if (piece->literal)
            add(&stream, piece->literal, piece->bytes);
        else
            add_part(&stream, frames, piece->first, piece->sequence, piece->from, piece->to);
    }
    if (row->flipped)
        stream.bytes[row->flipped - 1] ^= 0x01;

    return stream;
}

static void check_outcome(const struct row *row, const struct outcome *outcome, size_t split,
                          size_t step)
{
    char name[160];
    char fault[160];

    snprintf(name, sizeof(name), "%s, split at %zu, then by %zu", row->name, split, step);
    CHECK_ROW(outcome->result == row->result, name);
    CHECK_ROW(outcome->received == row->received, name);
    CHECK_ROW(outcome->pings == row->pings, name);
    snprintf(fault, sizeof(fault), "%.*s", (int)strlen(row->fault ? row->fault : ""),
             outcome->fault);
    CHECK_TEXT(row->fault ? fault : outcome->fault, row->fault ? row->fault : "", name);
}

/* Checks the rows, where three messages were sent, with each stream whole, cut in two at every
 * place, and a byte at a time. */
static void check_rows(const struct row *rows, size_t count)
{
    struct receiver_rules rules;
    struct frames frames;

    CU_ASSERT_EQUAL_FATAL(frames_init(&frames, PAYLOAD_BINARY, SIZE, 1, false), 0);
    CU_ASSERT_EQUAL_FATAL(receiver_rules_init(&rules, &frames, false, false), 0);
    for (size_t i = 0; i < count; i++) {
        struct stream stream = compose(&frames, &rows[i]);

        for (size_t split = 0; split <= stream.size; split++) {
            struct receiver receiver;
            struct outcome outcome;
            size_t step = split ? stream.size : 1;

            receiver_init(&receiver, &rules);
            receiver.begun = 3;
            outcome = receive(&receiver, &stream, split, step);
            check_outcome(&rows[i], &outcome, split, step);
            receiver_fini(&receiver);
        }
        free(stream.bytes);
    }
    receiver_rules_fini(&rules);
    frames_fini(&frames);
}

static void right_echoes_are_taken(void)
{
    static const struct row rows[] = {
        {.name = "nothing", .pieces = {{0}}},
        {.name = "one", .pieces = {WHOLE(0)}, .received = 1},
        {.name = "three", .pieces = {WHOLE(0), WHOLE(1), WHOLE(2)}, .received = 3},
        {.name = "in fragments",
         .pieces = {WHOLE(0), PART(FRAME_BINARY, 1, 0, 3), PART(FRAME_CONTINUATION, 1, 3, 4),
                    PART(FRAME_FIN, 1, 4, SIZE), WHOLE(2)},
         .received = 3},
        {.name = "in fragments, the first and the last empty",
         .pieces = {PART(FRAME_BINARY, 0, 0, 0), PART(FRAME_CONTINUATION, 0, 0, SIZE),
                    PART(FRAME_FIN, 0, SIZE, SIZE), WHOLE(1)},
         .received = 2},
        {.name = "Pings between messages and fragments",
         .pieces = {LITERAL(FRAME_FIN | FRAME_PING, "a"), WHOLE(0), PART(FRAME_BINARY, 1, 0, 9),
                    LITERAL(FRAME_FIN | FRAME_PING, ""), PART(FRAME_FIN, 1, 9, SIZE),
                    LITERAL(FRAME_FIN | FRAME_PONG, "unasked"), WHOLE(2)},
         .received = 3,
         .pings = 2},
        {.name = "a Close",
         .pieces = {WHOLE(0), LITERAL(FRAME_FIN | FRAME_CLOSE, "\x03\xe8")},
         .result = RECEIVER_CLOSE,
         .received = 1},
        {.name = "the half of one", .pieces = {PART(FRAME_BINARY, 0, 0, 9)}},
    };

    check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void wrong_echoes_are_named(void)
{
    static const struct row rows[] = {
        {.name = "a wrong byte",
         .pieces = {WHOLE(0), WHOLE(1), WHOLE(2)},
         .flipped = (2 + SIZE) + 2 + 13 + 1,
         .result = RECEIVER_FAULT,
         .received = 1,
         .fault = "message 1: byte 13 of 20: expected 0x"},
        {.name = "a wrong last byte, in a fragment",
         .pieces = {PART(FRAME_BINARY, 0, 0, 19), PART(FRAME_FIN, 0, 19, SIZE)},
         .flipped = 2 + 19 + 2 + 1,
         .result = RECEIVER_FAULT,
         .fault = "message 0: byte 19 of 20: expected 0x"},
        {.name = "a lost message",
         .pieces = {WHOLE(0), WHOLE(2)},
         .result = RECEIVER_FAULT,
         .received = 1,
         .fault = "message 1: byte 7 of 20, in its number: expected 0x31 and got 0x32"},
        {.name = "wrong order",
         .pieces = {WHOLE(1), WHOLE(0)},
         .result = RECEIVER_FAULT,
         .fault = "message 0: byte 7 of 20, in its number: expected 0x30 and got 0x31"},
        {.name = "twice the same",
         .pieces = {WHOLE(0), WHOLE(0)},
         .result = RECEIVER_FAULT,
         .received = 1,
         .fault = "message 1: byte 7 of 20, in its number: expected 0x31 and got 0x30"},
        {.name = "one too many",
         .pieces = {WHOLE(0), WHOLE(1), WHOLE(2), WHOLE(3)},
         .result = RECEIVER_FAULT,
         .received = 3,
         .fault = "message 3: it came, but only 3 were sent"},
        {.name = "too short",
         .pieces = {PART(FRAME_FIN | FRAME_BINARY, 0, 0, 19), WHOLE(1)},
         .result = RECEIVER_FAULT,
         .fault = "message 0: it ended after 19 of 20 bytes"},
        {.name = "too long",
         .pieces = {PART(FRAME_BINARY, 0, 0, SIZE), LITERAL(FRAME_FIN, "x")},
         .result = RECEIVER_FAULT,
         .fault = "message 0: longer than its 20 bytes"},
    };

    check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void wrong_frames_are_named(void)
{
    static const struct row rows[] = {
        {.name = "text for binary",
         .pieces = {PART(FRAME_FIN | FRAME_TEXT, 0, 0, SIZE)},
         .result = RECEIVER_FAULT,
         .fault = "message 0: expected a frame with opcode 0x2 and got one with 0x1"},
        {.name = "a continuation of nothing",
         .pieces = {WHOLE(0), PART(FRAME_FIN, 1, 0, SIZE)},
         .result = RECEIVER_FAULT,
         .received = 1,
         .fault = "message 1: expected a frame with opcode 0x2 and got one with 0x0"},
        {.name = "a message inside another",
         .pieces = {PART(FRAME_BINARY, 0, 0, 9), PART(FRAME_FIN | FRAME_BINARY, 0, 9, SIZE)},
         .result = RECEIVER_FAULT,
         .fault = "message 0: expected a frame with opcode 0x0 and got one with 0x2"},
        {.name = "RSV1 where compression was not agreed on",
         .pieces = {PART(FRAME_FIN | FRAME_RSV1 | FRAME_BINARY, 0, 0, SIZE)},
         .result = RECEIVER_FAULT,
         .fault = "message 0: a frame has reserved bits that were not agreed on: 0xc2"},
        {.name = "a masked frame",
         .pieces = {LITERAL(0, "\x82\x94"
                               "key ")},
         .result = RECEIVER_FAULT,
         .fault = "message 0: a frame is masked, which a server must not do"},
        {.name = "a length of 16 bits that fits into 7",
         .pieces = {LITERAL(0, "\x82\x7e\x00\x14")},
         .result = RECEIVER_FAULT,
         .fault = "message 0: a frame's length, 20, is not in its shortest form"},
        {.name = "a length of 64 bits that fits into 16",
         .pieces = {LITERAL(0, "\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff")},
         .result = RECEIVER_FAULT,
         .fault = "message 0: a frame's length, 65535, is not in its shortest form"},
        {.name = "an unknown opcode",
         .pieces = {LITERAL(0, "\x83\x00")},
         .result = RECEIVER_FAULT,
         .fault = "message 0: expected a frame with opcode 0x2 and got one with 0x3"},
        {.name = "an unknown control frame",
         .pieces = {LITERAL(0, "\x8b\x00")},
         .result = RECEIVER_FAULT,
         .fault = "message 0: a frame has the unknown opcode 0xb"},
        {.name = "a Ping in fragments",
         .pieces = {LITERAL(0, "\x09\x01")},
         .result = RECEIVER_FAULT,
         .fault = "message 0: a control frame is fragmented or too long"},
        {.name = "a Ping of 126 bytes",
         .pieces = {LITERAL(0, "\x89\x7e\x00\x7e")},
         .result = RECEIVER_FAULT,
         .fault = "message 0: a control frame is fragmented or too long"},
    };

    check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void a_ping_tells_its_payload(void)
{
    struct receiver receiver;
    struct receiver_rules rules;
    struct frames frames;
    struct stream stream = stream_new();

    CU_ASSERT_EQUAL_FATAL(frames_init(&frames, PAYLOAD_BINARY, SIZE, 1, false), 0);
    CU_ASSERT_EQUAL_FATAL(receiver_rules_init(&rules, &frames, false, false), 0);
    add_frame(&stream, FRAME_FIN | FRAME_PING, "marco", 5);
    receiver_init(&receiver, &rules);
    CU_ASSERT_EQUAL(receive(&receiver, &stream, 3, 1).result, RECEIVER_PING);
    CU_ASSERT_EQUAL(receiver.control_bytes, 5);
    CU_ASSERT_EQUAL(memcmp(receiver.control, "marco", 5), 0);
    free(stream.bytes);
    receiver_rules_fini(&rules);
    frames_fini(&frames);
}

/* Checks @messages echoes of @size bytes in each type, whole and in pieces of several sizes. */
static void check_size(size_t size, bool raw)
{
    static const size_t steps[] = {1, 2, 7, 1000, 65536, STREAM_MAX};
    static const uint64_t messages = 3;
    char row[64];

    for (enum payload_type type = PAYLOAD_BINARY; type <= PAYLOAD_MULTIBYTE; type++) {
        struct frames frames;
        struct receiver_rules rules;
        struct stream stream = stream_new();

        CU_ASSERT_EQUAL_FATAL(frames_init(&frames, type, size, 1, false), 0);
        CU_ASSERT_EQUAL_FATAL(receiver_rules_init(&rules, &frames, raw, false), 0);
        for (uint64_t i = 0; i < messages; i++) {
            if (raw)
                add(&stream, frames_train(&frames, i, 1), frames.frame.size);
            else
                add_part(&stream, &frames, FRAME_FIN | (unsigned)frames.opcode, i, 0, size);
        }
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
            struct receiver receiver;
            struct outcome outcome;

            snprintf(row, sizeof(row), "%zu bytes%s, by %zu", size, raw ? " raw" : "", steps[i]);
            receiver_init(&receiver, &rules);
            receiver.begun = messages;
            outcome = receive(&receiver, &stream, steps[i], steps[i]);
            CHECK_TEXT(outcome.fault, "", row);
            CHECK_ROW(outcome.received == messages, row);
        }
        free(stream.bytes);
        receiver_rules_fini(&rules);
        frames_fini(&frames);
    }
}

static void messages_of_any_size_are_taken(void)
{
    static const size_t sizes[] = {0, 1, 7, 8, 9, 125, 126, 65535, 65536, 100000};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check_size(sizes[i], false);
        check_size(sizes[i], true);
    }
}

static void raw_bytes_are_compared_one_by_one(void)
{
    struct receiver_rules rules;
    struct frames frames;
    struct stream stream = stream_new();
    char wanted[64];

    CU_ASSERT_EQUAL_FATAL(frames_init(&frames, PAYLOAD_ASCII, SIZE, 2, false), 0);
    CU_ASSERT_EQUAL_FATAL(receiver_rules_init(&rules, &frames, true, false), 0);
    add(&stream, frames_train(&frames, 0, 2), 2 * frames.frame.size);
    for (size_t at = 0; at < stream.size; at++) {
        for (size_t step = 1; step <= stream.size; step++) {
            struct receiver receiver;
            struct outcome outcome;

            stream.bytes[at] ^= 0x80;
            receiver_init(&receiver, &rules);
            receiver.begun = 2;
            outcome = receive(&receiver, &stream, step, step);
            snprintf(wanted, sizeof(wanted), "message %zu: byte %zu of %zu", at / frames.frame.size,
                     at % frames.frame.size, frames.frame.size);
            CHECK_ROW(outcome.result == RECEIVER_FAULT, wanted);
            CHECK_ROW(!strncmp(outcome.fault, wanted, strlen(wanted)), outcome.fault);
            stream.bytes[at] ^= 0x80;
        }
    }
    free(stream.bytes);
    receiver_rules_fini(&rules);
    frames_fini(&frames);
}

static void what_is_sent_is_what_is_expected_unmasked(void)
{
    static const uint64_t sequences[] = {0, 9, 10, 0xabcdef01, 0xffffffff, 0x100000000};
    static const size_t sizes[] = {0, 1, 5, 8, 64};

    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct frames frames;

        CU_ASSERT_EQUAL_FATAL(frames_init(&frames, PAYLOAD_ASCII, sizes[s], 1, false), 0);
        for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
            const uint8_t *frame = frames_train(&frames, sequences[i], 1);
            char number[24];
            char got[24] = "";
            size_t digits = sizes[s] < IMAGE_DIGITS_MAX ? sizes[s] : IMAGE_DIGITS_MAX;

            snprintf(number, sizeof(number), "%08x", (unsigned)sequences[i]);
            CU_ASSERT_EQUAL(frame[0], FRAME_FIN | FRAME_TEXT);
            CU_ASSERT_EQUAL(frame[1], FRAME_MASKED | sizes[s]);
            for (size_t byte = 0; byte < sizes[s]; byte++) {
                uint8_t plain = frame[6 + byte] ^ frame[2 + byte % 4];

                if (byte < digits)
                    got[byte] = (char)plain;
                else
                    CU_ASSERT_EQUAL(plain, frames.payload.bytes[byte]);
            }
            CHECK_TEXT(got, number + IMAGE_DIGITS_MAX - digits, number);
        }
        frames_fini(&frames);
    }
}

/* How a server compresses the echoes. */
enum reply {
    SAME_BYTES,
    WITH_CONTEXT,    /* one compressor for the connection */
    WITHOUT_CONTEXT, /* a new one for each message */
    MIXED,           /* the same bytes and its own, alternating: they refer to each other */
    NOT_COMPRESSED,
};

/* Adds the echo of a message as @stream_state compresses it, in fragments of @fragment bytes. */
static void add_deflated(struct stream *stream, const struct frames *frames, z_stream *deflater,
                         size_t fragment)
{
    size_t room = deflateBound(deflater, frames->payload.size) + 64;
    uint8_t *out = malloc(room);
    unsigned first = FRAME_RSV1 | (unsigned)frames->opcode;
    size_t bytes;

    if (!out)
        abort();
    deflater->next_in = (z_const Bytef *)frames->payload.bytes;
    deflater->avail_in = (uInt)frames->payload.size;
    deflater->next_out = out;
    deflater->avail_out = (uInt)room;
    CU_ASSERT_EQUAL(deflate(deflater, Z_SYNC_FLUSH), Z_OK);
    bytes = room - deflater->avail_out - 4;
    for (size_t at = 0; at < bytes; at += fragment, first = FRAME_CONTINUATION) {
        bool last = bytes - at <= fragment;

        add_frame(stream, first | (last ? FRAME_FIN : 0), out + at, last ? bytes - at : fragment);
    }
    free(out);
}

static struct stream compose_compressed(const struct frames *frames, enum reply reply,
                                        uint64_t messages)
{
    struct stream stream = stream_new();
    unsigned first = FRAME_FIN | (unsigned)frames->opcode;
    z_stream deflater = {0};

    CU_ASSERT_EQUAL_FATAL(deflateInit2(&deflater, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
                          Z_OK);
    for (uint64_t i = 0; i < messages; i++) {
        if (reply == NOT_COMPRESSED) {
            add_frame(&stream, first, frames->payload.bytes, frames->payload.size);
        } else if (reply == SAME_BYTES || (reply == MIXED && i % 2)) {
            add_frame(&stream, FRAME_RSV1 | first, frames->compressed.bytes,
                      frames->compressed.size);
            /* what the client then knows a compressor may refer to */
            deflateSetDictionary(&deflater, frames->payload.bytes, (uInt)frames->payload.size);
        } else {
            add_deflated(&stream, frames, &deflater, i % 2 ? 100 : STREAM_MAX);
            if (reply == WITHOUT_CONTEXT)
                deflateReset(&deflater);
        }
    }
    deflateEnd(&deflater);

    return stream;
}

static const struct {
    const char *name;
    enum reply reply;
    bool keeps_context;
} replies[] = {
    {"the same bytes", SAME_BYTES, false},
    {"the same bytes, with context", SAME_BYTES, true},
    {"its own, with context", WITH_CONTEXT, true},
    {"its own, without context", WITHOUT_CONTEXT, false},
    {"both, with context", MIXED, true},
    {"not compressed", NOT_COMPRESSED, true},
};

static void compressed_echoes_are_inflated(void)
{
    static const size_t sizes[] = {0, 1, 300, 5000, 70000};
    static const uint64_t messages = 4;
    char row[96];

    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct frames frames;
        struct receiver_rules rules;

        CU_ASSERT_EQUAL_FATAL(frames_init(&frames, PAYLOAD_ASCII, sizes[s], 1, true), 0);
        CU_ASSERT_EQUAL_FATAL(receiver_rules_init(&rules, &frames, false, true), 0);
        for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
            struct stream stream;

            /* zlib flushes nothing of an empty message a second time */
            if (!sizes[s] && replies[i].reply != SAME_BYTES && replies[i].reply != NOT_COMPRESSED)
                continue;
            stream = compose_compressed(&frames, replies[i].reply, messages);
            for (size_t step = 1; step <= STREAM_MAX; step *= 32) {
                struct receiver receiver;
                struct outcome outcome;

                snprintf(row, sizeof(row), "%s, %zu bytes, by %zu", replies[i].name, sizes[s],
                         step);
                receiver_init(&receiver, &rules);
                receiver.may_compress = true;
                receiver.keeps_context = replies[i].keeps_context;
                receiver.begun = messages;
                outcome = receive(&receiver, &stream, step, step);
                CHECK_TEXT(outcome.fault, "", row);
                CHECK_ROW(outcome.received == messages, row);
                receiver_fini(&receiver);
            }
            free(stream.bytes);
        }
        receiver_rules_fini(&rules);
        frames_fini(&frames);
    }
}

static void a_wrong_compressed_echo_is_named(void)
{
    struct frames frames;
    struct frames others;
    struct receiver_rules rules;
    struct receiver receiver;
    struct stream stream;
    struct outcome outcome;

    CU_ASSERT_EQUAL_FATAL(frames_init(&frames, PAYLOAD_ASCII, 5000, 1, true), 0);
    CU_ASSERT_EQUAL_FATAL(frames_init(&others, PAYLOAD_ASCII, 5000, 1, true), 0);
    CU_ASSERT_EQUAL_FATAL(receiver_rules_init(&rules, &frames, false, true), 0);
    others.payload_bytes[4321] = '!';
    stream = compose_compressed(&others, WITHOUT_CONTEXT, 1);
    receiver_init(&receiver, &rules);
    receiver.may_compress = true;
    receiver.begun = 1;
    outcome = receive(&receiver, &stream, 100, 100);
    CU_ASSERT_EQUAL(outcome.result, RECEIVER_FAULT);
    CU_ASSERT_EQUAL(strncmp(outcome.fault, "message 0: byte 4321 of 5000: expected 0x", 41), 0);
    receiver_fini(&receiver);

    memset(stream.bytes + 10, 0xff, 100);
    receiver_init(&receiver, &rules);
    receiver.may_compress = true;
    receiver.begun = 1;
    outcome = receive(&receiver, &stream, 4, STREAM_MAX);
    CU_ASSERT_EQUAL(outcome.result, RECEIVER_FAULT);
    CU_ASSERT_EQUAL(outcome.received, 0);
    receiver_fini(&receiver);

    free(stream.bytes);
    receiver_rules_fini(&rules);
    frames_fini(&frames);
    frames_fini(&others);
}

static void without_context_no_message_may_refer_to_another(void)
{
    struct frames frames;
    struct receiver_rules rules;
    struct receiver receiver;
    struct stream stream;
    struct outcome outcome;

    CU_ASSERT_EQUAL_FATAL(frames_init(&frames, PAYLOAD_ASCII, 5000, 1, true), 0);
    CU_ASSERT_EQUAL_FATAL(receiver_rules_init(&rules, &frames, false, true), 0);
    stream = compose_compressed(&frames, WITH_CONTEXT, 2);
    receiver_init(&receiver, &rules);
    receiver.may_compress = true;
    receiver.begun = 2;
    outcome = receive(&receiver, &stream, STREAM_MAX, STREAM_MAX);
    CU_ASSERT_EQUAL(outcome.result, RECEIVER_FAULT);
    CU_ASSERT_EQUAL(outcome.received, 1);
    CHECK_TEXT(outcome.fault, "message 1: it cannot be inflated: invalid distance too far back",
               "a reference to the message before");
    receiver_fini(&receiver);
    free(stream.bytes);
    receiver_rules_fini(&rules);
    frames_fini(&frames);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(right_echoes_are_taken),
        TEST(wrong_echoes_are_named),
        TEST(wrong_frames_are_named),
        TEST(a_ping_tells_its_payload),
        TEST(messages_of_any_size_are_taken),
        TEST(raw_bytes_are_compared_one_by_one),
        TEST(what_is_sent_is_what_is_expected_unmasked),
        TEST(compressed_echoes_are_inflated),
        TEST(a_wrong_compressed_echo_is_named),
        TEST(without_context_no_message_may_refer_to_another),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"bench_receiver", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
