#include "deflater.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t tail[] = {0x00, 0x00, 0xff, 0xff};

void deflater_init(struct deflater *deflater, int out_bits, bool keeps_out, int in_bits,
                   bool keeps_in)
{
    /* zlib cannot compress with 8; with 9 no distance is greater than 250 */
    int zlib_bits = out_bits == 8 ? 9 : out_bits;

    memset(deflater, 0, sizeof(*deflater));
    deflateInit2(&deflater->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -zlib_bits, 8,
                 Z_DEFAULT_STRATEGY);
    inflateInit2(&deflater->in, -in_bits);
    deflater->keeps_out = keeps_out;
    deflater->keeps_in = keeps_in;
}

void deflater_fini(struct deflater *deflater)
{
    deflateEnd(&deflater->out);
    inflateEnd(&deflater->in);
}

uint8_t *deflater_compress(struct deflater *deflater, const void *message, size_t bytes,
                           size_t *out_bytes)
{
    z_stream *stream = &deflater->out;
    size_t room = deflateBound(stream, (uLong)bytes) + 64;
    uint8_t *out = malloc(room);

    if (!deflater->keeps_out)
        deflateReset(stream);
    stream->next_in = (z_const Bytef *)message;
    stream->avail_in = (uInt)bytes;
    stream->next_out = out;
    stream->avail_out = (uInt)room;
    deflate(stream, Z_SYNC_FLUSH);
    *out_bytes = room - stream->avail_out;
    if (*out_bytes)
        *out_bytes -= sizeof(tail);
    else
        out[(*out_bytes)++] = 0; /* nothing new since the last flush (RFC 7692 section 7.2.3.6) */

    return out;
}

uint8_t *deflater_expand(struct deflater *deflater, const void *payload, size_t bytes,
                         size_t *out_bytes)
{
    z_stream *stream = &deflater->in;
    size_t room = 4096;
    uint8_t *out = malloc(room);
    uint8_t *input = malloc(bytes + sizeof(tail));
    int result;

    memcpy(input, payload, bytes);
    memcpy(input + bytes, tail, sizeof(tail));
    if (!deflater->keeps_in)
        inflateReset(stream);
    stream->next_in = input;
    stream->avail_in = (uInt)(bytes + sizeof(tail));
    *out_bytes = 0;
    do {
        if (*out_bytes == room)
            out = realloc(out, room *= 2);
        stream->next_out = out + *out_bytes;
        stream->avail_out = (uInt)(room - *out_bytes);
        result = inflate(stream, Z_SYNC_FLUSH);
        *out_bytes = room - stream->avail_out;
    } while (!stream->avail_out && result == Z_OK);
    free(input);
    if ((result != Z_OK && result != Z_BUF_ERROR) || stream->avail_in) {
        free(out);
        return NULL;
    }

    return out;
}
