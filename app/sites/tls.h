#pragma once

#include <stddef.h>

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

/** Erases the key, and releases both. */
void tls_pair_fini(struct tls_pair *pair);
