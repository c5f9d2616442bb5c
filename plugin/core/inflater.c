#include "core/inflater.h"

#include <stdlib.h>
#include <string.h>

#include "core/distances.h"

/* What the sender has removed from the end of the message (RFC 7692 section 7.2.1). */
static const uint8_t tail[] = {0x00, 0x00, 0xff, 0xff};

/* The widest window: no distance goes beyond it. */
#define WINDOW_BITS_MAX 15

void inflater_init(struct inflater *inflater, unsigned window_bits, bool keeps_context)
{
    memset(inflater, 0, sizeof(*inflater));
    inflater->window_bits = (uint8_t)window_bits;
    inflater->keeps_context = keeps_context;
}

void inflater_fini(struct inflater *inflater)
{
    if (inflater->begun)
        inflateEnd(&inflater->stream);
    free(inflater->distances);
    inflater->distances = NULL;
    inflater->begun = false;
}

static int begin(struct inflater *inflater)
{
    if (inflater->begun)
        return Z_OK;

    if (inflater->window_bits < WINDOW_BITS_MAX) {
        inflater->distances = calloc(1, sizeof(*inflater->distances));
        if (!inflater->distances)
            return Z_MEM_ERROR;
        distances_init(inflater->distances, inflater->window_bits);
    }
    inflater->begun = inflateInit2(&inflater->stream, -inflater->window_bits) == Z_OK;

    return inflater->begun ? Z_OK : Z_MEM_ERROR;
}

/* Inflates @input as far as possible, across the ends of DEFLATE streams. */
static int inflate_from(struct inflater *inflater, const uint8_t *input, size_t bytes)
{
    z_stream *stream = &inflater->stream;
    int result;

    stream->next_in = (z_const Bytef *)input;
    stream->avail_in = (uInt)bytes;
    do {
        result = inflate(stream, Z_SYNC_FLUSH);
        /* a block was marked as final; more may follow, with the same window (section 7.2.3.4) */
        if (result == Z_STREAM_END)
            inflateResetKeep(stream);
    } while (result == Z_STREAM_END);
    if (result == Z_BUF_ERROR)
        result = Z_OK;
    if (result == Z_OK && inflater->distances &&
        !distances_follow(inflater->distances, input, bytes - stream->avail_in))
        return Z_DATA_ERROR;

    return result;
}

/*
 * Feeds the removed tail. It must be the length of an empty block without compression, of which the
 * header has come. That block, too, may be marked as final (section 7.2.1).
 */
static enum inflater_result end_message(struct inflater *inflater)
{
    bool complete = inflateSyncPoint(&inflater->stream) > 0 &&
                    inflate_from(inflater, tail, sizeof(tail)) == Z_OK;

    if (!inflater->keeps_context)
        inflater_fini(inflater);

    return complete ? INFLATER_DONE : INFLATER_INVALID;
}

enum inflater_result inflater_next(struct inflater *inflater, const uint8_t **input,
                                   size_t *input_bytes, bool final, uint8_t *out, size_t out_room,
                                   size_t *out_bytes)
{
    z_stream *stream = &inflater->stream;
    int result = begin(inflater);

    *out_bytes = 0;
    stream->next_out = out;
    stream->avail_out = (uInt)out_room;
    if (result == Z_OK) {
        result = inflate_from(inflater, *input, *input_bytes);
        *input = stream->next_in;
        *input_bytes = stream->avail_in;
    }
    if (result != Z_OK)
        return result == Z_MEM_ERROR ? INFLATER_NO_MEMORY : INFLATER_INVALID;

    *out_bytes = out_room - stream->avail_out;
    if (!stream->avail_out)
        return INFLATER_MORE;

    return final ? end_message(inflater) : INFLATER_DONE;
}
