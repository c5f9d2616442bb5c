#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/address.h"

/* The longest value of a header that is read, in bytes. */
#define REQUEST_VALUE_MAX 1023

/* The value of a header; the lines of a header that is repeated are joined by commas. */
struct request_value {
    bool present;                     /* and not empty, however long */
    bool readable;                    /* all of it is here, and it has no NUL */
    size_t bytes;                     /* of @text, without its NUL */
    char text[REQUEST_VALUE_MAX + 1]; /* not set unless it is readable */
};

/*
 * A WebSocket opening handshake (RFC 6455 section 4.2.1): what the client says, as far as it
 * matters. It is filled once, in link/upgrade.c, from what libwebsockets holds.
 */
struct request {
    bool has_endpoint; /* one that takes WebSocket connections serves the path */
    bool tls;
    bool get;      /* the method */
    bool http_1_1; /* the version */
    bool has_host; /* a Host header */
    bool upgrade;  /* Connection is a list of tokens, readable for libwebsockets, with "Upgrade" */
    bool version_13;                    /* Sec-WebSocket-Version */
    bool offers_readable;               /* so is Sec-WebSocket-Protocol, or it is absent */
    struct address peer;                /* who has sent it; not known unless that matters */
    struct request_value key;           /* Sec-WebSocket-Key */
    struct request_value origin;        /* Origin */
    struct request_value offers;        /* Sec-WebSocket-Protocol: its items, joined by "," alone */
    struct request_value extensions;    /* Sec-WebSocket-Extensions */
    struct request_value forwarded_for; /* X-Forwarded-For */
};
