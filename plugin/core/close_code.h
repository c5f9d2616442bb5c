#pragma once

#include <stdbool.h>

/* The close codes that we send on our own (RFC 6455 section 7.4.1). */
enum close_code {
    CLOSE_NORMAL = 1000,
    CLOSE_GOING_AWAY = 1001,
    CLOSE_PROTOCOL_ERROR = 1002,
    CLOSE_INVALID_PAYLOAD = 1007,
    CLOSE_TOO_BIG = 1009,
    CLOSE_INTERNAL_ERROR = 1011,
};

/* Codes that are reported but never sent (RFC 6455 section 7.4.1). */
enum close_code_absent {
    CLOSE_NO_STATUS = 1005, /* the Close had no code */
    CLOSE_ABNORMAL = 1006,  /* there was no Close */
};

/**
 * Says whether a peer may put @code into a Close frame.
 *
 * It may use the codes that RFC 6455 section 7.4 and the IANA registry define for use on the wire,
 * and the ranges for libraries and applications (3000..4999). Reserved codes (1004, 1005, 1006,
 * 1015) and undefined ones are protocol errors.
 */
bool close_code_receivable(unsigned code);
