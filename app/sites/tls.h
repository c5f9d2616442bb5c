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
 * Offers the key exchange groups X25519, P-256, P-384 and P-521 (RFC 8446 section 4.2.7), in this
 * order. libwebsockets sets P-256 alone, which costs every client that begins with X25519, as most
 * do, another round trip, and the server more memory for each connection.
 *
 * It is the callback of a vhost's first protocol while the vhost is created: that is how
 * libwebsockets hands its SSL_CTX out.
 */
int tls_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                 size_t len);

/** Erases the key, and releases both. */
void tls_pair_fini(struct tls_pair *pair);
