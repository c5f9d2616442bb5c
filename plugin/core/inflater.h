#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zlib.h>

/*
 * Decompresses the messages of one connection, piece by piece (RFC 7692 section 7.2.2), with zlib.
 *
 * Memory is taken when a message begins: some 7 KiB, and 2^window_bits bytes (up to 32 KiB). It is
 * kept only while a message is under way or, with context takeover, until inflater_fini().
 */
struct inflater {
    z_stream stream;
    uint8_t window_bits;
    bool keeps_context;
    bool begun; /* the stream holds memory */
};

enum inflater_result {
    INFLATER_DONE, /* all input is used and all its output given */
    INFLATER_MORE, /* the output is full: call again */
    INFLATER_INVALID,
    INFLATER_NO_MEMORY,
};

/**
 * Prepares an inflater for a peer whose window is 2^@window_bits bytes (8..15); with @keeps_context
 * a message may refer to those before it. No memory is taken.
 */
void inflater_init(struct inflater *inflater, unsigned window_bits, bool keeps_context);

void inflater_fini(struct inflater *inflater);

/**
 * Decompresses from @input, of @input_bytes, into @out, of @out_room bytes (both below 4 GiB).
 *
 * @input and @input_bytes are moved on by what was used, @out_bytes is set to what was written.
 * @final says that the input ends its message. INFLATER_INVALID is for data that is no DEFLATE,
 * reaches back before what is known, or does not end where a message must. What is known is the
 * window, and all that is in @out already.
 */
enum inflater_result inflater_next(struct inflater *inflater, const uint8_t **input,
                                   size_t *input_bytes, bool final, uint8_t *out, size_t out_room,
                                   size_t *out_bytes);
