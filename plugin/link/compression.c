#include "link/compression.h"

#include <stdlib.h>
#include <string.h>

#include "core/inflater.h"
#include "link/output.h"

/*
 * How much is done for one connection before the others get their turn, in bytes that come out. A
 * byte that goes in may be as much work as many of them, and is taken for INPUT_COST.
 */
#define PASS_BYTES ((size_t)1 << 20)
#define INPUT_COST 32
#define SLICE_BYTES ((size_t)8192)

/* How much longer than what it inflates to a compressed message may be: an eighth, and this. */
#define OVERHEAD_BYTES 1024

struct compression {
    struct inflater inflater;
    bool mirrors;              /* compressed messages go back as they came */
    bool is_compressed;        /* the message that arrives */
    bool replying;             /* the first frame of the inflated reply to it has gone back */
    uint64_t compressed_bytes; /* of the message that arrives, so far */

    struct piece piece; /* being echoed */
    struct piece input; /* what is left of it to inflate */
    uint8_t *kept;      /* its payload, when that outlives a callback; or NULL */

    const uint8_t *hidden; /* payload that libwebsockets does not get to see */
};

int compression_begin(struct connection *connection, const struct deflate_agreement *agreed)
{
    struct compression *state = calloc(1, sizeof(*state));

    if (!state)
        return -1;

    inflater_init(&state->inflater, agreed->client_max_window_bits,
                  !agreed->client_no_context_takeover);
    state->mirrors = deflate_is_symmetric(agreed);
    connection->compression = state;

    return 0;
}

void compression_end(struct connection *connection)
{
    struct compression *state = connection->compression;

    if (!state)
        return;

    connection->compression = NULL;
    inflater_fini(&state->inflater);
    free(state->kept);
    free(state);
}

/*
 * A host with LWS_SERVER_OPTION_VALIDATE_UTF8, as lwsws is, would take compressed bytes of a text
 * message for text. It gets as many NULs, which are text.
 */
void compression_hide(struct connection *connection, struct lws_tokens buffers[2])
{
    struct lws_tokens *in = &buffers[0];
    struct lws_tokens *out = &buffers[1];

    connection->compression->hidden = in->len ? in->token : NULL;
    if (in->len && (size_t)in->len < connection->thread->blank_bytes) {
        out->token = connection->thread->blank;
        out->len = in->len;
    }
}

const void *compression_payload(const struct connection *connection, const void *payload)
{
    return connection->compression && connection->compression->hidden
               ? connection->compression->hidden
               : payload;
}

/* The limit of an inflated message: the smaller of the two that are set. */
static uint64_t inflated_max(const struct options *options)
{
    uint64_t message = options->max_message_bytes;
    uint64_t inflated = options->max_inflated_bytes;

    return !inflated || (message && message < inflated) ? message : inflated;
}

/* A message may inflate to nothing for ever: the form it comes in has a limit, too. */
static bool is_too_long(const struct compression *state, const struct options *options)
{
    uint64_t bytes = state->compressed_bytes + state->piece.frame_left_bytes;
    uint64_t max = inflated_max(options);

    return max && bytes > OVERHEAD_BYTES && (bytes - OVERHEAD_BYTES) / 9 * 8 > max;
}

/*
 * Inflates the next part of the piece, and checks it. Sets @part to what came out and @more where
 * something is left. Returns NULL or what is wrong with the message.
 */
static const struct fault *inflate_part(struct connection *connection, struct piece *part,
                                        bool *more)
{
    static const struct fault invalid = {CLOSE_INVALID_PAYLOAD, "invalid compressed data"};
    static const struct fault no_memory = {CLOSE_INTERNAL_ERROR, "out of memory"};
    struct compression *state = connection->compression;
    struct thread *thread = connection->thread;
    struct piece *input = &state->input;
    size_t slice = input->bytes < SLICE_BYTES ? input->bytes : SLICE_BYTES;
    size_t left = slice;
    const uint8_t *from = input->payload;
    enum inflater_result result;

    *part = *input;
    result = inflater_next(&state->inflater, &from, &left, input->final && slice == input->bytes,
                           thread->inflated, INFLATED_BYTES, &part->bytes);
    if (result == INFLATER_NO_MEMORY)
        return &no_memory;
    if (result == INFLATER_INVALID)
        return &invalid;

    input->payload = from;
    input->bytes -= slice - left;
    input->first = false;
    *more = result == INFLATER_MORE || input->bytes;
    part->payload = thread->inflated;
    part->frame_left_bytes = 0;
    part->final = input->final && !*more;

    return session_take(&connection->session, part, inflated_max(&thread->vhost->options));
}

static int reply_inflated(struct connection *connection, struct piece *part)
{
    part->first = !connection->compression->replying;
    connection->compression->replying = true;

    return output_frame(connection, session_frame(part), part->payload, part->bytes);
}

static int reply_as_it_came(struct connection *connection)
{
    const struct piece *piece = &connection->compression->piece;
    struct frame frame = session_frame(piece);

    frame.rsv1 = piece->first;

    return output_frame(connection, frame, piece->payload, piece->bytes);
}

/* Waits for the next turn. The payload is libwebsockets' own memory until then. */
static int wait_for_turn(struct connection *connection)
{
    struct compression *state = connection->compression;
    const uint8_t *payload = state->piece.payload;

    if (!state->kept) {
        state->kept = malloc(state->piece.bytes + 1);
        if (!state->kept)
            return -1;
        memcpy(state->kept, payload, state->piece.bytes);
        state->piece.payload = state->kept;
        state->input.payload = state->kept + ((const uint8_t *)state->input.payload - payload);
    }
    output_pause(connection);

    return 0;
}

static int go_on(struct connection *connection)
{
    struct compression *state = connection->compression;
    const struct fault *fault;
    struct piece part;
    size_t work = 0;
    bool more;

    do {
        size_t before = state->input.bytes;

        fault = inflate_part(connection, &part, &more);
        if (fault)
            return output_fail(connection, fault);
        if (!state->mirrors && reply_inflated(connection, &part))
            return -1;
        work += part.bytes + INPUT_COST * (before - state->input.bytes);
    } while (more && work < PASS_BYTES && !connection->session.blocked);

    if (more)
        return wait_for_turn(connection);
    if (state->mirrors && reply_as_it_came(connection))
        return -1;
    free(state->kept);
    state->kept = NULL;

    return 0;
}

const struct fault *compression_look(struct connection *connection, const struct piece *piece,
                                     bool rsv1, bool *compressed)
{
    static const struct fault misplaced = {CLOSE_PROTOCOL_ERROR,
                                           "RSV1 is for the first frame of a message"};
    struct compression *state = connection->compression;

    if (piece->first)
        state->is_compressed = rsv1;
    *compressed = state->is_compressed;

    return rsv1 && !connection->inside_frame && !piece->first ? &misplaced : NULL;
}

int compression_echo(struct connection *connection, const struct piece *piece)
{
    struct compression *state = connection->compression;

    /* none comes while an earlier one is kept: reading is paused then */
    state->piece = state->input = *piece;
    if (piece->first) {
        state->replying = false;
        state->compressed_bytes = 0;
    }
    state->compressed_bytes += piece->bytes;
    if (is_too_long(state, &connection->thread->vhost->options))
        return output_fail(connection, &session_fault_too_big);

    return go_on(connection);
}

int compression_resume(struct connection *connection)
{
    return connection->compression && connection->compression->kept ? go_on(connection) : 0;
}
