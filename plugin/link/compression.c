#include "link/compression.h"

#include <stdlib.h>
#include <string.h>

#include "core/inflater.h"

/* The work of a byte of input, in bytes of output. */
#define INPUT_COST 32
#define SLICE_BYTES ((size_t)8192)

/* A compressed message may be longer than its inflated form by an eighth, plus this. */
#define OVERHEAD_BYTES 1024

struct compression {
    struct inflater inflater;
    bool mirrors;
    bool is_compressed;        /* the current message is */
    uint64_t compressed_bytes; /* of the current message, so far */

    struct piece piece; /* as it came */
    struct piece input; /* what is left of it to inflate */
    uint8_t *kept;      /* copy of its payload that outlives the callback, or NULL */

    const uint8_t *hidden; /* payload that is hidden from libwebsockets */
};

int compression_thread_init(struct thread *thread, size_t *payload_max)
{
    *payload_max += LWS_PRE; /* with an extension, libwebsockets reads up to this much more */
    if (*payload_max < COMPRESSION_INFLATED_BYTES)
        *payload_max = COMPRESSION_INFLATED_BYTES;

    thread->blank_bytes = *payload_max + 1;
    thread->blank = calloc(1, thread->blank_bytes);
    thread->inflated = malloc(COMPRESSION_INFLATED_BYTES);

    return thread->blank && thread->inflated ? 0 : -1;
}

void compression_thread_fini(struct thread *thread)
{
    free(thread->inflated);
    free(thread->blank);
}

int compression_begin(struct connection *connection, const struct deflate_agreement *agreed)
{
    struct compression *compression = calloc(1, sizeof(*compression));

    if (!compression)
        return -1;

    inflater_init(&compression->inflater, agreed->client_max_window_bits,
                  !agreed->client_no_context_takeover);
    compression->mirrors = deflate_is_symmetric(agreed);
    connection->compression = compression;

    return 0;
}

void compression_end(struct connection *connection)
{
    struct compression *compression = connection->compression;

    if (!compression)
        return;

    connection->compression = NULL;
    inflater_fini(&compression->inflater);
    free(compression->kept);
    free(compression);
}

/*
 * With LWS_SERVER_OPTION_VALIDATE_UTF8, as in lwsws, libwebsockets would validate the compressed
 * bytes of a text message as UTF-8. It gets as many NULs instead, which are valid.
 */
int compression_hide(struct connection *connection, struct lws_tokens buffers[2])
{
    struct lws_tokens *in = &buffers[0];
    struct lws_tokens *out = &buffers[1];

    if (!connection->compression)
        return 0;

    connection->compression->hidden = in->len ? in->token : NULL;
    if (in->len && (size_t)in->len < connection->thread->blank_bytes) {
        out->token = connection->thread->blank;
        out->len = in->len;
    }

    return 0;
}

const void *compression_payload(const struct connection *connection, const void *payload)
{
    return connection->compression && connection->compression->hidden
               ? connection->compression->hidden
               : payload;
}

const struct fault *compression_complete(struct connection *connection, struct piece *piece,
                                         bool *compressed)
{
    static const struct fault misplaced = {CLOSE_PROTOCOL_ERROR,
                                           "RSV1 is for the first frame of a message"};
    struct compression *compression = connection->compression;
    bool rsv1 = lws_get_reserved_bits(connection->wsi) & FRAME_RSV1_BIT;

    piece->payload = compression_payload(connection, piece->payload);
    if (piece->first)
        compression->is_compressed = rsv1;
    *compressed = compression->is_compressed;

    return rsv1 && !connection->inside_frame && !piece->first ? &misplaced : NULL;
}

const struct fault *compression_take(struct connection *connection, const struct piece *piece,
                                     uint64_t max_bytes)
{
    struct compression *compression = connection->compression;
    uint64_t bytes;

    compression->piece = compression->input = *piece;
    compression->compressed_bytes =
        piece->bytes + (piece->first ? 0 : compression->compressed_bytes);
    bytes = compression->compressed_bytes + piece->frame_left_bytes;

    return max_bytes && bytes > OVERHEAD_BYTES && (bytes - OVERHEAD_BYTES) / 9 * 8 > max_bytes
               ? &session_fault_too_big
               : NULL;
}

const struct fault *compression_inflate(struct connection *connection, struct piece *part,
                                        bool *more, size_t *work)
{
    static const struct fault invalid = {CLOSE_INVALID_PAYLOAD, "invalid compressed data"};
    static const struct fault no_memory = {CLOSE_INTERNAL_ERROR, "out of memory"};
    struct compression *compression = connection->compression;
    struct piece *input = &compression->input;
    size_t slice = input->bytes < SLICE_BYTES ? input->bytes : SLICE_BYTES;
    size_t left = slice;
    const uint8_t *from = input->payload;
    enum inflater_result result;

    *part = *input;
    result =
        inflater_next(&compression->inflater, &from, &left, input->final && slice == input->bytes,
                      connection->thread->inflated, COMPRESSION_INFLATED_BYTES, &part->bytes);
    if (result == INFLATER_NO_MEMORY)
        return &no_memory;
    if (result == INFLATER_INVALID)
        return &invalid;

    input->payload = from;
    input->bytes -= slice - left;
    input->first = false;
    *more = result == INFLATER_MORE || input->bytes;
    *work += part->bytes + INPUT_COST * (slice - left);
    part->payload = connection->thread->inflated;
    part->frame_left_bytes = 0;
    part->final = input->final && !*more;

    return NULL;
}

const struct piece *compression_piece(const struct connection *connection)
{
    return &connection->compression->piece;
}

int compression_keep(struct connection *connection)
{
    struct compression *compression = connection->compression;
    const uint8_t *payload = compression->piece.payload;

    if (compression->kept)
        return 0;

    compression->kept = malloc(compression->piece.bytes + 1);
    if (!compression->kept)
        return -1;
    memcpy(compression->kept, payload, compression->piece.bytes);
    compression->piece.payload = compression->kept;
    compression->input.payload =
        compression->kept + ((const uint8_t *)compression->input.payload - payload);

    return 0;
}

void compression_release(struct connection *connection)
{
    free(connection->compression->kept);
    connection->compression->kept = NULL;
}

bool compression_is_pending(const struct connection *connection)
{
    return connection->compression && connection->compression->kept;
}

bool compression_mirrors(const struct connection *connection)
{
    return connection->compression->mirrors;
}
