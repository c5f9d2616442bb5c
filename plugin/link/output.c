#include "link/output.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "core/base/inlining.h"
#include "link/liveness.h"
#include "link/pass.h"
#include "link/tail.h"
#include "link/transport.h"

/* What a TLS record carries at most (RFC 8446 section 5.1). */
#define RECORD_BYTES ((size_t)16384)

/* libwebsockets' LWS_WRITE_CLOSE, which its public headers leave out but reserve. */
#define WRITE_CLOSE ((enum lws_write_protocol)4)

static void block(struct connection *connection)
{
    if (!session_block(&connection->session))
        return;

    lws_rx_flow_control(connection->wsi, 0);
    liveness_stall(connection);
}

/*
 * Hands all but the first @sent bytes of @parts to libwebsockets, which keeps what the socket does
 * not take. The write is raw, as the frames are complete; libwebsockets may put its own control
 * frames between them. On a stream of HTTP/2 it makes DATA of them, as far as the peer's credit
 * goes. Returns 0, or -1 if the connection is unusable.
 */
static int write_rest(struct connection *connection, const struct iovec *parts, size_t count,
                      size_t sent)
{
    for (size_t i = 0; i < count; i++) {
        size_t bytes = parts[i].iov_len;
        size_t gone = sent < bytes ? sent : bytes;

        sent -= gone;
        if (gone < bytes && lws_write(connection->wsi, (uint8_t *)parts[i].iov_base + gone,
                                      bytes - gone, LWS_WRITE_RAW) < 0)
            return -1;
    }
    if (lws_partial_buffered(connection->wsi))
        block(connection);

    return 0;
}

/* Says whether we may write to the socket directly: no TLS, no HTTP/2, and no output waits. */
static inline bool is_open_to_us(struct lws *wsi)
{
    return !transport_is_shared(wsi) && !lws_is_ssl(wsi) && !lws_partial_buffered(wsi);
}

/* Returns how much the socket has taken. libwebsockets will get the same error as we did. */
static inline size_t taken(ssize_t result)
{
    return result > 0 ? (size_t)result : 0;
}

/*
 * Sends the cork's bytes, if possible without the detour through libwebsockets. Returns 0, or -1 if
 * their owner is unusable.
 */
NOINLINE static int flush(struct thread *thread)
{
    struct connection *owner = thread->cork.owner;
    struct iovec corked;
    size_t sent = 0;

    if (!owner)
        return 0;

    thread->flush_deferred = false;
    corked.iov_base = cork_take(&thread->cork, &corked.iov_len);
    if (corked.iov_len && is_open_to_us(owner->wsi))
        sent = taken(
            send(lws_get_socket_fd(owner->wsi), corked.iov_base, corked.iov_len, MSG_NOSIGNAL));

    return sent < corked.iov_len ? write_rest(owner, &corked, 1, sent) : 0;
}

/* flush() outside the owner's own callback, where -1 cannot be returned to libwebsockets. */
static void flush_other(struct thread *thread)
{
    struct connection *owner = thread->cork.owner;

    if (flush(thread))
        thread->on_unusable(owner);
}

void output_end_pass(struct thread *thread)
{
    flush_other(thread);
}

static void take_cork(struct connection *connection)
{
    flush_other(connection->thread);
    connection->thread->cork.owner = connection;
}

NOINLINE static int refuse_frame(size_t payload_bytes)
{
    lwsl_err(PROTOCOL_NAME ": a frame of %zu bytes does not fit the output buffer\n",
             payload_bytes);

    return -1;
}

/* Corks the connection's tail as a frame of its own. Returns 0 or -1. */
static int cork_tail(struct connection *connection)
{
    const struct frame frame = {.opcode = OPCODE_CONTINUATION};
    size_t bytes;
    const uint8_t *held = tail_held(connection, &bytes);

    if (!held)
        return 0;
    if (cork_append(&connection->thread->cork, frame, held, bytes))
        return refuse_frame(bytes);
    tail_drop(connection);

    return 0;
}

/* A connection with a tail is never the owner: its last record was full, and is sent. */
NOINLINE static int change_owner(struct connection *connection)
{
    take_cork(connection);

    return cork_tail(connection);
}

static inline int cork_frame(struct connection *connection, struct frame frame, const void *payload,
                             size_t payload_bytes)
{
    struct cork *cork = &connection->thread->cork;

    if (cork->owner != connection && change_owner(connection))
        return -1;

    return cork_append(cork, frame, payload, payload_bytes) ? refuse_frame(payload_bytes) : 0;
}

/*
 * Sends the cork, which ends in a header, and then the payload without copying it. lws_write()
 * takes only one buffer; copying a large payload into it would cost half as much again.
 */
static int send_parts(struct connection *connection, const void *payload, size_t payload_bytes)
{
    struct thread *thread = connection->thread;
    size_t corked_bytes;
    uint8_t *corked = cork_take(&thread->cork, &corked_bytes);
    struct iovec parts[] = {{corked, corked_bytes}, {(void *)payload, payload_bytes}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = LWS_ARRAY_SIZE(parts)};
    size_t sent = taken(sendmsg(lws_get_socket_fd(connection->wsi), &message, MSG_NOSIGNAL));

    thread->flush_deferred = false;

    return sent < corked_bytes + payload_bytes
               ? write_rest(connection, parts, LWS_ARRAY_SIZE(parts), sent)
               : 0;
}

static inline void begin_pass(struct thread *thread)
{
    if (!thread->pass_open && !thread->flush_deferred)
        pass_begin(thread);
}

/* Returns how many bytes a frame of @payload_bytes has too many for the current TLS record. */
static size_t record_excess(const struct cork *cork, size_t payload_bytes)
{
    size_t bytes = cork_used(cork) + frame_header_size(payload_bytes) + payload_bytes;

    return bytes > RECORD_BYTES ? bytes - RECORD_BYTES : 0;
}

/*
 * Sends a large piece over TLS, behind the tail of the last one, so that the frame and its header
 * share a record. What is too much for that becomes the tail, if the incoming frame goes on.
 */
static int send_records(struct connection *connection, struct frame frame, const uint8_t *payload,
                        size_t payload_bytes)
{
    struct thread *thread = connection->thread;
    size_t held_bytes;
    const uint8_t *held = tail_held(connection, &held_bytes);
    size_t tail_bytes;

    if (thread->cork.owner == connection &&
        record_excess(&thread->cork, held_bytes + payload_bytes) && flush(thread))
        return -1;
    if (thread->cork.owner != connection)
        take_cork(connection);
    tail_bytes = record_excess(&thread->cork, held_bytes + payload_bytes);
    if (tail_bytes > TAIL_MAX_BYTES || tail_bytes > payload_bytes ||
        !lws_remaining_packet_payload(connection->wsi) || (tail_bytes && tail_prepare(connection)))
        tail_bytes = 0;
    if (cork_append_joined(&thread->cork, frame, held, held_bytes, payload,
                           payload_bytes - tail_bytes))
        return refuse_frame(payload_bytes);
    tail_replace(connection, payload + payload_bytes - tail_bytes, tail_bytes);
    if (cork_is_full(&thread->cork))
        return flush(thread);
    begin_pass(thread);

    return 0;
}

NOINLINE static int send_large(struct connection *connection, struct frame frame,
                               const void *payload, size_t payload_bytes)
{
    if (lws_is_ssl(connection->wsi))
        return send_records(connection, frame, payload, payload_bytes);
    if (transport_is_shared(connection->wsi) || lws_partial_buffered(connection->wsi))
        return output_frame_now(connection, frame, payload, payload_bytes);

    if (connection->thread->cork.owner != connection)
        take_cork(connection);
    if (cork_append_header(&connection->thread->cork, frame, payload_bytes))
        return refuse_frame(payload_bytes);

    return send_parts(connection, payload, payload_bytes);
}

static inline void count_sent(struct connection *connection, struct frame frame,
                              size_t payload_bytes)
{
    struct counters *counters = connection->thread->counters;

    connection->sent_bytes += payload_bytes;
    counters->sent_bytes += payload_bytes;
    connection->sent_messages += frame.fin;
    counters->sent_messages += frame.fin;
}

int output_frame(struct connection *connection, struct frame frame, const void *payload,
                 size_t payload_bytes)
{
    struct thread *thread = connection->thread;

    count_sent(connection, frame, payload_bytes);
    if (payload_bytes >= CORK_FULL_BYTES)
        return send_large(connection, frame, payload, payload_bytes);
    if (cork_frame(connection, frame, payload, payload_bytes))
        return -1;
    if (cork_is_full(&thread->cork))
        return flush(thread);
    begin_pass(thread);

    return 0;
}

int output_frame_now(struct connection *connection, struct frame frame, const void *payload,
                     size_t payload_bytes)
{
    if (cork_frame(connection, frame, payload, payload_bytes))
        return -1;

    return flush(connection->thread);
}

int output_close(struct connection *connection, const struct close_payload *close)
{
    uint8_t frame[LWS_PRE + FRAME_CONTROL_PAYLOAD_MAX];

    if (output_tail(connection) || output_flush(connection))
        return -1;
    /* not raw: the mended libwebsockets sends what it owes before a Close, and nothing after it */
    memcpy(frame + LWS_PRE, close->payload, close->bytes);
    if (lws_write(connection->wsi, frame + LWS_PRE, close->bytes, WRITE_CLOSE) < 0)
        return -1;
    if (lws_partial_buffered(connection->wsi))
        block(connection);

    return 0;
}

void output_defer(struct connection *connection)
{
    struct thread *thread = connection->thread;

    if (thread->cork.owner != connection || thread->flush_deferred)
        return;

    pass_cancel(thread);
    thread->flush_deferred = true;
    lws_callback_on_writable(connection->wsi);
}

int output_tail(struct connection *connection)
{
    if (!connection->tail)
        return 0;
    if (change_owner(connection))
        return -1;
    begin_pass(connection->thread);

    return 0;
}

void output_tail_due(struct connection *connection)
{
    if (!output_tail(connection))
        return;
    tail_drop(connection);
    connection->thread->on_unusable(connection);
}

int output_flush(struct connection *connection)
{
    return connection->thread->cork.owner == connection ? flush(connection->thread) : 0;
}

void output_pause(struct connection *connection)
{
    block(connection);
    lws_callback_on_writable(connection->wsi);
}

bool output_has_drained(const struct connection *connection)
{
    return connection->session.blocked && !lws_partial_buffered(connection->wsi);
}
