/* The same over TLS. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "client.h"
#include "clock.h"
#include "runner.h"
#include "server.h"
#include "sites/tls.h"
#include "stream.h"

#define SELF_SIGNED ON_FREE_PORT ", \"tls\": \"self-signed\""

/* What a record carries at most (RFC 8446 section 5.1). */
#define RECORD_BYTES ((size_t)16384)

static void messages_come_back_over_wss(void)
{
    static const size_t rows[] = {0, 1, 125, 126, 16384, 65535, 65536, 1 << 20};
    struct server server;
    struct client client;
    char row[32];

    if (!server_start(&server, SELF_SIGNED))
        return;
    if (client_open_tls(&client, server.port)) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            uint8_t *payload = random_bytes((uint32_t)i, rows[i]);

            snprintf(row, sizeof(row), "%zu bytes", rows[i]);
            check_echo(&client, OPCODE_BINARY, payload, rows[i], row);
            free(payload);
        }
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

static void the_self_signed_certificate_is_for_this_machine_and_short_lived(void)
{
    struct server server;
    struct client client;
    X509 *cert;
    int days;
    int seconds;

    if (!server_start(&server, SELF_SIGNED))
        return;
    if (client_open_tls(&client, server.port)) {
        cert = SSL_get1_peer_certificate(client.ssl);
        CU_ASSERT_EQUAL(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
        CU_ASSERT_EQUAL(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
        CU_ASSERT_EQUAL(X509_check_ip_asc(cert, "::1", 0), 1);
        CU_ASSERT_EQUAL(X509_cmp_current_time(X509_get0_notBefore(cert)), -1);
        CU_ASSERT_EQUAL(X509_cmp_current_time(X509_get0_notAfter(cert)), 1);
        ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(cert), X509_get0_notAfter(cert));
        CU_ASSERT_TRUE(days <= 8);
        X509_free(cert);
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

/* Most clients begin with X25519: where that is taken, no HelloRetryRequest costs a round trip. */
static void the_group_that_clients_begin_with_is_taken(void)
{
    struct server server;
    struct client client;

    if (!server_start(&server, SELF_SIGNED))
        return;
    if (client_open_tls(&client, server.port)) {
        CU_ASSERT_EQUAL(SSL_get_negotiated_group(client.ssl), NID_X25519);
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

/* Returns a session to be freed, or NULL. */
static SSL_SESSION *first_session(const struct server *server, int version)
{
    struct client client;
    SSL_SESSION *session = NULL;

    if (client_resume_tls(&client, server->port, version, NULL) && client_upgrade(&client, "/ws")) {
        CU_ASSERT_FALSE(SSL_session_reused(client.ssl));
        check_echo(&client, OPCODE_TEXT, "behind the ticket", 17, "first");
        session = client_session(&client);
        client_say_goodbye(&client);
    }

    return session;
}

/* Of 20 connections, two workers get at least one each, but for 1 in 2^19 runs. */
static void sessions_are_resumed_by_whichever_process(void)
{
    static const struct {
        const char *name;
        const char *members;
        int version;
    } rows[] = {
        {"TLS 1.3", SELF_SIGNED, TLS1_3_VERSION},
        {"TLS 1.2", SELF_SIGNED, TLS1_2_VERSION},
        {"TLS 1.3, two workers", SELF_SIGNED ", \"workers\": 2", TLS1_3_VERSION},
        {"TLS 1.2, two workers", SELF_SIGNED ", \"workers\": 2", TLS1_2_VERSION},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;
        SSL_SESSION *session;
        int resumed = 0;

        if (!server_start(&server, rows[i].members))
            continue;
        session = first_session(&server, rows[i].version);
        CHECK_ROW(session != NULL, rows[i].name);
        for (int c = 0; session && c < 20; c++) {
            struct client client;

            if (!client_resume_tls(&client, server.port, rows[i].version, session) ||
                !client_upgrade(&client, "/ws"))
                break;
            resumed += SSL_session_reused(client.ssl);
            check_echo(&client, OPCODE_TEXT, "resumed", 7, rows[i].name);
            client_say_goodbye(&client);
        }
        CHECK_ROW(resumed == 20, rows[i].name);
        SSL_SESSION_free(session);
        server_stop(&server);
    }
}

/* A client that takes no tickets gets no name for its session either. */
static void the_server_keeps_no_session(void)
{
    struct server server;
    struct client client;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    unsigned bytes = 1;

    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    if (server_start(&server, SELF_SIGNED)) {
        if (client_connect(&client, server.port)) {
            client.ssl = SSL_new(context);
            SSL_set_fd(client.ssl, client.fd);
            CU_ASSERT_EQUAL(SSL_connect(client.ssl), 1);
            SSL_SESSION_get_id(SSL_get0_session(client.ssl), &bytes);
            CU_ASSERT_EQUAL(bytes, 0);
            CU_ASSERT_TRUE(client_upgrade(&client, "/ws"));
            client_say_goodbye(&client);
        }
        server_stop(&server);
    }
    SSL_CTX_free(context);
}

static void only_http_1_1_is_negotiated(void)
{
    struct server server;
    struct client client;
    const unsigned char *chosen;
    unsigned bytes;

    if (!server_start(&server, SELF_SIGNED))
        return;
    if (client_connect_tls(&client, server.port, "\x02h2\x08http/1.1") &&
        client_upgrade(&client, "/ws")) {
        SSL_get0_alpn_selected(client.ssl, &chosen, &bytes);
        CU_ASSERT_EQUAL(bytes, 8);
        CU_ASSERT_EQUAL(memcmp(chosen, "http/1.1", bytes), 0);
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

/* With @passphrase, if it is not NULL, the key is encrypted. */
static void write_pem(char cert_name[64], char key_name[64], const char *passphrase)
{
    struct tls_pair pair;
    const unsigned char *p;
    EVP_PKEY *key;
    X509 *cert;
    FILE *file;

    CU_ASSERT_EQUAL(tls_self_sign(&pair), 0);
    p = pair.cert;
    cert = d2i_X509(NULL, &p, (long)pair.cert_bytes);
    p = pair.key;
    key = d2i_AutoPrivateKey(NULL, &p, (long)pair.key_bytes);
    write_temporary(cert_name, "");
    write_temporary(key_name, "");
    file = fopen(cert_name, "w");
    PEM_write_X509(file, cert);
    fclose(file);
    file = fopen(key_name, "w");
    PEM_write_PrivateKey(file, key, passphrase ? EVP_aes_128_cbc() : NULL, NULL, 0, NULL,
                         (void *)passphrase);
    fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
    tls_pair_fini(&pair);
}

static void certificate_and_key_may_be_files(void)
{
    struct server server;
    struct client client;
    char members[512];
    char cert[64];
    char key[64];

    write_pem(cert, key, NULL);
    snprintf(members, sizeof(members),
             ON_FREE_PORT ", \"tls\": { \"cert\": \"%s\", \"key\": \"%s\" }", cert, key);
    if (server_start(&server, members)) {
        if (client_open_tls(&client, server.port)) {
            check_echo(&client, OPCODE_TEXT, "files", 5, "files");
            client_say_goodbye(&client);
        }
        server_stop(&server);
    }
    unlink(cert);
    unlink(key);
}

static void a_key_of_another_certificate_stops_the_start(void)
{
    struct server server;
    char config[512];
    char name[64];
    char cert[64];
    char key[64];
    char other_cert[64];
    char other_key[64];

    write_pem(cert, key, NULL);
    write_pem(other_cert, other_key, NULL);
    snprintf(config, sizeof(config), "{ \"tls\": { \"cert\": \"%s\", \"key\": \"%s\" } }", cert,
             other_key);
    write_temporary(name, config);
    server_spawn(&server, (const char *const[]){"-c", name, NULL});
    CU_ASSERT_EQUAL(server_wait_exit(&server), 1);
    CHECK_ROW(strstr(server.text, other_key) && strstr(server.text, "key values mismatch"),
              server.text);
    unlink(name);
    unlink(cert);
    unlink(key);
    unlink(other_cert);
    unlink(other_key);
}

/* On a terminal OpenSSL would ask, and wait. */
static void nobody_is_asked_for_a_passphrase(void)
{
    struct server server;
    char config[512];
    char name[64];
    char cert[64];
    char key[64];

    write_pem(cert, key, "secret");
    snprintf(config, sizeof(config), "{ \"tls\": { \"cert\": \"%s\", \"key\": \"%s\" } }", cert,
             key);
    write_temporary(name, config);
    server_spawn(&server, (const char *const[]){"-c", name, NULL});
    CU_ASSERT_EQUAL(server_wait_exit(&server), 1);
    CHECK_ROW(strstr(server.text, "the private key cannot be used"), server.text);
    CHECK_ROW(!strstr(server.text, "pass phrase"), server.text);
    unlink(name);
    unlink(cert);
    unlink(key);
}

/* Counts the headers of the records that come. */
static void on_record(int write, int version, int type, const void *data, size_t bytes, SSL *ssl,
                      void *records)
{
    (void)version;
    (void)data;
    (void)bytes;
    (void)ssl;
    if (!write && type == SSL3_RT_HEADER)
        ++*(size_t *)records;
}

/* Sends a message in full records and returns in how many records it comes back. */
static size_t echo_records(struct client *client, const uint8_t *payload, size_t bytes,
                           size_t *frames, const char *row)
{
    struct message message;
    size_t records = 0;

    SSL_set_msg_callback(client->ssl, on_record);
    SSL_set_msg_callback_arg(client->ssl, &records);
    client_send_frame(client, FIN | OPCODE_BINARY, payload, bytes);
    CHECK_ROW(client_read_message(client, &message) == READ_OK, row);
    CHECK_ROW(message.bytes == bytes && !memcmp(message.payload, payload, bytes), row);
    *frames = message.frames;
    message_free(&message);
    SSL_set_msg_callback(client->ssl, NULL);

    return records;
}

/*
 * A piece that fills a record coming in does not fill more than one going out. Each piece has a
 * header, so the least number of records is that of the payload, and one for all headers.
 */
static void a_piece_and_its_header_share_a_record(void)
{
    static const struct {
        size_t bytes;
        size_t least;
        const char *name;
    } rows[] = {
        {64, 1, "64 bytes"},    {4096, 1, "4 KiB"},
        {16384, 2, "16 KiB"},   {102400, 7, "100 KiB"},
        {1 << 20, 65, "1 MiB"}, {64 * RECORD_BYTES - 14, 65, "the last piece fills a record"},
    };
    struct server server;
    struct client client;

    if (!server_start(&server, SELF_SIGNED))
        return;
    if (client_open_tls(&client, server.port)) {
        check_echo(&client, OPCODE_TEXT, "behind the tickets", 18, "first");
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            uint8_t *payload = random_bytes((uint32_t)i, rows[i].bytes);
            int64_t deadline_ms = clock_deadline_ms();
            size_t records;
            size_t frames;

            /* on a busy machine more frames may be needed, as pieces do not wait for long */
            do {
                records = echo_records(&client, payload, rows[i].bytes, &frames, rows[i].name);
                CHECK_ROW(records <= frames + 1, rows[i].name);
            } while (records != rows[i].least && clock_tick(deadline_ms));
            CHECK_ROW(records == rows[i].least, rows[i].name);
            free(payload);
        }
        client_say_goodbye(&client);
    }
    server_stop(&server);
}

/* What a piece has left for the next record is sent before a Close ends the wait for it. */
static void what_was_sent_of_a_message_is_back_before_the_close(void)
{
    struct server server;
    struct client client;
    struct received_frame frame;
    size_t sent = 3 * RECORD_BYTES - 14; /* three records, with the header */
    uint8_t *payload = random_bytes(1, sent);
    uint8_t *out = malloc(sent + 14);
    size_t header = compose_header(out, FIN | OPCODE_BINARY, 1 << 20);
    size_t got = 0;

    for (size_t i = 0; i < sent; i++)
        out[header + i] = (uint8_t)(payload[i] ^ mask_key(i));
    if (server_start(&server, SELF_SIGNED)) {
        if (client_open_tls(&client, server.port)) {
            client_send(&client, out, header + sent);
            while (got < 2 * RECORD_BYTES && client_read_frame(&client, &frame) == READ_OK)
                got += frame.bytes;
            kill(server.pid, SIGTERM);
            while (client_read_frame(&client, &frame) == READ_OK && frame.opcode != OPCODE_CLOSE) {
                CU_ASSERT_TRUE(got + frame.bytes <= sent &&
                               !memcmp(frame.payload, payload + got, frame.bytes));
                got += frame.bytes;
            }
            CU_ASSERT_EQUAL(frame.opcode, OPCODE_CLOSE);
            CU_ASSERT_EQUAL(got, sent);
            client_close(&client);
        }
        server_stop(&server);
    }
    free(payload);
    free(out);
}

static void a_large_message_passes_in_constant_memory(void)
{
    check_large_message(SELF_SIGNED, true, 32 << 20);
}

static void a_slow_reader_loses_nothing_and_costs_no_memory(void)
{
    static const struct slow_reader rows[] = {
        {"large messages", SELF_SIGNED, 1 << 20, 32},
        {"small messages", SELF_SIGNED, 100, 150000},
        {"the smallest buffer", SELF_SIGNED ", \"echo\": { \"rx-buffer\": 16384 }", 100000, 300},
    };

    check_slow_readers(rows, sizeof(rows) / sizeof(rows[0]), true);
}

static void a_protocol_error_is_answered_1002_and_ends_the_connection(void)
{
    struct server server;
    struct client client;
    struct received_frame frame;

    if (!server_start(&server, SELF_SIGNED))
        return;
    if (client_open_tls(&client, server.port)) {
        check_echo(&client, OPCODE_TEXT, "before", 6, "before");
        client_send_frame(&client, FIN | 0x3, "x", 1);
        check_protocol_error(&client, "after the echoes");
        CU_ASSERT_EQUAL(client_read_frame(&client, &frame), READ_END);
        client_close(&client);
    }
    server_stop(&server);
}

static void plain_text_on_the_tls_port_is_refused(void)
{
    struct server server;
    struct client client;
    char response[1024];

    if (!server_start(&server, SELF_SIGNED))
        return;
    if (client_connect(&client, server.port)) {
        CU_ASSERT_FALSE(client_request(&client, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                       response, sizeof(response)));
        client_close(&client);
    }
    server_stop(&server);
}

/* It is input that nobody reads any more, and must not make the end of the connection a reset. */
static void a_close_notify_behind_the_close_costs_no_echo(void)
{
    enum { BYTES = 400000 };
    uint8_t *payload = random_bytes(7, BYTES);
    struct server server;
    struct client client;
    struct client witness;

    if (server_start(&server, SELF_SIGNED) && client_open_tls(&client, server.port) &&
        client_open_tls(&witness, server.port)) {
        client_send_frame(&client, FIN | OPCODE_BINARY, payload, BYTES);
        client_send_frame(&client, FIN | OPCODE_CLOSE, "\x03\xe8", 2);
        SSL_shutdown(client.ssl);
        wait_settled(&client, &witness);
        check_message(&client, OPCODE_BINARY, payload, BYTES, "close_notify");
        check_close(&client, "\x03\xe8", 2, "close_notify");
        client_close(&client);
        client_say_goodbye(&witness);
        server_stop(&server);
    }
    free(payload);
}

static CU_TestInfo tests[] = {
    TEST(messages_come_back_over_wss),
    TEST(the_self_signed_certificate_is_for_this_machine_and_short_lived),
    TEST(the_group_that_clients_begin_with_is_taken),
    TEST(sessions_are_resumed_by_whichever_process),
    TEST(the_server_keeps_no_session),
    TEST(only_http_1_1_is_negotiated),
    TEST(certificate_and_key_may_be_files),
    TEST(a_key_of_another_certificate_stops_the_start),
    TEST(nobody_is_asked_for_a_passphrase),
    TEST(a_piece_and_its_header_share_a_record),
    TEST(what_was_sent_of_a_message_is_back_before_the_close),
    TEST(a_large_message_passes_in_constant_memory),
    TEST(a_slow_reader_loses_nothing_and_costs_no_memory),
    TEST(a_protocol_error_is_answered_1002_and_ends_the_connection),
    TEST(plain_text_on_the_tls_port_is_refused),
    TEST(a_close_notify_behind_the_close_costs_no_echo),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"tls", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
