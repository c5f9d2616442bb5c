#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"

/* Room for the longest line, in bytes, including its NUL. */
#define RECORD_MAX 2048

/* What the log says about a connection that has ended: no payload, and no text of a Close. */
struct record {
    struct address peer;
    const char *path;
    const char *subprotocol; /* @subprotocol_bytes of it, without a NUL; 0: none */
    size_t subprotocol_bytes;
    const char *compression; /* "on" or "off" */
    int64_t duration_us;
    uint64_t received_messages;
    uint64_t received_bytes;
    uint64_t sent_messages;
    uint64_t sent_bytes;
    unsigned code;
    const char *why; /* our own words, never the peer's */
};

/**
 * Write the line about a connection to @out, without a line end: in logfmt after the name of the
 * protocol, or as a JSON object that begins with @time.
 *
 * Text from the peer is escaped, so that it can neither end the line nor forge a field.
 *
 * Return the size in bytes without the NUL, or -1 if @size is too small.
 */
int record_write_text(const struct record *record, char *out, size_t size);
int record_write_json(const struct record *record, const char *time, char *out, size_t size);

/** Write the line about a handshake that was refused with the HTTP status @status, likewise. */
int record_write_refusal_text(const struct address *peer, const char *reason, unsigned status,
                              char *out, size_t size);
int record_write_refusal_json(const struct address *peer, const char *reason, unsigned status,
                              const char *time, char *out, size_t size);
