#pragma once

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/setting.h"
#include "core/options.h"

/*
 * The configuration: a JSON file, loaded into a plain struct. Nothing here opens a socket.
 */

#define CONFIG_WORKERS_MAX 256
#define CONFIG_ADDRESS_MAX 112      /* "unix:" and the longest path of a socket */
#define CONFIG_NAME_MAX 32          /* user or group */
#define CONFIG_PLUGIN_DIR_MAX 223   /* libwebsockets builds plugin paths in 256 bytes */
#define CONFIG_MOUNT_ORIGIN_MAX 191 /* and those of static files */

enum config_tls {
    CONFIG_TLS_OFF,
    CONFIG_TLS_FILES,
    CONFIG_TLS_SELF_SIGNED,
};

/* No pointers: it is copied by assignment, and can be sent to another process. */
struct config {
    uint64_t port;
    char address[CONFIG_ADDRESS_MAX + 1]; /* see listen_address_parse() */
    char admin[CONFIG_ADDRESS_MAX + 1];   /* see listen_address_parse_admin() */
    char socket_mode[5];                  /* octal digits */
    char user[CONFIG_NAME_MAX + 1];       /* empty: unchanged */
    char group[CONFIG_NAME_MAX + 1];      /* empty: the user's */
    char mount_origin[CONFIG_MOUNT_ORIGIN_MAX + 1];
    char plugin_dir[CONFIG_PLUGIN_DIR_MAX + 1];
    uint64_t max_open_files;
    uint64_t workers; /* SETTING_WORD: one per processor */
    uint64_t max_header_bytes;
    uint64_t drain_delay_ms;
    uint64_t log_level;  /* index of log_levels */
    uint64_t log_format; /* enum log_format */

    uint64_t http2; /* SETTING_SWITCH */
    uint64_t tls;   /* enum config_tls */
    char tls_cert[PATH_MAX];
    char tls_key[PATH_MAX];

    struct options options; /* of the plugin, from "echo" */
};

/* Overrides the file: a key of config_table(), and a valid value. */
struct config_override {
    const char *key;
    const char *value;
};

#define CONFIG_OVERRIDES_MAX 8

/* Where a configuration is loaded from, also on reload. The caller owns the strings. */
struct config_source {
    const char *file; /* NULL: built-in defaults */
    struct config_override overrides[CONFIG_OVERRIDES_MAX];
    size_t override_count;
};

/* What is wrong with a configuration, and where: one line without a line end. */
struct config_error {
    char text[PATH_MAX + 1024];
};

/** Returns the table of top-level keys. */
struct setting_table config_table(void);

/** Returns the table of keys in the "tls" object. */
struct setting_table config_tls_table(void);

/**
 * Fills @config from @file, or with the built-in defaults when @file is NULL.
 *
 * Relative paths are resolved against the directory of the file. Syntax, keys, types and ranges are
 * checked; files and addresses are not opened.
 *
 * Returns 0, or -1 with @error filled in.
 */
int config_load(struct config *config, const char *file, struct config_error *error);

/** The same for a file and overrides. */
int config_load_source(struct config *config, const struct config_source *source,
                       struct config_error *error);

/**
 * Prints @config as JSON, defaults included, to standard output.
 *
 * Returns 0, or -1 after one line on standard error.
 */
int config_print(const struct config *config);
