#pragma once

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "setting.h"

/*
 * The configuration: a JSON file, read into a plain struct. Nothing here opens a socket.
 */

#define CONFIG_WORKERS_MAX 256
#define CONFIG_ADDRESS_MAX 45       /* an IPv6 address as text */
#define CONFIG_PLUGIN_DIR_MAX 223   /* libwebsockets composes plugin paths in 256 bytes */
#define CONFIG_MOUNT_ORIGIN_MAX 191 /* and paths of static files, too */

enum config_tls {
    CONFIG_TLS_OFF,
    CONFIG_TLS_FILES,
    CONFIG_TLS_SELF_SIGNED,
};

/* One option of the plugin, as text: how lwsws hands it over, too. */
struct config_option {
    char *key;
    char *value;
};

struct config {
    uint64_t port;
    char address[CONFIG_ADDRESS_MAX + 1]; /* empty: all interfaces, IPv6 and IPv4 */
    char mount_origin[CONFIG_MOUNT_ORIGIN_MAX + 1];
    char plugin_dir[CONFIG_PLUGIN_DIR_MAX + 1];
    uint64_t max_open_files;
    uint64_t workers; /* or SETTING_WORD: one for each processor */

    enum config_tls tls;
    char tls_cert[PATH_MAX];
    char tls_key[PATH_MAX];

    struct config_option *echo;
    size_t echo_count;
    struct echo_options echo_in_force; /* what the plugin makes of them */
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
 * Returns 0, or -1 with @error filled in. Either way the caller releases @config with
 * config_fini().
 */
int config_load(struct config *config, const char *file, struct config_error *error);

void config_fini(struct config *config);

/**
 * Prints what is in force as JSON, defaults included, to standard output.
 *
 * Returns 0, or -1 after one line on standard error.
 */
int config_print(const struct config *config);
