#include "frames.h"

#include <stdlib.h>
#include <sys/random.h>

#include <zlib.h>

/* A train is no longer than this, or one frame: longer writes gain nothing. */
#define TRAIN_BYTES ((size_t)65536)

/* What the sender removes from the end of a compressed message (RFC 7692 section 7.2.1). */
#define DEFLATE_TAIL_BYTES 4

/* Lengths that do not fit into seven bits (RFC 6455 section 5.2). */
#define LENGTH_16_BITS 126
#define LENGTH_64_BITS 127

size_t frames_header(uint8_t *out, unsigned first, uint64_t bytes)
{
    size_t length_bytes = bytes < LENGTH_16_BITS ? 0 : bytes <= UINT16_MAX ? 2 : 8;

    out[0] = (uint8_t)first;
    out[1] = (uint8_t)(length_bytes == 0   ? bytes
                       : length_bytes == 2 ? LENGTH_16_BITS
                                           : LENGTH_64_BITS);
    for (size_t i = 0; i < length_bytes; i++)
        out[2 + i] = (uint8_t)(bytes >> 8 * (length_bytes - 1 - i));

    return 2 + length_bytes;
}

/* Writes a masked frame. Returns its size. */
static size_t write_frame(const uint8_t key[4], unsigned first, const uint8_t *payload,
                          size_t bytes, uint8_t *out)
{
    size_t header_bytes = frames_header(out, first, bytes);

    out[1] |= FRAME_MASKED;
    memcpy(out + header_bytes, key, 4);
    header_bytes += 4;
    for (size_t i = 0; i < bytes; i++)
        out[header_bytes + i] = payload[i] ^ key[i % 4];

    return header_bytes + bytes;
}

size_t frames_control(const struct frames *frames, enum frame_opcode opcode, const void *payload,
                      size_t bytes, uint8_t *out)
{
    return write_frame(frames->key, FRAME_FIN | (unsigned)opcode, payload, bytes, out);
}

/* No byte of the key is zero: a server that forgets to unmask shows at every byte. */
static void choose_key(uint8_t key[4])
{
    if (getrandom(key, 4, 0) != 4)
        memset(key, 0, 4);
    for (size_t i = 0; i < 4; i++)
        key[i] |= (uint8_t)(1U << i);
}

/* Deflates the payload on its own. Returns 0 or -1. */
static int deflate_payload(struct frames *frames)
{
    z_stream stream = {0};
    size_t room;
    int result;

    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return -1;
    /* the bound is for Z_FINISH; a flush adds an empty block (RFC 7692 section 7.2.1) */
    room = deflateBound(&stream, frames->payload.size) + 16;
    frames->compressed_bytes = malloc(room);
    if (!frames->compressed_bytes) {
        deflateEnd(&stream);
        return -1;
    }

    stream.next_in = frames->payload_bytes;
    stream.avail_in = (uInt)frames->payload.size;
    stream.next_out = frames->compressed_bytes;
    stream.avail_out = (uInt)room;
    result = deflate(&stream, Z_SYNC_FLUSH);
    frames->compressed.bytes = frames->compressed_bytes;
    frames->compressed.size = stream.total_out - DEFLATE_TAIL_BYTES;
    deflateEnd(&stream);
    /* zlib has nothing to flush for an empty message; section 7.2.3.6 says what to send */
    if (!frames->payload.size) {
        frames->compressed_bytes[0] = 0;
        frames->compressed.size = 1;
        return 0;
    }

    return result == Z_OK ? 0 : -1;
}

/* Makes the first frame of the train, and copies of it. Returns 0 or -1. */
static int build_train(struct frames *frames, const struct image *content, size_t together,
                       unsigned first)
{
    size_t frame_max = FRAME_HEADER_MAX + content->size;

    frames->train_frames = TRAIN_BYTES / frame_max;
    if (frames->train_frames > together)
        frames->train_frames = together;
    if (!frames->train_frames)
        frames->train_frames = 1;
    frames->train = malloc(frames->train_frames * frame_max);
    if (!frames->train)
        return -1;

    frames->frame = (struct image){.bytes = frames->train, .digits = content->digits};
    frames->frame.size =
        write_frame(frames->key, first, content->bytes, content->size, frames->train);
    frames->frame.digits_at = frames->frame.size - content->size;
    for (size_t i = 0; i < IMAGE_DIGITS_MAX; i++)
        ((uint8_t *)&frames->frame.mask)[i] = i < content->digits ? frames->key[i % 4] : 0;
    for (size_t i = 1; i < frames->train_frames; i++)
        memcpy(frames->train + i * frames->frame.size, frames->train, frames->frame.size);

    return 0;
}

int frames_init(struct frames *frames, enum payload_type type, size_t bytes, size_t together,
                bool compress)
{
    size_t digits = bytes < IMAGE_DIGITS_MAX ? bytes : IMAGE_DIGITS_MAX;
    unsigned first;

    memset(frames, 0, sizeof(*frames));
    choose_key(frames->key);
    frames->opcode = type == PAYLOAD_BINARY ? FRAME_BINARY : FRAME_TEXT;
    first = FRAME_FIN | (unsigned)frames->opcode;
    frames->payload_bytes = malloc(bytes + 1);
    if (!frames->payload_bytes)
        return -1;

    memset(frames->payload_bytes, '0', digits);
    payload_fill(type, frames->payload_bytes + digits, bytes - digits);
    frames->payload = (struct image){.bytes = frames->payload_bytes, .size = bytes};
    if (compress)
        return deflate_payload(frames)
                   ? -1
                   : build_train(frames, &frames->compressed, together, FRAME_RSV1 | first);
    frames->payload.digits = digits;

    return build_train(frames, &frames->payload, together, first);
}

void frames_fini(struct frames *frames)
{
    free(frames->train);
    free(frames->payload_bytes);
    free(frames->compressed_bytes);
    memset(frames, 0, sizeof(*frames));
}

const uint8_t *frames_train(struct frames *frames, uint64_t sequence, size_t count)
{
    const struct image *frame = &frames->frame;
    uint8_t *digits = frames->train + frame->digits_at;

    for (size_t i = 0; i < count && frame->digits; i++, digits += frame->size) {
        uint64_t written = image_digits(frame, sequence + i);

        /* with a constant size this compiles to one store */
        if (frame->digits == IMAGE_DIGITS_MAX)
            memcpy(digits, &written, IMAGE_DIGITS_MAX);
        else
            memcpy(digits, &written, frame->digits);
    }

    return frames->train;
}
