#include "core/inflater.h"

#include <string.h>

/* What the sender has removed from the end of the message (RFC 7692 section 7.2.1). */
static const uint8_t tail[] = {0x00, 0x00, 0xff, 0xff};

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
    inflater->begun = false;
}

static int begin(struct inflater *inflater)
{
    if (inflater->begun)
        return Z_OK;

    inflater->begun = inflateInit2(&inflater->stream, -inflater->window_bits) == Z_OK;

    return inflater->begun ? Z_OK : Z_MEM_ERROR;
}

/* Inflates @input as far as possible, across the ends of DEFLATE streams. */
static int inflate_from(z_stream *stream, const uint8_t *input, size_t bytes)
{
    int result;

    stream->next_in = (z_const Bytef *)input;
    stream->avail_in = (uInt)bytes;
    do {
        result = inflate(stream, Z_SYNC_FLUSH);
        /* a block was marked as final; more may follow, with the same window (section 7.2.3.4) */
        if (result == Z_STREAM_END)
            inflateResetKeep(stream);
    } while (result == Z_STREAM_END);

    return result == Z_BUF_ERROR ? Z_OK : result;
}

/*
 * Feeds the removed tail. It must be the length of an empty block without compression, of which the
 * header has come. That block, too, may be marked as final (section 7.2.1).
 */
static enum inflater_result end_message(struct inflater *inflater)
{
    bool complete = inflateSyncPoint(&inflater->stream) > 0 &&
                    inflate_from(&inflater->stream, tail, sizeof(tail)) == Z_OK;

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
        result = inflate_from(stream, *input, *input_bytes);
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
