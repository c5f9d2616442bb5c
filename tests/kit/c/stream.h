#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"

/*
 * A long exchange over one connection: messages go out and their echoes come in at the same time;
 * neither is kept. The content is a pattern that identifies each byte's place.
 */
struct stream {
    struct client *client;
    size_t message_bytes;
    size_t messages;

    /* out */
    uint64_t composed; /* payload bytes */
    size_t place;      /* in the message being composed */
    uint8_t out[65536];
    size_t out_used;
    size_t out_bytes;

    /* in */
    uint64_t received; /* payload bytes */
    size_t received_messages;
    uint8_t header[10];
    size_t header_bytes;
    uint64_t frame_left;
    bool inside_message;
    bool close_received;
    bool inside_ping;
    uint8_t ping[8]; /* payload of a Ping from the server, answered between pieces of messages */
    size_t ping_bytes;
    bool pong_owed;
    const char *fault; /* what is wrong with the input, or NULL */
};

/** Prepares to send @messages messages of @message_bytes each over @client, an open connection. */
void stream_init(struct stream *stream, struct client *client, size_t message_bytes,
                 size_t messages);

/** Sends without reading until the server takes no more, or until everything is sent. */
void stream_push(struct stream *stream);

/**
 * Sends up to payload byte @payload_bytes, or everything, and reads until all of it has come back.
 *
 * Returns false on a fault, an end or a hang.
 */
bool stream_exchange(struct stream *stream, uint64_t payload_bytes);

/** Only reads, until a Close frame has come. Returns false on a fault or an earlier end. */
bool stream_read_to_close(struct stream *stream);

/* The checks that plain and TLS connections share. They start servers with the given members. */

/**
 * A message of @bytes comes back while it is being sent, and the server's memory stays flat: the
 * last byte is sent only after all others are back.
 */
void check_large_message(const char *members, bool tls, size_t bytes);

/* What goes to a slow reader: more than the sockets' buffers hold. */
struct slow_reader {
    const char *name;
    const char *members;
    size_t message_bytes;
    size_t messages;
};

/**
 * Each of @rows goes to a reader that does not read: the server stops reading, its memory stays
 * flat, and nothing is lost in the end.
 */
void check_slow_readers(const struct slow_reader *rows, size_t count, bool tls);
