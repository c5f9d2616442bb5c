#pragma once

#include <stdbool.h>

#include "link/connection.h"
#include "link/liveness.h"
#include "link/output.h"

/*
 * Receives a piece of a message: what comes before and after the call of the endpoint. Inline, as
 * every message passes here.
 */

/**
 * Sets @piece to what libwebsockets has read of a frame, without copying @payload, and counts it.
 * Returns false if it must be ignored because the connection is closing.
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

/** Completes a piece that the endpoint has taken. @continues: it begins a continuation frame. */
static inline void receive_end(struct connection *connection, const struct piece *piece,
                               bool continues)
{
    connection->inside_frame = piece->frame_left_bytes != 0;
    if (continues) /* a Ping may have come in between: its Pong goes out before this */
        output_defer(connection);
    liveness_received(connection);
}
