#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/address.h"

/* The longest value of a header, in bytes: libwebsockets counts it in 16 bits. */
#define REQUEST_VALUE_MAX 65535

/* The value of a header. The lines of a repeated header are joined by commas. */
struct request_value {
    bool present;                     /* the header is there and not empty, however long */
    bool readable;                    /* @text has all of it, and it contains no NUL */
    size_t bytes;                     /* of @text, without the NUL at its end */
    char text[REQUEST_VALUE_MAX + 1]; /* only valid if readable */
};

/*
 * A WebSocket opening handshake (RFC 6455 section 4.2.1): what the client says, as far as it
 * matters. link/upgrade.c fills it once, from the headers that libwebsockets holds. It is large,
 * but only as much of it is ever touched as the headers are long.
 */
struct request {
    bool has_endpoint; /* the path has an endpoint that takes WebSocket connections */
    bool tls;
    bool stream;              /* an extended CONNECT of HTTP/2 (RFC 8441), which has no key */
    bool stream_works;        /* libwebsockets can carry WebSockets on streams */
    bool get;                 /* the method is GET */
    bool http_1_1;            /* the HTTP version is 1.1 */
    bool no_body;             /* nothing says that a body follows the headers */
    bool has_host;            /* it has a Host header */
    bool upgrade;             /* Connection is a list that libwebsockets can read, with "Upgrade" */
    bool version_13;          /* Sec-WebSocket-Version is 13 */
    bool offers_readable;     /* libwebsockets can read Sec-WebSocket-Protocol, or it is absent */
    bool reads_extensions;    /* libwebsockets can read Sec-WebSocket-Extensions, however long */
    struct address peer;      /* who has sent it; unknown if it is not needed */
    struct request_value key; /* Sec-WebSocket-Key */
    struct request_value origin;        /* Origin */
    struct request_value offers;        /* Sec-WebSocket-Protocol: its items, joined by "," alone */
    struct request_value extensions;    /* Sec-WebSocket-Extensions */
    struct request_value forwarded_for; /* X-Forwarded-For */
};
