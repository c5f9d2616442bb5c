#include "compression.h"

#include <stdlib.h>
#include <string.h>

#include "inflater.h"
#include "output.h"

struct echo_compression_state {
    struct echo_inflater inflater;
    bool mirrors;       /* compressed messages go back as they came */
    bool inside_frame;  /* the next piece belongs to the same frame as the last one */
    bool is_compressed; /* the message that arrives */

    /* a message that goes back inflated */
    struct echo_piece input; /* what is left of the last piece */
    uint8_t *kept;           /* copy of it while output is blocked, or NULL */
    bool replying;           /* its first frame has gone back */
};

int echo_compression_begin(struct echo_connection *connection, const struct echo_deflate *agreed)
{
    struct echo_compression_state *compression = calloc(1, sizeof(*compression));

    if (!compression)
        return -1;

    echo_inflater_init(&compression->inflater, agreed->client_max_window_bits,
                       !agreed->client_no_context_takeover);
    compression->mirrors = echo_deflate_is_symmetric(agreed);
    connection->compression = compression;

    return 0;
}

void echo_compression_end(struct echo_connection *connection)
{
    struct echo_compression_state *compression = connection->compression;

    if (!compression)
        return;

    connection->compression = NULL;
    echo_inflater_fini(&compression->inflater);
    free(compression->kept);
    free(compression);
}

/* The limit of an inflated message: the smaller of the two that are set. */
static uint64_t inflated_max(const struct echo_options *options)
{
    uint64_t message = options->max_message_bytes;
    uint64_t inflated = options->max_inflated_bytes;

    return !inflated || (message && message < inflated) ? message : inflated;
}

/*
 * Inflates the next part of @input, and moves it on. Sets @part to what came out and @more where
 * something is left. Returns NULL or what is wrong with the message.
 */
static const struct echo_fault *inflate_part(struct echo_connection *connection,
                                             struct echo_piece *input, struct echo_piece *part,
                                             bool *more)
{
    static const struct echo_fault invalid = {ECHO_CLOSE_INVALID_PAYLOAD,
                                              "invalid compressed data"};
    static const struct echo_fault no_memory = {ECHO_CLOSE_INTERNAL_ERROR, "out of memory"};
    struct echo_thread *thread = connection->thread;
    const uint8_t *from = input->payload;
    enum echo_inflate_result result;

    *part = *input;
    result = echo_inflater_next(&connection->compression->inflater, &from, &input->bytes,
                                input->final, thread->inflated, ECHO_INFLATED_BYTES, &part->bytes);
    if (result == ECHO_INFLATE_NO_MEMORY)
        return &no_memory;
    if (result == ECHO_INFLATE_INVALID)
        return &invalid;

    *more = result == ECHO_INFLATE_MORE;
    part->payload = thread->inflated;
    part->frame_left_bytes = 0;
    part->final = input->final && !*more;
    input->payload = from;
    input->first = false;

    return echo_session_take(&connection->session, part, inflated_max(&thread->vhost->options));
}

/* Sends back a piece as it came, once it has been found in order. */
static int mirror(struct echo_connection *connection, const struct echo_piece *piece)
{
    struct echo_frame frame = echo_session_frame(piece);
    struct echo_piece input = *piece;
    const struct echo_fault *fault;
    struct echo_piece part;
    bool more;

    do {
        fault = inflate_part(connection, &input, &part, &more);
        if (fault)
            return echo_output_fail(connection, fault);
    } while (more);

    frame.rsv1 = piece->first;

    return echo_output_frame(connection, frame, piece->payload, piece->bytes);
}

/* Keeps a copy of the input that is left: its own memory is libwebsockets'. */
static int keep(struct echo_compression_state *compression)
{
    struct echo_piece *input = &compression->input;
    uint8_t *copy = malloc(input->bytes + 1);

    if (!copy)
        return -1;

    memcpy(copy, input->payload, input->bytes);
    input->payload = copy;
    free(compression->kept);
    compression->kept = copy;

    return 0;
}

/* Sends back what the input inflates to, until that is done or output is blocked. */
static int reply_inflated(struct echo_connection *connection)
{
    struct echo_compression_state *compression = connection->compression;
    const struct echo_fault *fault;
    struct echo_piece part;
    bool more;

    do {
        fault = inflate_part(connection, &compression->input, &part, &more);
        if (fault)
            return echo_output_fail(connection, fault);

        part.first = !compression->replying;
        compression->replying = true;
        if (echo_output_frame(connection, echo_session_frame(&part), part.payload, part.bytes))
            return -1;
    } while (more && !connection->session.blocked);

    if (more)
        return keep(compression);
    free(compression->kept);
    compression->kept = NULL;

    return 0;
}

const struct echo_fault *echo_compression_look(struct echo_connection *connection,
                                               const struct echo_piece *piece, bool rsv1)
{
    static const struct echo_fault misplaced = {ECHO_CLOSE_PROTOCOL_ERROR,
                                                "RSV1 is for the first frame of a message"};
    struct echo_compression_state *compression = connection->compression;
    bool begins_frame;

    if (!compression)
        return NULL; /* libwebsockets has looked */

    begins_frame = !compression->inside_frame;
    compression->inside_frame = piece->frame_left_bytes != 0;
    if (piece->first)
        compression->is_compressed = rsv1;

    return rsv1 && begins_frame && !piece->first ? &misplaced : NULL;
}

bool echo_compression_applies(const struct echo_connection *connection)
{
    return connection->compression && connection->compression->is_compressed;
}

int echo_compression_echo(struct echo_connection *connection, const struct echo_piece *piece)
{
    struct echo_compression_state *compression = connection->compression;

    if (compression->mirrors)
        return mirror(connection, piece);

    compression->input = *piece;
    if (piece->first)
        compression->replying = false;

    return reply_inflated(connection);
}

int echo_compression_resume(struct echo_connection *connection)
{
    return connection->compression && connection->compression->kept ? reply_inflated(connection)
                                                                    : 0;
}
