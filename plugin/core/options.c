#include "core/options.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/address.h"

#define DAY_MS 86400000

/* A TLS record carries up to this much; a smaller read leaves plaintext inside OpenSSL, and
 * libwebsockets 4.1 then spins while reading is paused. */
#define TLS_RECORD_BYTES 16384

/* libwebsockets also builds HTTP headers in its service buffer. */
#define SERVICE_BUFFER_MIN_BYTES 16384

/* 2, 8 of extended length, and a masking key of 4. */
#define CLIENT_HEADER_MAX_BYTES 14

/* The smallest service buffer has room for an rx-buffer of this size. */
#define RX_BUFFER_GROWS_TO_BYTES (SERVICE_BUFFER_MIN_BYTES - CLIENT_HEADER_MAX_BYTES)

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static const char *check_path(const char *value, size_t bytes)
{
    for (const char *p = value; p < value + bytes; p++)
        if (*p <= ' ' || *p > '~' || *p == '?' || *p == '#')
            return "a URL path: printable ASCII without spaces, \"?\" and \"#\"";

    return value[0] == '/' ? NULL : "a URL path: it starts with \"/\"";
}

/* Returns the length of the IPv6 address in brackets at @text, which begins with "[", or 0. */
static size_t span_ipv6(const char *text)
{
    size_t bytes = strspn(text + 1, DIGITS "abcdefABCDEF:.");
    char address[INET6_ADDRSTRLEN];
    struct in6_addr parsed;

    if (text[1 + bytes] != ']' || bytes >= sizeof(address))
        return 0;
    memcpy(address, text + 1, bytes);
    address[bytes] = '\0';

    return inet_pton(AF_INET6, address, &parsed) == 1 ? bytes + 2 : 0;
}

/* Returns the length of ":" and a port number at @text, or 0. */
static size_t span_port(const char *text)
{
    size_t digits = text[0] == ':' ? strspn(text + 1, DIGITS) : 0;

    return digits && strtoul(text + 1, NULL, 10) <= UINT16_MAX ? 1 + digits : 0;
}

/*
 * An origin as browsers write it (RFC 6454 section 6.2), or "*". What follows @value cannot be part
 * of an origin, so nothing is read beyond it.
 */
static const char *check_origin(const char *value, size_t bytes)
{
    static const char must[] = "an origin: \"*\", \"null\" or scheme://host[:port] without a path, "
                               "like \"https://example.org:8443\"";
    const char *p = value + strspn(value, LETTERS DIGITS "+-.");
    size_t host_bytes;

    if ((bytes == 1 && value[0] == '*') || (bytes == 4 && !memcmp(value, "null", 4)))
        return NULL;
    if (!strspn(value, LETTERS) || strncmp(p, "://", strlen("://")) != 0)
        return must;
    p += strlen("://");
    host_bytes = p[0] == '[' ? span_ipv6(p) : strspn(p, LETTERS DIGITS "-._");
    if (!host_bytes)
        return must;
    p += host_bytes;

    return p + span_port(p) == value + bytes ? NULL : must;
}

/* RFC 9110 section 5.6.2 */
static const char *check_subprotocol(const char *value, size_t bytes)
{
    if (bytes <= OPTIONS_SUBPROTOCOL_MAX &&
        strspn(value, LETTERS DIGITS "!#$%&'*+-.^_`|~") == bytes)
        return NULL;

    return "a subprotocol: an HTTP token of at most 62 bytes, like \"mqtt\"";
}

static const char *const keep_alive_modes[] = {
    [KEEPALIVE_MODE_PING] = "ping",
    [KEEPALIVE_MODE_PONG] = "pong",
    NULL,
};

const char *const options_log_formats[] = {"text", "json", NULL};
static const char *const compressions[] = {
    [COMPRESSION_OFF] = "off",
    [COMPRESSION_ON] = "on",
    [COMPRESSION_NO_CONTEXT_TAKEOVER] = "no-context-takeover",
    NULL,
};

static const struct setting rows[] = {
    {
        .key = "ping-interval",
        .type = SETTING_TIME,
        .offset = offsetof(struct options, ping_interval_ms),
        .max = DAY_MS,
        .number = 120000,
        .help = "send a Ping after this much silence; 0 disables",
        .published = true,
    },
    {
        .key = "pong-timeout",
        .type = SETTING_TIME,
        .offset = offsetof(struct options, pong_timeout_ms),
        .max = DAY_MS,
        .number = 0,
        .help = "drop a peer whose Pong takes longer than this; 0 disables",
        .published = true,
    },
    {
        .key = "write-timeout",
        .type = SETTING_TIME,
        .offset = offsetof(struct options, write_timeout_ms),
        .max = DAY_MS,
        .number = 120000,
        .help = "drop a peer that reads nothing for this long; 0 disables",
        .published = true,
    },
    {
        .key = "keep-alive-mode",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct options, keep_alive_mode),
        .number = KEEPALIVE_MODE_PING,
        .choices = keep_alive_modes,
        .help = "what to send after ping-interval: a Ping, or a Pong, which needs no answer",
        .published = true,
    },
    {
        .key = "rx-buffer",
        .type = SETTING_SIZE,
        .offset = offsetof(struct options, rx_buffer_bytes),
        .min = 1024,
        .max = 16777216,
        .number = 262144,
        .change = SETTING_GROWTH_RESTARTS,
        .grows_to = RX_BUFFER_GROWS_TO_BYTES,
        .help = "largest piece of a message to read and echo at once; at least 16384 with TLS",
        .published = true,
    },
    {
        .key = "max-message",
        .type = SETTING_SIZE,
        .offset = offsetof(struct options, max_message_bytes),
        .max = INT64_MAX,
        .number = 0,
        .help = "largest message accepted; a larger one closes with 1009; 0 means no limit",
        .published = true,
    },
    {
        .key = "path",
        .type = SETTING_TEXT,
        .offset = offsetof(struct options, path),
        .max = OPTIONS_PATH_MAX,
        .text = "/ws",
        .help = "URL path for WebSocket connections; empty accepts none",
        .published = true,
        .check = check_path,
    },
    {
        .key = "info-path",
        .type = SETTING_TEXT,
        .offset = offsetof(struct options, info_path),
        .max = OPTIONS_PATH_MAX,
        .text = "/info.json",
        .help = "URL path of a document with versions and settings; empty serves none",
        .check = check_path,
    },
    {
        .key = "health-path",
        .type = SETTING_TEXT,
        .offset = offsetof(struct options, health_path),
        .max = OPTIONS_PATH_MAX,
        .text = "",
        .app_text = "/healthz",
        .vhost = SETTING_VHOST_ADMIN,
        .help =
            "URL path that answers 200, or 503 while draining; lws-echo defaults to \"/healthz\"",
        .check = check_path,
    },
    {
        .key = "metrics-path",
        .type = SETTING_TEXT,
        .offset = offsetof(struct options, metrics_path),
        .max = OPTIONS_PATH_MAX,
        .text = "",
        .app_text = "/metrics",
        .vhost = SETTING_VHOST_ADMIN,
        .help = "URL path of metrics for Prometheus; lws-echo defaults to \"/metrics\"",
        .check = check_path,
    },
    {
        .key = "allowed-origins",
        .type = SETTING_LIST,
        .offset = offsetof(struct options, allowed_origins),
        .max = OPTIONS_ORIGINS_MAX,
        .text = "",
        .help = "origins whose pages may connect; empty or \"*\" allows all",
        .check = check_origin,
    },
    {
        .key = "subprotocols",
        .type = SETTING_LIST,
        .offset = offsetof(struct options, subprotocols),
        .max = OPTIONS_SUBPROTOCOLS_MAX,
        .text = "",
        .help = "supported subprotocols; the client's first offer among them is chosen",
        .published = true,
        .check = check_subprotocol,
    },
    {
        .key = "compression",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct options, compression),
        .number = COMPRESSION_OFF,
        .choices = compressions,
        .help = "permessage-deflate (RFC 7692); with \"no-context-takeover\" idle connections need "
                "no memory for it",
        .published = true,
    },
    {
        .key = "max-inflated",
        .type = SETTING_SIZE,
        .offset = offsetof(struct options, max_inflated_bytes),
        .max = INT64_MAX,
        .number = 67108864,
        .help =
            "largest size a compressed message may inflate to; beyond it 1009; 0 means no limit",
        .published = true,
    },
    {
        .key = "max-connections",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct options, max_connections),
        .max = 1048576,
        .number = 0,
        .help = "limit of WebSocket connections per process; beyond it 503; 0 means no limit",
    },
    {
        .key = "max-connections-per-address",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct options, max_connections_per_address),
        .max = 1048576,
        .number = 0,
        .help = "the same per IPv4 address or IPv6 /64; beyond it 429; 0 means no limit",
    },
    {
        .key = "trusted-proxies",
        .type = SETTING_LIST,
        .offset = offsetof(struct options, trusted_proxies),
        .max = OPTIONS_PROXIES_MAX,
        .text = "",
        .help = "proxies whose X-Forwarded-For is trusted: addresses, networks, \"unix\"",
        .check = address_check_proxy,
    },
    {
        .key = "log-format",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct options, log_format),
        .number = LOG_FORMAT_TEXT,
        .choices = options_log_formats,
        .inherited = true,
        .vhost = SETTING_VHOST_BOTH,
        .help = "format of the line logged per connection, at level \"info\"",
    },
};

struct setting_table options_table(void)
{
    return (struct setting_table){rows, sizeof(rows) / sizeof(rows[0])};
}

/* Paths must differ, unless they are empty. Returns 0 or -1. */
static int check_paths(const struct options *options, struct setting_error *error)
{
    const struct {
        const char *key;
        const char *path;
    } paths[] = {
        {"path", options->path},
        {"info-path", options->info_path},
        {"health-path", options->health_path},
        {"metrics-path", options->metrics_path},
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        for (size_t j = 0; j < i; j++)
            if (*paths[i].path && !strcmp(paths[i].path, paths[j].path)) {
                setting_fail(error, paths[i].key,
                             "\"%.64s\" is also the \"%s\"; use another path, or an empty one",
                             paths[i].path, paths[j].key);
                return -1;
            }

    return 0;
}

int options_check(const struct options *options, bool tls, struct setting_error *error)
{
    char timeout[24];

    if (tls && options->rx_buffer_bytes < TLS_RECORD_BYTES) {
        setting_fail(error, "rx-buffer", "%" PRIu64 " is too small with TLS (at least %d bytes)",
                     options->rx_buffer_bytes, TLS_RECORD_BYTES);
        return -1;
    }
    if (check_paths(options, error))
        return -1;
    if (options->pong_timeout_ms && options->keep_alive_mode == KEEPALIVE_MODE_PONG) {
        setting_write_number(setting_find(options_table(), "pong-timeout"), options, timeout,
                             sizeof(timeout));
        setting_fail(error, "pong-timeout",
                     "%s requires \"keep-alive-mode\" \"ping\"; with \"pong\" no answer is "
                     "expected, and it must be 0",
                     timeout);
        return -1;
    }

    return 0;
}

size_t options_read_bytes(const struct options *options)
{
    return (size_t)options->rx_buffer_bytes + CLIENT_HEADER_MAX_BYTES;
}

size_t options_service_buffer_bytes(const struct options *options)
{
    size_t bytes = options_read_bytes(options);

    return bytes < SERVICE_BUFFER_MIN_BYTES ? SERVICE_BUFFER_MIN_BYTES : bytes;
}
