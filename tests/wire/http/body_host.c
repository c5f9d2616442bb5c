#include "body_host.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libwebsockets.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <uv.h>

#include "clock.h"
#include "runner.h"

#define TICK_NS 4000000
#define VHOST "test"
#define BODY_MAX 4096
#define PATH_MAX_BYTES 64

/* A loop that rests turns about once a tick; one that spins turns hundreds of times. */
enum { TICKS_WATCHED = 5, TURNS_ALLOWED = 50, WATCHES = 20 };

struct exchange {
    char path[PATH_MAX_BYTES];
    size_t bytes; /* of the body so far */
    char body[BODY_MAX];
    bool parked;
};

static struct body_host_seen *seen;

/* The protocols, which are all the same. */
static const char *const names[] = {"first", "takes", NULL};

static int respond(struct lws *wsi, struct exchange *exchange, unsigned status)
{
    bool large = strstr(exchange->path, "large");
    size_t room = LWS_PRE + 2048 + (large ? BODY_HOST_LARGE : sizeof(exchange->body));
    unsigned char *memory = malloc(room);
    unsigned char *start = memory + LWS_PRE;
    unsigned char *p = start;
    char line[sizeof(exchange->body) + sizeof(exchange->path) + 32];
    int bytes = snprintf(line, sizeof(line), "[%s:%zu:%.*s]", exchange->path, exchange->bytes,
                         (int)exchange->bytes, exchange->body);
    size_t body_bytes = large ? BODY_HOST_LARGE : (size_t)bytes;
    int result = -1;

    if (!memory)
        return -1;
    if (!lws_add_http_common_headers(wsi, status, "text/plain", body_bytes, &p, memory + room) &&
        !lws_finalize_write_http_header(wsi, start, &p, memory + room)) {
        memset(start, 'x', body_bytes);
        memcpy(start, line, (size_t)bytes);
        if (lws_write(wsi, start, body_bytes, LWS_WRITE_HTTP_FINAL) == (int)body_bytes)
            result = lws_http_transaction_completed(wsi) ? -1 : 0;
    }
    free(memory);

    return result;
}

static int park(struct lws *wsi, struct exchange *exchange)
{
    exchange->parked = true;
    if (strstr(exchange->path, "detached"))
        lws_http_headers_detach(wsi);
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
    seen->parked++;
    if (seen->released)
        lws_callback_on_writable(wsi);

    return 0;
}

static int on_request(struct lws *wsi, struct exchange *exchange)
{
    char *path;
    int bytes;

    memset(exchange, 0, sizeof(*exchange));
    if (lws_http_get_uri_and_method(wsi, &path, &bytes) < 0)
        return -1;
    snprintf(exchange->path, sizeof(exchange->path), "%.*s", bytes, path);
    seen->requests++;
    if (strstr(exchange->path, "early"))
        return respond(wsi, exchange, HTTP_STATUS_METHOD_NOT_ALLOWED);
    if (!lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI))
        return 0;

    return strstr(exchange->path, "park") ? park(wsi, exchange)
                                          : respond(wsi, exchange, HTTP_STATUS_OK);
}

static int on_body(struct lws *wsi, struct exchange *exchange, const void *in, size_t bytes)
{
    size_t room = sizeof(exchange->body) - exchange->bytes;

    memcpy(exchange->body + exchange->bytes, bytes ? in : "", bytes < room ? bytes : room);
    exchange->bytes += bytes;

    return strstr(exchange->path, "first")
               ? respond(wsi, exchange, HTTP_STATUS_REQ_ENTITY_TOO_LARGE)
               : 0;
}

static int on_body_complete(struct lws *wsi, struct exchange *exchange)
{
    seen->bodies++;

    return strstr(exchange->path, "park") ? park(wsi, exchange)
                                          : respond(wsi, exchange, HTTP_STATUS_OK);
}

static int on_writable(struct lws *wsi, struct exchange *exchange)
{
    if (!exchange->parked || !seen->released)
        return 0;
    exchange->parked = false;

    return respond(wsi, exchange, HTTP_STATUS_OK);
}

/* What is parked may have been released. */
static int on_cancelled(struct lws *wsi)
{
    struct lws_context *context = lws_get_context(wsi);
    struct lws_vhost *vhost = lws_get_vhost_by_name(context, VHOST);

    if (vhost && seen->released)
        for (size_t i = 0; names[i]; i++)
            lws_callback_on_writable_all_protocol_vhost(
                vhost, lws_vhost_name_to_protocol(vhost, names[i]));

    return 0;
}

static int on_drop(struct exchange *exchange)
{
    if (exchange && exchange->parked) {
        exchange->parked = false;
        seen->dropped++;
    }

    return 0;
}

static int endpoint(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return on_request(wsi, user);
    case LWS_CALLBACK_HTTP_BODY:
        return on_body(wsi, user, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return on_body_complete(wsi, user);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return on_writable(wsi, user);
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        return on_drop(user);
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        return on_cancelled(wsi);
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, len);
    }
}

static const struct lws_protocols protocols[] = {
    {"first", endpoint, sizeof(struct exchange), 0, 0, NULL, 0},
    {"takes", endpoint, sizeof(struct exchange), 0, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

/*
 * Counts the time that passes. A timer of the library would not do: its poll loop does not wait for
 * less than a millisecond, but turns.
 */
static void *tick(void *context)
{
    const struct timespec pause = {0, TICK_NS};
    bool released = false;

    for (;;) {
        nanosleep(&pause, NULL);
        seen->ticks++;
        if (released != seen->released)
            lws_cancel_service(context);
        released = seen->released;
    }

    return NULL;
}

/* Makes a key and a certificate for it, which are valid until the host ends. */
static void use_tls(struct lws_context_creation_info *info)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    BIO *key_text = BIO_new(BIO_s_mem());
    BIO *certificate_text = BIO_new(BIO_s_mem());
    char *bytes;

    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    PEM_write_bio_PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL);
    PEM_write_bio_X509(certificate_text, certificate);

    info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info->server_ssl_cert_mem_len = (unsigned)BIO_get_mem_data(certificate_text, &bytes);
    info->server_ssl_cert_mem = bytes;
    info->server_ssl_private_key_mem_len = (unsigned)BIO_get_mem_data(key_text, &bytes);
    info->server_ssl_private_key_mem = bytes;
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* Never returns: it is killed. */
static void run(int ready, const char *files, enum body_host_kind kind)
{
    static const struct lws_protocol_vhost_options any = {NULL, NULL, "*", "text/plain"};
    struct lws_http_mount mounts[] = {
        {.mountpoint = "/take", .origin = "takes", .origin_protocol = LWSMPRO_CALLBACK},
        {.mountpoint = "/with",
         .origin = "takes",
         .origin_protocol = LWSMPRO_CALLBACK,
         .protocol = "takes"},
        {.mountpoint = "/files",
         .origin = files,
         .origin_protocol = LWSMPRO_FILE,
         .extra_mimetypes = &any},
    };
    struct lws_context_creation_info info = {
        .port = 0,
        .iface = "127.0.0.1",
        .options = LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   (kind != BODY_HOST_POLL ? LWS_SERVER_OPTION_LIBUV : 0),
        .protocols = protocols,
        .max_http_header_pool = BODY_HOST_HEADERS,
        .mounts = mounts,
        .vhost_name = VHOST,
        .alpn = "http/1.1",
    };
    struct lws_context *context;
    uv_loop_t loop;
    void *loops[] = {&loop};
    pthread_t ticker;
    struct lws_vhost *vhost;
    uint16_t port;

    for (size_t i = 0; i < LWS_ARRAY_SIZE(mounts); i++) {
        mounts[i].mountpoint_len = (unsigned char)strlen(mounts[i].mountpoint);
        mounts[i].mount_next = i + 1 < LWS_ARRAY_SIZE(mounts) ? &mounts[i + 1] : NULL;
    }
    lws_set_log_level(0, NULL);
    uv_loop_init(&loop);
    info.foreign_loops = kind != BODY_HOST_POLL ? loops : NULL;
    if (kind == BODY_HOST_TLS_LIBUV)
        use_tls(&info);
    context = lws_create_context(&info);
    vhost = context ? lws_create_vhost(context, &info) : NULL;
    if (!vhost || lws_protocol_init(context))
        _exit(EXIT_FAILURE);
    port = (uint16_t)lws_get_vhost_listen_port(vhost);
    if (pthread_create(&ticker, NULL, tick, context))
        _exit(EXIT_FAILURE);
    if (write(ready, &port, sizeof(port)) != sizeof(port))
        _exit(EXIT_FAILURE);

    for (;; seen->turns++)
        if (kind != BODY_HOST_POLL)
            uv_run(&loop, UV_RUN_ONCE);
        else
            lws_service(context, 0);
}

static bool write_file(const char *directory, const char *name, const char *begin, size_t bytes)
{
    char path[64];
    FILE *file;
    bool written;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "w");
    if (!file)
        return false;
    written = fputs(begin, file) >= 0 && (!bytes || !ftruncate(fileno(file), (off_t)bytes));

    return !fclose(file) && written;
}

bool body_host_start(struct body_host *host, enum body_host_kind kind)
{
    int ready[2] = {-1, -1};
    bool started;

    memset(host, 0, sizeof(*host));
    host->kind = kind;
    snprintf(host->files, sizeof(host->files), "/tmp/body-host-XXXXXX");
    host->seen =
        mmap(NULL, sizeof(*host->seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(host->seen != MAP_FAILED && mkdtemp(host->files) && !pipe(ready));
    CU_ASSERT_FATAL(write_file(host->files, "small", "small\n", 0) &&
                    write_file(host->files, "large", "large\n", BODY_HOST_LARGE));

    host->pid = fork();
    if (!host->pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ready[0]);
        seen = host->seen;
        run(ready[1], host->files, kind);
    }
    close(ready[1]);
    started = read(ready[0], &host->port, sizeof(host->port)) == sizeof(host->port);
    close(ready[0]);
    CU_ASSERT_TRUE(started);

    return started;
}

void body_host_stop(struct body_host *host)
{
    char path[64];
    int status = 0;

    kill(host->pid, SIGKILL);
    waitpid(host->pid, &status, 0);
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    snprintf(path, sizeof(path), "%s/small", host->files);
    unlink(path);
    snprintf(path, sizeof(path), "%s/large", host->files);
    unlink(path);
    rmdir(host->files);
    munmap(host->seen, sizeof(*host->seen));
}

void body_host_wait(const atomic_ulong *count, unsigned long least, const char *row)
{
    int64_t deadline_ms = clock_deadline_ms();

    while (*count < least && clock_tick(deadline_ms))
        ;
    CHECK_ROW(*count >= least, row);
}

void body_host_release(struct body_host *host, bool released)
{
    host->seen->released = released;
}

/* Returns how often the loop turns in some ticks. */
static unsigned long watch(const struct body_host *host, const char *row)
{
    unsigned long turns = host->seen->turns;

    body_host_wait(&host->seen->ticks, host->seen->ticks + TICKS_WATCHED, row);

    return host->seen->turns - turns;
}

void body_host_check_rests(const struct body_host *host, const char *row)
{
    bool rests = false;

    /* it may have to deal with what has just arrived */
    for (int i = 0; i < WATCHES && !rests; i++)
        rests = watch(host, row) < TURNS_ALLOWED;
    CHECK_ROW(rests, row);
}

void body_host_check_spins(const struct body_host *host, const char *row)
{
    bool spins = true;

    for (int i = 0; i < 3 && spins; i++)
        spins = watch(host, row) >= TURNS_ALLOWED;
    CHECK_ROW(spins, row);
}
