#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zlib.h>

/* A client's half of permessage-deflate (RFC 7692), with plain zlib. */
struct deflater {
    z_stream out;
    z_stream in;
    bool keeps_out; /* context from message to message */
    bool keeps_in;
};

void deflater_init(struct deflater *deflater, int out_bits, bool keeps_out, int in_bits,
                   bool keeps_in);
void deflater_fini(struct deflater *deflater);

/** Returns the payload of a compressed message, to be freed, and sets @out_bytes. */
uint8_t *deflater_compress(struct deflater *deflater, const void *message, size_t bytes,
                           size_t *out_bytes);

/** Returns the message in a compressed payload, or NULL if it is invalid; sets @out_bytes. */
uint8_t *deflater_expand(struct deflater *deflater, const void *payload, size_t bytes,
                         size_t *out_bytes);
