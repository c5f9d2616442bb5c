#include "options.h"

#include <errno.h>
#include <inttypes.h>

#define DAY_S 86400

/* A TLS record carries up to this much; a smaller read leaves plaintext inside OpenSSL, and
 * libwebsockets 4.1 then spins while reading is paused. */
#define TLS_RECORD_BYTES 16384

/* libwebsockets composes HTTP headers in its service buffer, too. */
#define SERVICE_BUFFER_MIN_BYTES 16384

static const char *check_path(const char *value, size_t bytes)
{
    for (const char *p = value; p < value + bytes; p++)
        if (*p <= ' ' || *p > '~' || *p == '?' || *p == '#')
            return "a URL path: printable ASCII without spaces, \"?\" and \"#\"";

    return value[0] == '/' ? NULL : "a URL path: it starts with \"/\"";
}

static const struct setting rows[] = {
    {
        .key = "ping-interval",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct echo_options, ping_interval_s),
        .max = DAY_S,
        .number = 120,
        .unit = "s",
        .help = "silence after which a Ping is sent; 0 sends none",
    },
    {
        .key = "pong-timeout",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct echo_options, pong_timeout_s),
        .max = DAY_S,
        .number = 0,
        .unit = "s",
        .help = "time a Pong may take before the connection is dropped; 0 waits for none",
    },
    {
        .key = "rx-buffer",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct echo_options, rx_buffer_bytes),
        .min = 1024,
        .max = 16777216,
        .number = 262144,
        .unit = "bytes",
        .help = "largest piece of a message read and echoed at once; at least 16384 with TLS",
    },
    {
        .key = "path",
        .type = SETTING_TEXT,
        .offset = offsetof(struct echo_options, path),
        .min = 1,
        .max = ECHO_PATH_MAX,
        .text = "/ws",
        .help = "URL path at which WebSocket connections are accepted",
        .check = check_path,
    },
};

struct setting_table echo_options_table(void)
{
    return (struct setting_table){rows, sizeof(rows) / sizeof(rows[0])};
}

int echo_options_check(const struct echo_options *options, bool tls, struct setting_error *error)
{
    if (tls && options->rx_buffer_bytes < TLS_RECORD_BYTES) {
        setting_fail(error, "rx-buffer", "%" PRIu64 " is too small with TLS (at least %d bytes)",
                     options->rx_buffer_bytes, TLS_RECORD_BYTES);
        return -EINVAL;
    }

    return 0;
}

size_t echo_options_service_buffer_bytes(const struct echo_options *options)
{
    size_t bytes = (size_t)options->rx_buffer_bytes;

    return bytes < SERVICE_BUFFER_MIN_BYTES ? SERVICE_BUFFER_MIN_BYTES : bytes;
}
