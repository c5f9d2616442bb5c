#pragma once

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/setting.h"
#include "core/options.h"

/*
 * The configuration: a JSON file, read into a plain struct. Nothing here opens a socket.
 */

#define CONFIG_WORKERS_MAX 256
#define CONFIG_ADDRESS_MAX 112      /* "unix:" and the longest name that a socket can have */
#define CONFIG_NAME_MAX 32          /* of a user or group */
#define CONFIG_PLUGIN_DIR_MAX 223   /* libwebsockets composes plugin paths in 256 bytes */
#define CONFIG_MOUNT_ORIGIN_MAX 191 /* and paths of static files, too */

enum config_tls {
    CONFIG_TLS_OFF,
    CONFIG_TLS_FILES,
    CONFIG_TLS_SELF_SIGNED,
};

/* It has no pointers: a copy is made by assignment, and can be sent to another process. */
struct config {
    uint64_t port;
    char address[CONFIG_ADDRESS_MAX + 1]; /* see listen_address_parse() */
    char admin[CONFIG_ADDRESS_MAX + 1];   /* see listen_address_parse_admin() */
    char socket_mode[5];                  /* octal digits */
    char user[CONFIG_NAME_MAX + 1];       /* empty: as started */
    char group[CONFIG_NAME_MAX + 1];      /* empty: that of the user */
    char mount_origin[CONFIG_MOUNT_ORIGIN_MAX + 1];
    char plugin_dir[CONFIG_PLUGIN_DIR_MAX + 1];
    uint64_t max_open_files;
    uint64_t workers; /* or SETTING_WORD: one for each processor */
    uint64_t drain_delay_ms;
    uint64_t log_level;  /* index of log_levels */
    uint64_t log_format; /* enum log_format */

    uint64_t tls; /* enum config_tls */
    char tls_cert[PATH_MAX];
    char tls_key[PATH_MAX];

    struct options options; /* of the plugin, from "echo" */
};

/* What goes before the file: a key of config_table(), and a value that it takes. */
struct config_override {
    const char *key;
    const char *value;
};

#define CONFIG_OVERRIDES_MAX 8

/* Where a configuration comes from, to be read once more. The texts are the caller's. */
struct config_source {
    const char *file; /* NULL: built-in defaults */
    struct config_override overrides[CONFIG_OVERRIDES_MAX];
    size_t override_count;
};

/* Says what is wrong with a configuration and where, in one line without a line end. */
struct config_error {
    char text[PATH_MAX + 1024];
};

/** Returns the table of the file's top-level keys. */
struct setting_table config_table(void);

/** Returns the table of the keys in its "tls" object. */
struct setting_table config_tls_table(void);

/**
 * Fills @config from @file, or with the built-in defaults when @file is NULL.
 *
 * Relative paths in the file are seen from the file's directory. Everything that can be judged
 * without touching the network is: syntax, keys, types, ranges.
 *
 * Returns 0, or -1 with @error filled in.
 */
int config_load(struct config *config, const char *file, struct config_error *error);

/** The same for a file and what goes before it. */
int config_load_source(struct config *config, const struct config_source *source,
                       struct config_error *error);

/**
 * Prints what is in force as JSON, defaults included, to standard output.
 *
 * Returns 0, or -1 after one line on standard error.
 */
int config_print(const struct config *config);
