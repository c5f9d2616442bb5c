#include "echo/compressed.h"

#include "link/closing.h"
#include "link/compression.h"
#include "link/output.h"

/* How much work is done for one connection before others get their turn; see compression.h. */
#define PASS_BYTES ((size_t)1 << 20)

/* The size limit of an inflated message: the smaller of the two options; 0 is no limit. */
static uint64_t inflated_max(const struct options *options)
{
    uint64_t message = options->max_message_bytes;
    uint64_t inflated = options->max_inflated_bytes;

    return !inflated || (message && message < inflated) ? message : inflated;
}

static int reply_inflated(struct connection *connection, const struct piece *part)
{
    return output_frame(connection, session_frame(part), part->payload, part->bytes);
}

static int reply_as_it_came(struct connection *connection)
{
    const struct piece *piece = compression_piece(connection);
    struct frame frame = session_frame(piece);

    frame.rsv1 = piece->first;

    return output_frame(connection, frame, piece->payload, piece->bytes);
}

/* Inflates the next part and checks it. Returns NULL, or the fault in the message. */
static const struct fault *next_part(struct connection *connection, struct piece *part, bool *more,
                                     size_t *work)
{
    const struct fault *fault = compression_inflate(connection, part, more, work);

    return fault ? fault
                 : session_take(&connection->session, part,
                                inflated_max(&connection->thread->vhost->options));
}

static int echo_parts(struct connection *connection)
{
    bool mirrors = compression_mirrors(connection);
    const struct fault *fault;
    struct piece part;
    size_t work = 0;
    bool more;

    do {
        fault = next_part(connection, &part, &more, &work);
        if (fault)
            return closing_fail(connection, fault);
        if (!mirrors && reply_inflated(connection, &part))
            return -1;
    } while (more && work < PASS_BYTES && !connection->session.blocked);

    if (more) {
        if (compression_keep(connection))
            return -1;
        output_pause(connection);
        return 0;
    }
    if (mirrors && reply_as_it_came(connection))
        return -1;
    compression_release(connection);

    return 0;
}

int echo_compressed_piece(struct connection *connection, const struct piece *piece)
{
    const struct fault *fault =
        compression_take(connection, piece, inflated_max(&connection->thread->vhost->options));

    return fault ? closing_fail(connection, fault) : echo_parts(connection);
}

int echo_compressed_resume(struct connection *connection)
{
    return compression_is_pending(connection) ? echo_parts(connection) : 0;
}
