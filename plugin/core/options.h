#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "setting.h"

#define ECHO_PATH_MAX 255
#define ECHO_ORIGINS_MAX 2047
#define ECHO_SUBPROTOCOLS_MAX 1023
#define ECHO_PROXIES_MAX 1023

/* The longest subprotocol that libwebsockets compares with those it has, in bytes. */
#define ECHO_SUBPROTOCOL_MAX 62

enum echo_keepalive_mode {
    ECHO_KEEPALIVE_MODE_PING,
    ECHO_KEEPALIVE_MODE_PONG,
};

enum echo_log_format {
    ECHO_LOG_FORMAT_TEXT,
    ECHO_LOG_FORMAT_JSON,
};

/* Their names, ended by NULL. */
extern const char *const echo_log_formats[];

enum echo_compression {
    ECHO_COMPRESSION_OFF,
    ECHO_COMPRESSION_ON,
    ECHO_COMPRESSION_NO_CONTEXT_TAKEOVER,
};

/* The options of the protocol on one vhost. Their rows say range, unit and default. */
struct echo_options {
    uint64_t ping_interval_s;
    uint64_t pong_timeout_s;
    uint64_t write_timeout_s;
    uint64_t keep_alive_mode; /* enum echo_keepalive_mode */
    uint64_t rx_buffer_bytes;
    uint64_t max_message_bytes;
    char path[ECHO_PATH_MAX + 1];
    char info_path[ECHO_PATH_MAX + 1];            /* empty: no such document */
    char health_path[ECHO_PATH_MAX + 1];          /* the same */
    char metrics_path[ECHO_PATH_MAX + 1];         /* the same */
    char allowed_origins[ECHO_ORIGINS_MAX + 1];   /* a list: see setting_list_next() */
    char subprotocols[ECHO_SUBPROTOCOLS_MAX + 1]; /* a list */
    uint64_t compression;                         /* enum echo_compression */
    uint64_t max_inflated_bytes;
    uint64_t max_connections;
    uint64_t max_connections_per_address;
    char trusted_proxies[ECHO_PROXIES_MAX + 1]; /* a list */
    uint64_t log_format;                        /* enum echo_log_format */
};

/** Returns the option table: the one place that knows which options there are. */
struct setting_table echo_options_table(void);

/**
 * Says whether the options agree with each other and with the transport.
 *
 * Returns 0, or -EINVAL with @error filled in.
 */
int echo_options_check(const struct echo_options *options, bool tls, struct setting_error *error);

/**
 * Returns how many bytes are to be read at once: rx-buffer, and the longest header that a client's
 * frame has (RFC 6455 section 5.2), so that a message of that size takes one read.
 */
size_t echo_options_read_bytes(const struct echo_options *options);

/**
 * Returns the size in bytes that the host should give libwebsockets' service buffer
 * (pt_serv_buf_size) to serve these options.
 */
size_t echo_options_service_buffer_bytes(const struct echo_options *options);
