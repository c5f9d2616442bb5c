#pragma once

#include <stdbool.h>

#include "link/connection.h"
#include "link/liveness.h"
#include "link/output.h"

/*
 * Receiving a piece of a message, in two halves around the endpoint that takes it. They are inline:
 * every message passes them.
 */

/**
 * Makes a piece of what libwebsockets has read of a frame, and counts it. Returns false if it is
 * not to be dealt with, as the connection is closing.
 */
static inline bool receive_begin(struct connection *connection, struct lws *wsi,
                                 const void *payload, size_t bytes, struct piece *piece)
{
    struct counters *counters;

    if (!session_echoes(&connection->session))
        return false;

    *piece = (struct piece){
        .payload = payload,
        .bytes = bytes,
        .frame_left_bytes = lws_remaining_packet_payload(wsi),
        .first = lws_is_first_fragment(wsi),
        .final = lws_is_final_fragment(wsi),
        .binary = lws_frame_is_binary(wsi),
    };
    counters = connection->thread->counters;
    connection->received_bytes += bytes;
    counters->received_bytes += bytes;
    connection->received_messages += piece->final;
    counters->received_messages += piece->final;

    return true;
}

/** The endpoint has taken the piece, whose frame began in it unless @continues. */
static inline void receive_end(struct connection *connection, const struct piece *piece,
                               bool continues)
{
    connection->inside_frame = piece->frame_left_bytes != 0;
    if (continues) /* a Ping may have come before: its Pong shall precede the message's end */
        output_defer(connection);
    liveness_received(connection);
}
