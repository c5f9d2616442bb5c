#pragma once

#include <stddef.h>

#include <libwebsockets.h>

#include "config/config.h"

/* A certificate and its key, in DER. */
struct tls_pair {
    unsigned char *cert;
    unsigned char *key;
    size_t cert_bytes;
    size_t key_bytes;
};

#define TLS_TICKET_SECRET_BYTES 32

/* What all processes of the server use for TLS. */
struct tls_common {
    struct tls_pair self_signed; /* empty unless configured */
    unsigned char ticket_secret[TLS_TICKET_SECRET_BYTES];
};

/**
 * Makes what @config needs. Returns 0, or -1 after one line on standard error; tls_common_fini()
 * releases it either way.
 */
int tls_common_init(struct tls_common *common, const struct config *config);

/** Erases the secrets, and releases all. */
void tls_common_fini(struct tls_common *common);

/**
 * Checks that the files of @config hold a certificate and its key.
 *
 * Returns 0, or -1 after one line on standard error.
 */
int tls_check_files(const struct config *config);

/**
 * Creates a self-signed certificate for localhost, 127.0.0.1 and ::1, valid for a week.
 *
 * Returns 0; the caller releases @pair with tls_pair_fini(). Returns -1 after one line on
 * standard error.
 */
int tls_self_sign(struct tls_pair *pair);

/**
 * Sets up the SSL_CTX of a vhost whose "user" is the struct tls_common. It is the callback of the
 * vhost's first protocol while the vhost is created: that is how libwebsockets hands its SSL_CTX
 * out.
 *
 * Key exchange groups are X25519, P-256, P-384 and P-521 (RFC 8446 section 4.2.7), in this order.
 * libwebsockets sets P-256 alone, which costs every client that begins with X25519, as most do,
 * another round trip, and the server more memory for each connection.
 *
 * Sessions are resumed from tickets alone (RFC 5077, RFC 8446 section 4.6.1): the server keeps
 * nothing of them. All processes share the keys, as any of them may get the client's next
 * connection. They belong to the certificate: with another one, every handshake is whole.
 */
int tls_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                 size_t len);

/** Erases the key, and releases both. */
void tls_pair_fini(struct tls_pair *pair);
