#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/setting.h"

#define OPTIONS_PATH_MAX 255
#define OPTIONS_ORIGINS_MAX 2047
#define OPTIONS_SUBPROTOCOLS_MAX 1023
#define OPTIONS_PROXIES_MAX 1023

/* The longest subprotocol that libwebsockets compares with those it has, in bytes. */
#define OPTIONS_SUBPROTOCOL_MAX 62

enum keepalive_mode {
    KEEPALIVE_MODE_PING,
    KEEPALIVE_MODE_PONG,
};

enum log_format {
    LOG_FORMAT_TEXT,
    LOG_FORMAT_JSON,
};

/* The names of enum log_format, ended by NULL. */
extern const char *const options_log_formats[];

enum compression_mode {
    COMPRESSION_OFF,
    COMPRESSION_ON,
    COMPRESSION_NO_CONTEXT_TAKEOVER,
};

/* The options of one vhost. Their rows have ranges, units and defaults. */
struct options {
    uint64_t ping_interval_ms;
    uint64_t pong_timeout_ms;
    uint64_t write_timeout_ms;
    uint64_t keep_alive_mode; /* enum keepalive_mode */
    uint64_t rx_buffer_bytes;
    uint64_t max_message_bytes;
    char path[OPTIONS_PATH_MAX + 1];
    char info_path[OPTIONS_PATH_MAX + 1];            /* empty: no such document */
    char health_path[OPTIONS_PATH_MAX + 1];          /* the same */
    char metrics_path[OPTIONS_PATH_MAX + 1];         /* the same */
    char allowed_origins[OPTIONS_ORIGINS_MAX + 1];   /* a list: see setting_list_next() */
    char subprotocols[OPTIONS_SUBPROTOCOLS_MAX + 1]; /* a list */
    uint64_t compression;                            /* enum compression_mode */
    uint64_t max_inflated_bytes;
    uint64_t max_connections;
    uint64_t max_connections_per_address;
    char trusted_proxies[OPTIONS_PROXIES_MAX + 1]; /* a list */
    uint64_t log_format;                           /* enum log_format */
};

/** Returns the table of options: the only place that lists them. */
struct setting_table options_table(void);

/**
 * Checks that the options agree with each other and with the transport.
 *
 * Returns 0, or -1 with @error filled in.
 */
int options_check(const struct options *options, bool tls, struct setting_error *error);

/**
 * Returns how many bytes to read at once: rx-buffer, and the longest header of a client's frame
 * (RFC 6455 section 5.2), so that a message of rx-buffer bytes takes one read.
 */
size_t options_read_bytes(const struct options *options);

/**
 * Returns the size in bytes that the host should give libwebsockets' service buffer
 * (pt_serv_buf_size) to serve these options.
 */
size_t options_service_buffer_bytes(const struct options *options);
