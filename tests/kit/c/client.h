#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "core/frame.h"
#include "corpus.h"

/*
 * A WebSocket client that does exactly what a test says, even what the protocol forbids. Reads give
 * up after a time that only a hanging server reaches.
 */
struct client {
    int fd;
    bool may_compress; /* permessage-deflate was agreed on */
    SSL *ssl;          /* NULL: plain */
    uint8_t *input;    /* received but not yet taken */
    size_t input_bytes;
    size_t input_room;
    struct corpus corpus; /* what it has sent */
};

struct ssl_session_st; /* SSL_SESSION */

/* One frame as it came. */
struct received_frame {
    bool fin;
    uint8_t rsv;
    uint8_t opcode;
    bool masked;
    size_t bytes;
    const uint8_t *payload; /* valid until the client's next read */
};

/* A whole message, put together from its frames, without the control frames in between. */
struct message {
    uint8_t opcode;
    size_t bytes;
    size_t frames;
    bool compressed;
    uint8_t *payload; /* freed by message_free() */
};

/* Bits of a frame's first byte, beside its opcode. */
enum {
    RSV1 = 0x40,
    FIN = 0x80,
};

enum read_result {
    READ_OK,
    READ_END, /* the connection ended */
    READ_TIMEOUT,
};

/* An opening handshake to send unchanged. */
#define HANDSHAKE                                                                                  \
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"         \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

/** Says whether a process listens at @port on 127.0.0.1. */
bool can_connect(uint16_t port);

/** Connects to @port on 127.0.0.1. Returns false, and fails the test, when that fails. */
bool client_connect(struct client *client, uint16_t port);

/** Connects to the unix socket @path. Returns false, and fails the test, when that fails. */
bool client_connect_local(struct client *client, const char *path);

/** Connects over TLS, offering @alpn in wire format or NULL. */
bool client_connect_tls(struct client *client, uint16_t port, const char *alpn);

/**
 * The same in @version at most, such as TLS1_2_VERSION, with @session or NULL. OpenSSL spoils the
 * session of a connection that ends without close_notify, so these two copy it.
 */
bool client_resume_tls(struct client *client, uint16_t port, int version,
                       struct ssl_session_st *session);

/** Returns the session, to be freed, with the ticket that has come last. */
struct ssl_session_st *client_session(const struct client *client);

/** Connects and upgrades at /ws. */
bool client_open(struct client *client, uint16_t port);
bool client_open_tls(struct client *client, uint16_t port);

/** Sends a correct opening handshake for @path and checks the answer, Sec-WebSocket-Accept too. */
bool client_upgrade(struct client *client, const char *path);

/**
 * Sends an opening handshake for @path with the further header lines @headers, each ended by CRLF,
 * and reads the response. Returns whether it was accepted.
 */
bool client_offer(struct client *client, const char *path, const char *headers, char *response,
                  size_t size);

/** Connects and upgrades at /ws, with the further header lines @headers. */
bool client_open_with(struct client *client, uint16_t port, const char *headers);

/** The same, with a small receive buffer. */
bool client_open_narrow(struct client *client, uint16_t port, const char *headers);

void client_close(struct client *client);

/** Sends @bytes. Returns false when the connection is gone. */
bool client_send(struct client *client, const void *data, size_t bytes);

/** The same over a plain connection, receiving meanwhile, however much comes. */
bool client_send_reading(struct client *client, const void *data, size_t bytes);

/** Waits until all that was sent has reached the server's kernel. Returns false if it does not. */
bool client_wait_taken(struct client *client);

/**
 * Waits until the server has most probably handled all that @client has sent: @witness, another
 * connection of the same server, gets several turns meanwhile.
 */
void wait_settled(struct client *client, struct client *witness);

/** Waits until @witness has had several turns. */
void wait_turns(struct client *witness);

/** Composes a masked frame at @out; @first is opcode and FIN. Returns its size. */
size_t compose_frame(uint8_t *out, unsigned first, const void *payload, size_t bytes);

/** Composes only the header of a masked frame. Returns its size; the key is mask_key(). */
size_t compose_header(uint8_t *out, unsigned first, uint64_t bytes);

/** Returns byte @i of the masking key that compose_header() writes. */
uint8_t mask_key(uint64_t i);

/** Composes and sends a masked frame. */
bool client_send_frame(struct client *client, unsigned first, const void *payload, size_t bytes);

/** Sends one HTTP request and reads the whole response, up to the end of the connection or of its
 * Content-Length. Returns false when there is none. */
bool client_request(struct client *client, const char *request, char *response, size_t size);

/** Receives some bytes into the input. */
enum read_result client_receive(struct client *client);

/** Receives until the server ends the connection; fails the test if it does not. */
void check_end(struct client *client);

/** Reads up to @bytes of payload as they come, without putting frames together. */
enum read_result client_read_frame(struct client *client, struct received_frame *frame);

/** Reads one data message. */
enum read_result client_read_message(struct client *client, struct message *message);
void message_free(struct message *message);

/** Reads one message and fails the test unless it is this one; @row names it. */
void check_message(struct client *client, unsigned opcode, const void *payload, size_t bytes,
                   const char *row);

/** Sends a message in one frame and checks its echo. */
void check_echo(struct client *client, unsigned opcode, const void *payload, size_t bytes,
                const char *row);

/** Reads past data to the Close frame, and checks its payload and that the TCP connection then
 * ends. */
void check_close(struct client *client, const void *payload, size_t bytes, const char *row);

/** Reads one frame and fails the test unless it is a Close with @code, whatever its reason. */
void check_close_code(struct client *client, unsigned code, const char *row);

/** The same with 1002. */
void check_protocol_error(struct client *client, const char *row);

/** Closes with 1000 and checks the answer, then releases the client. */
void client_say_goodbye(struct client *client);

/** Returns @bytes pseudo-random bytes from @seed, to be freed. */
uint8_t *random_bytes(uint32_t seed, size_t bytes);
