#include "sites/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"

#define WEEK_S (7L * 24 * 3600)
/* the clocks of client and server may differ */
#define BACKDATED_S 3600L

static const char *openssl_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return reason ? reason : "unknown error";
}

static int report(const char *what, const char *file)
{
    log_say(LLL_ERR, "%s: %s: %s", file, what, openssl_reason());
    ERR_clear_error();

    return -1;
}

/* For a file that it cannot open, OpenSSL says only "system lib". */
static int check_readable(const char *what, const char *file)
{
    if (!access(file, R_OK))
        return 0;
    log_say(LLL_ERR, "%s: the %s cannot be read: %s", file, what, strerror(errno));

    return -1;
}

/* Nobody can be asked for a passphrase: encrypted keys cannot be used. */
static int no_passphrase(char *out, int size, int writing, void *data)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)data;

    return 0;
}

int tls_check_files(const struct config *config)
{
    SSL_CTX *context;
    int failure = 0;

    if (check_readable("certificate", config->tls_cert) ||
        check_readable("private key", config->tls_key))
        return -1;
    context = SSL_CTX_new(TLS_server_method());
    if (!context)
        return report("TLS cannot be set up", "OpenSSL");

    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(context, config->tls_cert) != 1)
        failure = report("the certificate cannot be used", config->tls_cert);
    else if (SSL_CTX_use_PrivateKey_file(context, config->tls_key, SSL_FILETYPE_PEM) != 1)
        failure = report("the private key cannot be used", config->tls_key);
    else if (SSL_CTX_check_private_key(context) != 1)
        failure = report("the private key does not match the certificate", config->tls_key);
    SSL_CTX_free(context);

    return failure;
}

static int add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    int added;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    added = extension && X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);

    return added;
}

static X509 *make_cert(EVP_PKEY *key)
{
    X509 *cert = X509_new();
    BIGNUM *serial = BN_new();
    X509_NAME *name = cert ? X509_get_subject_name(cert) : NULL;

    if (!name || !serial || !BN_rand(serial, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) ||
        !BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert)) ||
        !X509_set_version(cert, X509_VERSION_3) ||
        !X509_gmtime_adj(X509_getm_notBefore(cert), -BACKDATED_S) ||
        !X509_gmtime_adj(X509_getm_notAfter(cert), WEEK_S) ||
        !X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost",
                                    -1, -1, 0) ||
        !X509_set_issuer_name(cert, name) || !X509_set_pubkey(cert, key) ||
        !add_extension(cert, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") ||
        !add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(cert, NID_ext_key_usage, "serverAuth") ||
        !X509_sign(cert, key, EVP_sha256())) {
        X509_free(cert);
        cert = NULL;
    }
    BN_free(serial);

    return cert;
}

int tls_self_sign(struct tls_pair *pair)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = key ? make_cert(key) : NULL;
    int cert_bytes;
    int key_bytes;

    memset(pair, 0, sizeof(*pair));
    cert_bytes = cert ? i2d_X509(cert, &pair->cert) : -1;
    key_bytes = cert ? i2d_PrivateKey(key, &pair->key) : -1;
    X509_free(cert);
    EVP_PKEY_free(key);
    if (cert_bytes < 0 || key_bytes < 0) {
        tls_pair_fini(pair);
        return report("cannot be created", "self-signed certificate");
    }
    pair->cert_bytes = (size_t)cert_bytes;
    pair->key_bytes = (size_t)key_bytes;

    return 0;
}

/* Derives the keys for tickets from the secret and the certificate. Returns 0 or -1. */
static int set_ticket_keys(SSL_CTX *context, const struct tls_common *common)
{
    X509 *cert = SSL_CTX_get0_certificate(context);
    unsigned char input[EVP_MAX_MD_SIZE + 1];
    unsigned char keys[2 * SHA512_DIGEST_LENGTH];
    long bytes = SSL_CTX_get_tlsext_ticket_keys(context, NULL, 0);
    unsigned digest_bytes;
    int failure = -1;

    if (!cert || bytes > (long)sizeof(keys) ||
        !X509_digest(cert, EVP_sha256(), input, &digest_bytes))
        return -1;

    for (unsigned char i = 0; i < 2; i++) {
        input[digest_bytes] = i;
        if (!HMAC(EVP_sha512(), common->ticket_secret, sizeof(common->ticket_secret), input,
                  digest_bytes + 1, keys + (size_t)i * SHA512_DIGEST_LENGTH, NULL))
            goto erase_keys;
    }
    if (SSL_CTX_set_tlsext_ticket_keys(context, keys, bytes) == 1)
        failure = 0;

erase_keys:
    OPENSSL_cleanse(keys, sizeof(keys));

    return failure;
}

int tls_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                 size_t len)
{
    SSL_CTX *context = user;

    (void)wsi;
    (void)len;
    if (reason != LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS)
        return 0;

    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);

    return SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384:P-521") == 1
               ? set_ticket_keys(context, lws_vhost_user(in))
               : -1;
}

void tls_pair_fini(struct tls_pair *pair)
{
    OPENSSL_free(pair->cert);
    OPENSSL_clear_free(pair->key, pair->key_bytes);
    memset(pair, 0, sizeof(*pair));
}

int tls_common_init(struct tls_common *common, const struct config *config)
{
    memset(common, 0, sizeof(*common));
    if (getrandom(common->ticket_secret, sizeof(common->ticket_secret), 0) !=
        sizeof(common->ticket_secret)) {
        log_say(LLL_ERR, "the system has no random numbers: %s", strerror(errno));
        return -1;
    }

    return config->tls == CONFIG_TLS_SELF_SIGNED ? tls_self_sign(&common->self_signed) : 0;
}

void tls_common_fini(struct tls_common *common)
{
    tls_pair_fini(&common->self_signed);
    OPENSSL_cleanse(common->ticket_secret, sizeof(common->ticket_secret));
}
