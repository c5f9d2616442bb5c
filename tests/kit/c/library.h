#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * What the libwebsockets under test does otherwise than the mended one. Each row of the table in
 * library.c is a row of docs/libwebsockets.md, and a test for each asks which library runs.
 */
enum library_limit {
    LIMIT_PREFIX_OF_A_HEADER,
    LIMIT_SECOND_BODY_HANGS,
    LIMIT_UNCLEAR_LENGTH,
    LIMIT_NO_LENGTH_IS_100_MB,
    LIMIT_BODY_TOO_LONG,
    LIMIT_ANSWERED_TWICE,
    LIMIT_PARKED_PEER_ENDS,
    LIMIT_INPUT_WHILE_RESPONSE_IS_OWED,
    LIMIT_RESPONSE_OVERWRITES_INPUT,
    LIBRARY_LIMITS
};

/** Says whether the library of the server that tests start (see server.h) has @limit. */
bool library_has(enum library_limit limit);

/** Returns the row of the document's table for @limit, with its line end; to be freed. */
char *library_limit_line(enum library_limit limit);
