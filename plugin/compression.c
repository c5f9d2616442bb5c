#include "compression.h"

#include <stdlib.h>
#include <string.h>

#include "inflater.h"
#include "output.h"

/*
 * How much is done for one connection before the others get their turn, in bytes that come out. A
 * byte that goes in may be as much work as many of them, and is taken for INPUT_COST.
 */
#define PASS_BYTES ((size_t)1 << 20)
#define INPUT_COST 32
#define SLICE_BYTES ((size_t)8192)

/* How much longer than what it inflates to a compressed message may be: an eighth, and this. */
#define OVERHEAD_BYTES 1024

struct echo_compression_state {
    struct echo_inflater inflater;
    bool mirrors;              /* compressed messages go back as they came */
    bool is_compressed;        /* the message that arrives */
    bool replying;             /* the first frame of the inflated reply to it has gone back */
    uint64_t compressed_bytes; /* of the message that arrives, so far */

    struct echo_piece piece; /* being echoed */
    struct echo_piece input; /* what is left of it to inflate */
    uint8_t *kept;           /* its payload, when that outlives a callback; or NULL */

    const uint8_t *hidden; /* payload that libwebsockets does not get to see */
};

int echo_compression_begin(struct echo_connection *connection, const struct echo_deflate *agreed)
{
    struct echo_compression_state *state = calloc(1, sizeof(*state));

    if (!state)
        return -1;

    echo_inflater_init(&state->inflater, agreed->client_max_window_bits,
                       !agreed->client_no_context_takeover);
    state->mirrors = echo_deflate_is_symmetric(agreed);
    connection->compression = state;

    return 0;
}

void echo_compression_end(struct echo_connection *connection)
{
    struct echo_compression_state *state = connection->compression;

    if (!state)
        return;

    connection->compression = NULL;
    echo_inflater_fini(&state->inflater);
    free(state->kept);
    free(state);
}

/*
 * A host with LWS_SERVER_OPTION_VALIDATE_UTF8, as lwsws is, would take compressed bytes of a text
 * message for text. It gets as many NULs, which are text.
 */
void echo_compression_hide(struct echo_connection *connection, struct lws_tokens buffers[2])
{
    struct lws_tokens *in = &buffers[0];
    struct lws_tokens *out = &buffers[1];

    connection->compression->hidden = in->len ? in->token : NULL;
    if (in->len && (size_t)in->len < connection->thread->blank_bytes) {
        out->token = connection->thread->blank;
        out->len = in->len;
    }
}

const void *echo_compression_payload(const struct echo_connection *connection, const void *payload)
{
    return connection->compression && connection->compression->hidden
               ? connection->compression->hidden
               : payload;
}

/* The limit of an inflated message: the smaller of the two that are set. */
static uint64_t inflated_max(const struct echo_options *options)
{
    uint64_t message = options->max_message_bytes;
    uint64_t inflated = options->max_inflated_bytes;

    return !inflated || (message && message < inflated) ? message : inflated;
}

/* A message may inflate to nothing for ever: the form it comes in has a limit, too. */
static bool is_too_long(const struct echo_compression_state *state,
                        const struct echo_options *options)
{
    uint64_t bytes = state->compressed_bytes + state->piece.frame_left_bytes;
    uint64_t max = inflated_max(options);

    return max && bytes > OVERHEAD_BYTES && (bytes - OVERHEAD_BYTES) / 9 * 8 > max;
}

/*
 * Inflates the next part of the piece, and checks it. Sets @part to what came out and @more where
 * something is left. Returns NULL or what is wrong with the message.
 */
static const struct echo_fault *inflate_part(struct echo_connection *connection,
                                             struct echo_piece *part, bool *more)
{
    static const struct echo_fault invalid = {ECHO_CLOSE_INVALID_PAYLOAD,
                                              "invalid compressed data"};
    static const struct echo_fault no_memory = {ECHO_CLOSE_INTERNAL_ERROR, "out of memory"};
    struct echo_compression_state *state = connection->compression;
    struct echo_thread *thread = connection->thread;
    struct echo_piece *input = &state->input;
    size_t slice = input->bytes < SLICE_BYTES ? input->bytes : SLICE_BYTES;
    size_t left = slice;
    const uint8_t *from = input->payload;
    enum echo_inflate_result result;

    *part = *input;
    result =
        echo_inflater_next(&state->inflater, &from, &left, input->final && slice == input->bytes,
                           thread->inflated, ECHO_INFLATED_BYTES, &part->bytes);
    if (result == ECHO_INFLATE_NO_MEMORY)
        return &no_memory;
    if (result == ECHO_INFLATE_INVALID)
        return &invalid;

    input->payload = from;
    input->bytes -= slice - left;
    input->first = false;
    *more = result == ECHO_INFLATE_MORE || input->bytes;
    part->payload = thread->inflated;
    part->frame_left_bytes = 0;
    part->final = input->final && !*more;

    return echo_session_take(&connection->session, part, inflated_max(&thread->vhost->options));
}

static int reply_inflated(struct echo_connection *connection, struct echo_piece *part)
{
    part->first = !connection->compression->replying;
    connection->compression->replying = true;

    return echo_output_frame(connection, echo_session_frame(part), part->payload, part->bytes);
}

static int reply_as_it_came(struct echo_connection *connection)
{
    const struct echo_piece *piece = &connection->compression->piece;
    struct echo_frame frame = echo_session_frame(piece);

    frame.rsv1 = piece->first;

    return echo_output_frame(connection, frame, piece->payload, piece->bytes);
}

/* Waits for the next turn. The payload is libwebsockets' own memory until then. */
static int wait_for_turn(struct echo_connection *connection)
{
    struct echo_compression_state *state = connection->compression;
    const uint8_t *payload = state->piece.payload;

    if (!state->kept) {
        state->kept = malloc(state->piece.bytes + 1);
        if (!state->kept)
            return -1;
        memcpy(state->kept, payload, state->piece.bytes);
        state->piece.payload = state->kept;
        state->input.payload = state->kept + ((const uint8_t *)state->input.payload - payload);
    }
    echo_output_pause(connection);

    return 0;
}

static int go_on(struct echo_connection *connection)
{
    struct echo_compression_state *state = connection->compression;
    const struct echo_fault *fault;
    struct echo_piece part;
    size_t work = 0;
    bool more;

    do {
        size_t before = state->input.bytes;

        fault = inflate_part(connection, &part, &more);
        if (fault)
            return echo_output_fail(connection, fault);
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

const struct echo_fault *echo_compression_look(struct echo_connection *connection,
                                               const struct echo_piece *piece, bool rsv1,
                                               bool *compressed)
{
    static const struct echo_fault misplaced = {ECHO_CLOSE_PROTOCOL_ERROR,
                                                "RSV1 is for the first frame of a message"};
    struct echo_compression_state *state = connection->compression;

    if (piece->first)
        state->is_compressed = rsv1;
    *compressed = state->is_compressed;

    return rsv1 && !connection->inside_frame && !piece->first ? &misplaced : NULL;
}

int echo_compression_echo(struct echo_connection *connection, const struct echo_piece *piece)
{
    struct echo_compression_state *state = connection->compression;

    /* none comes while an earlier one is kept: reading is paused then */
    state->piece = state->input = *piece;
    if (piece->first) {
        state->replying = false;
        state->compressed_bytes = 0;
    }
    state->compressed_bytes += piece->bytes;
    if (is_too_long(state, &connection->thread->vhost->options))
        return echo_output_fail(connection, &echo_fault_too_big);

    return go_on(connection);
}

int echo_compression_resume(struct echo_connection *connection)
{
    return connection->compression && connection->compression->kept ? go_on(connection) : 0;
}
