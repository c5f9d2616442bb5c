#pragma once

#include <stdbool.h>

/* The close codes this endpoint sends by itself (RFC 6455 section 7.4.1). */
enum close_code {
    CLOSE_NORMAL = 1000,
    CLOSE_GOING_AWAY = 1001,
    CLOSE_PROTOCOL_ERROR = 1002,
    CLOSE_INVALID_PAYLOAD = 1007,
    CLOSE_TOO_BIG = 1009,
    CLOSE_INTERNAL_ERROR = 1011,
};

/* What is said, never sent, of a connection that ended otherwise (RFC 6455 section 7.4.1). */
enum close_code_absent {
    CLOSE_NO_STATUS = 1005, /* by a Close without a code */
    CLOSE_ABNORMAL = 1006,  /* without a Close */
};

/**
 * Says whether a peer may put @code into a Close frame.
 *
 * Those are the codes that RFC 6455 section 7.4 and the IANA registry define for use on the
 * wire, and the ranges left to libraries and applications (3000..4999). Codes reserved for local
 * use (1004, 1005, 1006, 1015) and undefined ones are protocol errors.
 */
bool close_code_receivable(unsigned code);
