#include "receiver.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRATCH_BYTES ((size_t)65536)

/* How far back DEFLATE can refer (RFC 1951). */
#define WINDOW_MAX_BYTES ((size_t)1 << MAX_WBITS)

/* What the sender removed from the end of a compressed message (RFC 7692 section 7.2.1). */
static const uint8_t deflate_tail[] = {0x00, 0x00, 0xff, 0xff};

/* Input that is not parsed yet. */
struct input {
    const uint8_t *data;
    size_t bytes;
};

static void skip(struct input *input, size_t bytes)
{
    input->data += bytes;
    input->bytes -= bytes;
}

static size_t least(size_t a, uint64_t b)
{
    return a < b ? a : (size_t)b;
}

int receiver_rules_init(struct receiver_rules *rules, const struct frames *frames, bool raw,
                        bool compressed)
{
    unsigned first = FRAME_FIN | (unsigned)frames->opcode;

    memset(rules, 0, sizeof(*rules));
    rules->message = raw ? &frames->frame : &frames->payload;
    rules->raw = raw;
    rules->opcode = frames->opcode;
    rules->header_bytes = raw ? 0 : frames_header(rules->header, first, rules->message->size);
    if (!compressed)
        return 0;

    rules->compressed = &frames->compressed;
    rules->compressed_header_bytes =
        frames_header(rules->compressed_header, FRAME_RSV1 | first, frames->compressed.size);
    rules->scratch = malloc(SCRATCH_BYTES);

    return rules->scratch ? 0 : -1;
}

void receiver_rules_fini(struct receiver_rules *rules)
{
    free(rules->scratch);
    rules->scratch = NULL;
}

void receiver_init(struct receiver *receiver, const struct receiver_rules *rules)
{
    memset(receiver, 0, sizeof(*receiver));
    receiver->rules = rules;
    receiver->window_bits = MAX_WBITS;
}

void receiver_fini(struct receiver *receiver)
{
    if (receiver->inflating)
        inflateEnd(&receiver->stream);
    receiver->inflating = false;
}

__attribute__((format(printf, 2, 3))) static enum receiver_result fault(struct receiver *receiver,
                                                                        const char *format, ...)
{
    va_list arguments;
    int used = snprintf(receiver->fault, sizeof(receiver->fault), "message %" PRIu64 ": ",
                        receiver->received);

    va_start(arguments, format);
    vsnprintf(receiver->fault + used, sizeof(receiver->fault) - (size_t)used, format, arguments);
    va_end(arguments);

    return RECEIVER_FAULT;
}

/* Returns what byte @place of the current message must be. */
static uint8_t wanted_byte(const struct receiver *receiver, size_t place)
{
    const struct image *message = receiver->rules->message;
    uint64_t digits = image_digits(message, receiver->received);

    if (place - message->digits_at < message->digits)
        return ((const uint8_t *)&digits)[place - message->digits_at];

    return message->bytes[place];
}

static enum receiver_result fault_of_byte(struct receiver *receiver, const uint8_t *data)
{
    const struct image *message = receiver->rules->message;
    size_t i = 0;

    while (data[i] == wanted_byte(receiver, receiver->place + i))
        i++;
    receiver->place += i;

    return fault(receiver, "byte %zu of %zu%s: expected 0x%02x and got 0x%02x", receiver->place,
                 message->size,
                 receiver->place - message->digits_at < message->digits ? ", in its number" : "",
                 wanted_byte(receiver, receiver->place), data[i]);
}

/* Says whether the bytes are those of the message at the current place. */
static bool matches(const struct receiver *receiver, const uint8_t *data, size_t bytes)
{
    const struct image *message = receiver->rules->message;
    size_t place = receiver->place;
    size_t digits_end = message->digits_at + message->digits;

    /* compare the bytes around the number in one go, the number separately */
    while (bytes && place < digits_end) {
        if (*data != wanted_byte(receiver, place))
            return false;
        data++;
        place++;
        bytes--;
    }

    return !bytes || !memcmp(data, message->bytes + place, bytes);
}

/* Takes payload of the current message, already inflated if it was compressed. */
static enum receiver_result take_payload(struct receiver *receiver, const uint8_t *data,
                                         size_t bytes)
{
    const struct image *message = receiver->rules->message;

    if (bytes > message->size - receiver->place)
        return fault(receiver, "longer than its %zu bytes", message->size);
    if (!matches(receiver, data, bytes))
        return fault_of_byte(receiver, data);
    receiver->place += bytes;

    return RECEIVER_DONE;
}

static bool inflating(struct receiver *receiver)
{
    if (!receiver->inflating)
        receiver->inflating = inflateInit2(&receiver->stream, -receiver->window_bits) == Z_OK;

    return receiver->inflating;
}

static enum receiver_result inflate_payload(struct receiver *receiver, const uint8_t *data,
                                            size_t bytes)
{
    z_stream *stream = &receiver->stream;
    uint8_t *scratch = receiver->rules->scratch;

    if (!inflating(receiver))
        return fault(receiver, "no memory to inflate it");
    stream->next_in = (z_const Bytef *)data;
    stream->avail_in = (uInt)bytes;
    do {
        enum receiver_result taken;
        int result;

        stream->next_out = scratch;
        stream->avail_out = (uInt)SCRATCH_BYTES;
        result = inflate(stream, Z_SYNC_FLUSH);
        if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END)
            return fault(receiver, "it cannot be inflated: %s",
                         stream->msg ? stream->msg : zError(result));
        taken = take_payload(receiver, scratch, SCRATCH_BYTES - stream->avail_out);
        if (taken != RECEIVER_DONE)
            return taken;
        /* more may follow a block marked as the last, with the same window (section 7.2.3.4) */
        if (result == Z_STREAM_END)
            inflateResetKeep(stream);
    } while (stream->avail_in || !stream->avail_out);

    return RECEIVER_DONE;
}

static enum receiver_result end_message(struct receiver *receiver)
{
    const struct image *message = receiver->rules->message;

    if (receiver->compressed) {
        enum receiver_result ended = inflate_payload(receiver, deflate_tail, sizeof(deflate_tail));

        if (ended != RECEIVER_DONE)
            return ended;
        if (!receiver->keeps_context)
            inflateReset(&receiver->stream);
    }
    if (receiver->place < message->size)
        return fault(receiver, "it ended after %zu of %zu bytes", receiver->place, message->size);

    receiver->received++;
    receiver->place = 0;
    receiver->inside_message = false;

    return RECEIVER_DONE;
}

/* Returns how long the header is, as far as the bytes so far tell. */
static size_t header_size(const uint8_t *header, size_t bytes)
{
    unsigned length = bytes < 2 ? 0 : header[1] & 0x7fU;

    return length < 126 ? 2 : length == 126 ? 4 : 10;
}

static uint64_t header_length(const uint8_t *header, size_t bytes)
{
    uint64_t length = header[1] & 0x7fU;

    if (bytes > 2)
        length = 0;
    for (size_t i = 2; i < bytes; i++)
        length = length << 8 | header[i];

    return length;
}

/* Checks the first byte of a data frame (RFC 6455 section 5.4). */
static enum receiver_result begin_data(struct receiver *receiver, unsigned opcode, bool compressed)
{
    const struct receiver_rules *rules = receiver->rules;
    unsigned wanted = receiver->inside_message ? FRAME_CONTINUATION : rules->opcode;

    if (opcode != wanted)
        return fault(receiver, "expected a frame with opcode 0x%x and got one with 0x%x", wanted,
                     opcode);
    if (receiver->inside_message)
        return RECEIVER_DONE;
    if (receiver->received == receiver->begun)
        return fault(receiver, "it came, but only %" PRIu64 " were sent", receiver->begun);
    receiver->inside_message = true;
    receiver->compressed = compressed;

    return RECEIVER_DONE;
}

static enum receiver_result begin_frame(struct receiver *receiver)
{
    const uint8_t *header = receiver->header;
    unsigned opcode = header[0] & 0x0fU;
    bool is_control = opcode & 0x8U;
    bool begins = opcode == FRAME_TEXT || opcode == FRAME_BINARY;
    unsigned may_rsv = receiver->may_compress && begins ? FRAME_RSV1 : 0;

    receiver->first = header[0];
    receiver->frame_left = header_length(header, receiver->header_bytes);
    receiver->inside_frame = true;
    if (header[0] & FRAME_RSV & ~may_rsv)
        return fault(receiver, "a frame has reserved bits that were not agreed on: 0x%02x",
                     header[0]);
    if (header[1] & FRAME_MASKED)
        return fault(receiver, "a frame is masked, which a server must not do");
    if ((receiver->header_bytes == 4 && receiver->frame_left < 126) ||
        (receiver->header_bytes == 10 && receiver->frame_left <= UINT16_MAX))
        return fault(receiver, "a frame's length, %" PRIu64 ", is not in its shortest form",
                     receiver->frame_left);
    if (!is_control)
        return begin_data(receiver, opcode, header[0] & FRAME_RSV1);

    receiver->control_bytes = 0;
    if (opcode > FRAME_PONG)
        return fault(receiver, "a frame has the unknown opcode 0x%x", opcode);
    if (!(header[0] & FRAME_FIN) || receiver->frame_left > FRAME_CONTROL_MAX)
        return fault(receiver, "a control frame is fragmented or too long");

    return RECEIVER_DONE;
}

static enum receiver_result take_header(struct receiver *receiver, struct input *input)
{
    do {
        receiver->header[receiver->header_bytes++] = *input->data;
        skip(input, 1);
    } while (input->bytes &&
             receiver->header_bytes < header_size(receiver->header, receiver->header_bytes));
    if (receiver->header_bytes < header_size(receiver->header, receiver->header_bytes))
        return RECEIVER_DONE;

    return begin_frame(receiver);
}

static enum receiver_result end_control(struct receiver *receiver)
{
    switch (receiver->first & 0x0f) {
    case FRAME_PING:
        return RECEIVER_PING;
    case FRAME_CLOSE:
        return RECEIVER_CLOSE;
    default:
        return RECEIVER_DONE; /* an unsolicited Pong is allowed (section 5.5.3) */
    }
}

/* Takes what is available of the current frame's payload, and its end. */
static enum receiver_result take_frame(struct receiver *receiver, struct input *input)
{
    size_t bytes = least(input->bytes, receiver->frame_left);
    bool is_control = receiver->first & 0x8;
    enum receiver_result result = RECEIVER_DONE;

    if (is_control) {
        if (bytes)
            memcpy(receiver->control + receiver->control_bytes, input->data, bytes);
        receiver->control_bytes = (uint8_t)(receiver->control_bytes + bytes);
    } else if (bytes) {
        result = receiver->compressed ? inflate_payload(receiver, input->data, bytes)
                                      : take_payload(receiver, input->data, bytes);
    }
    if (result != RECEIVER_DONE)
        return result;

    skip(input, bytes);
    receiver->frame_left -= bytes;
    if (receiver->frame_left)
        return RECEIVER_DONE;
    receiver->inside_frame = false;
    receiver->header_bytes = 0;
    if (is_control)
        return end_control(receiver);

    return receiver->first & FRAME_FIN ? end_message(receiver) : RECEIVER_DONE;
}

/*
 * A fast path: takes whole messages in one frame each, as almost all are. The parser below would
 * come to the same result.
 */
static void take_whole(struct receiver *receiver, struct input *input)
{
    const struct receiver_rules *rules = receiver->rules;
    const struct image *message = rules->message;
    size_t head = rules->header_bytes + message->digits_at;
    size_t behind = head + IMAGE_DIGITS_MAX;
    size_t whole = rules->header_bytes + message->size;
    size_t rest = whole - behind;

    if (message->digits != IMAGE_DIGITS_MAX)
        return;
    while (input->bytes >= whole && receiver->received < receiver->begun) {
        const uint8_t *data = input->data;
        uint64_t digits;

        memcpy(&digits, data + head, sizeof(digits));
        if (digits != image_digits(message, receiver->received) ||
            memcmp(data, rules->raw ? message->bytes : rules->header, head) != 0 ||
            memcmp(data + behind, message->bytes + message->digits_at + IMAGE_DIGITS_MAX, rest) !=
                0)
            return;
        skip(input, whole);
        receiver->received++;
    }
}

/*
 * Takes messages that come back in exactly the bytes that were sent. Each was deflated on its own,
 * so its content is known without inflating it; only the window must be updated, for later messages
 * that refer to it.
 */
static void take_whole_compressed(struct receiver *receiver, struct input *input)
{
    const struct receiver_rules *rules = receiver->rules;
    const struct image *sent = rules->compressed;
    size_t head = rules->compressed_header_bytes;
    size_t window = least(WINDOW_MAX_BYTES, rules->message->size);

    while (input->bytes >= head + sent->size && receiver->received < receiver->begun) {
        if (memcmp(input->data, rules->compressed_header, head) != 0 ||
            memcmp(input->data + head, sent->bytes, sent->size) != 0)
            return;
        if (receiver->keeps_context && window &&
            (!inflating(receiver) ||
             inflateSetDictionary(&receiver->stream,
                                  rules->message->bytes + rules->message->size - window,
                                  (uInt)window) != Z_OK))
            return;
        skip(input, head + sent->size);
        receiver->received++;
    }
}

static enum receiver_result take_raw(struct receiver *receiver, struct input *input)
{
    size_t bytes = least(input->bytes, receiver->rules->message->size - receiver->place);
    enum receiver_result result = RECEIVER_DONE;

    if (receiver->received == receiver->begun)
        return fault(receiver, "it came, but only %" PRIu64 " were sent", receiver->begun);
    result = take_payload(receiver, input->data, bytes);
    if (result != RECEIVER_DONE)
        return result;
    skip(input, bytes);
    if (receiver->place == receiver->rules->message->size) {
        receiver->place = 0;
        receiver->received++;
    }

    return RECEIVER_DONE;
}

static enum receiver_result take_next(struct receiver *receiver, struct input *input)
{
    if (receiver->rules->raw)
        return take_raw(receiver, input);
    if (receiver->inside_frame)
        return take_frame(receiver, input);
    if (take_header(receiver, input) == RECEIVER_FAULT)
        return RECEIVER_FAULT;

    /* a frame without payload ends with its header */
    return receiver->inside_frame && !receiver->frame_left ? take_frame(receiver, input)
                                                           : RECEIVER_DONE;
}

enum receiver_result receiver_take(struct receiver *receiver, const uint8_t **data, size_t *bytes)
{
    struct input input = {*data, *bytes};
    enum receiver_result result = RECEIVER_DONE;

    while (input.bytes && result == RECEIVER_DONE) {
        bool between_messages = !receiver->place && !receiver->inside_message &&
                                !receiver->inside_frame && !receiver->header_bytes;

        if (between_messages && receiver->may_compress)
            take_whole_compressed(receiver, &input);
        if (between_messages)
            take_whole(receiver, &input);
        if (input.bytes)
            result = take_next(receiver, &input);
    }
    *data = input.data;
    *bytes = input.bytes;

    return result;
}
