#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zlib.h>

#include "frames.h"

/* What the echoes of a run must be; shared by its connections. */
struct receiver_rules {
    const struct image *message;    /* what must come back, every time */
    const struct image *compressed; /* the same, deflated alone; NULL: nothing may be compressed */
    bool raw;                       /* no frames: the messages' bytes, one after the other */
    enum frame_opcode opcode;
    uint8_t header[FRAME_HEADER_MAX]; /* of an echo in one frame */
    size_t header_bytes;
    uint8_t compressed_header[FRAME_HEADER_MAX];
    size_t compressed_header_bytes;
    uint8_t *scratch; /* inflated here to be compared */
};

/* Takes what comes over one connection, in pieces of any size, and compares it with the rules. */
struct receiver {
    const struct receiver_rules *rules;
    uint64_t begun;    /* messages that have been sent, at least in part */
    uint64_t received; /* whole messages; the number of the next one */
    size_t place;      /* bytes of the current message that have come */

    uint8_t header[FRAME_HEADER_MAX];
    uint8_t header_bytes;
    uint8_t first;       /* of the current frame's header: opcode and flags */
    bool inside_frame;   /* its header is complete */
    bool inside_message; /* a frame has come, the last one has not */
    bool compressed;     /* the current message is */
    uint64_t frame_left; /* payload bytes */

    uint8_t control[FRAME_CONTROL_MAX]; /* payload of a Ping, Pong or Close */
    uint8_t control_bytes;

    bool may_compress;  /* permessage-deflate was agreed on */
    bool keeps_context; /* a compressed message may refer to earlier ones */
    int window_bits;    /* of the server's compressor */
    bool inflating;     /* the stream holds memory */
    z_stream stream;

    char fault[160]; /* what was wrong, for a human */
};

enum receiver_result {
    RECEIVER_DONE, /* all bytes are used */
    RECEIVER_PING, /* answer it with what is in control, then call again */
    RECEIVER_CLOSE,
    RECEIVER_FAULT, /* see fault */
};

/**
 * Prepares the rules for echoes of @frames, from @scratch_bytes on with room to inflate if they
 * may be @compressed. Returns 0, or -1 if memory is short.
 */
int receiver_rules_init(struct receiver_rules *rules, const struct frames *frames, bool raw,
                        bool compressed);

void receiver_rules_fini(struct receiver_rules *rules);

/** Prepares for a new connection. No memory is taken until something compressed comes. */
void receiver_init(struct receiver *receiver, const struct receiver_rules *rules);

void receiver_fini(struct receiver *receiver);

/**
 * Takes from @data, of @bytes; both advance by what was used.
 *
 * A message is counted as received when its last byte has come. Only RECEIVER_DONE says that
 * nothing is left.
 */
enum receiver_result receiver_take(struct receiver *receiver, const uint8_t **data, size_t *bytes);
