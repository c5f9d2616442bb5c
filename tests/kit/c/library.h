#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * What the libwebsockets under test does otherwise than the mended one. Each row of the table in
 * library.c is a row of docs/libwebsockets.md, and a test for each asks which library runs.
 */
enum library_limit {
    LIMIT_INPUT_BEHIND_HANDSHAKE,
    LIMIT_PREFIX_OF_A_HEADER,
    LIMIT_METHOD_AS_A_HEADER,
    LIMIT_REQUEST_SYNTAX,
    LIMIT_BLANKS_AROUND_VALUES,
    LIMIT_UNKNOWN_UPGRADE,
    LIMIT_COMPLAINT_AFTER_UNKNOWN_UPGRADE,
    LIMIT_UNMASKED_FRAMES,
    LIMIT_LONGER_LENGTHS,
    LIMIT_RSV1_ON_PING,
    LIMIT_CODES_1012_TO_1014,
    LIMIT_LOST_PINGS,
    LIMIT_AFTER_OUR_CLOSE,
    LIMIT_SECOND_BODY_HANGS,
    LIMIT_UNCLEAR_LENGTH,
    LIMIT_NO_LENGTH_IS_100_MB,
    LIMIT_BODY_TOO_LONG,
    LIMIT_ANSWERED_TWICE,
    LIMIT_PARKED_PEER_ENDS,
    LIMIT_INPUT_WHILE_RESPONSE_IS_OWED,
    LIMIT_RESPONSE_OVERWRITES_INPUT,
    LIMIT_UPGRADE_LISTS,
    LIMIT_TOKEN_LISTS,
    LIMIT_ASTERISK_IN_CONNECTION,
    LIMIT_LONG_EXTENSIONS,
    LIMIT_HEAD_SIZE,
    LIBRARY_LIMITS, /* how many there are */
};

/** Says whether the library of the server that tests start (see server.h) has @limit. */
bool library_has(enum library_limit limit);

/* The head of the document's table, without its last line end. */
#define LIBRARY_TABLE_HEAD                                                                         \
    "| limit | 4.1.6 | 4.3.5 | 4.3.5, mended | 4.1.6, mended |\n|---|---|---|---|---|"

/** Returns the row of the document's table for @limit, with its line end; to be freed. */
char *library_limit_line(enum library_limit limit);
