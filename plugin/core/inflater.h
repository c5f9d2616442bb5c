#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zlib.h>

struct distances;

/*
 * Decompresses the messages of one connection, piece by piece (RFC 7692 section 7.2.2), with zlib.
 *
 * Memory is allocated when a message begins: about 8 KiB, and 2^window_bits bytes (up to 32 KiB).
 * It is kept until the message ends or, with context takeover, until inflater_fini().
 */
struct inflater {
    z_stream stream;
    struct distances *distances; /* NULL for the widest window, which no distance goes beyond */
    uint8_t window_bits;
    bool keeps_context;
    bool begun; /* the stream holds memory */
};

enum inflater_result {
    INFLATER_DONE, /* all input is used and all its output written */
    INFLATER_MORE, /* the output is full: call again */
    INFLATER_INVALID,
    INFLATER_NO_MEMORY,
};

/**
 * Prepares an inflater for a peer whose window is 2^@window_bits bytes (8..15). With
 * @keeps_context, a message may refer to earlier ones. Nothing is allocated.
 */
void inflater_init(struct inflater *inflater, unsigned window_bits, bool keeps_context);

/** Releases the memory, if there is any. */
void inflater_fini(struct inflater *inflater);

/**
 * Decompresses from @input, of @input_bytes, into @out, of @out_room bytes (both below 4 GiB).
 *
 * @input and @input_bytes advance past what was used; @out_bytes is set to what was written. @final
 * says that the input ends its message.
 *
 * Returns INFLATER_INVALID for data that is no DEFLATE, that refers to bytes before the window, or
 * that does not end where a message must: in the header of an empty block without compression
 * (section 7.2.1). After that, and after INFLATER_NO_MEMORY, only inflater_fini() may be called.
 */
enum inflater_result inflater_next(struct inflater *inflater, const uint8_t **input,
                                   size_t *input_bytes, bool final, uint8_t *out, size_t out_room,
                                   size_t *out_bytes);
