#include "config.h"

#include <arpa/inet.h>

static const char *check_address(const char *value, size_t bytes)
{
    struct in6_addr address;

    (void)bytes; /* all up to the NUL, in a text */
    if (inet_pton(AF_INET6, value, &address) == 1 || inet_pton(AF_INET, value, &address) == 1)
        return NULL;

    return "an IPv4 or IPv6 address";
}

static const struct setting rows[] = {
    {
        .key = "port",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct config, port),
        .max = 65535,
        .number = 5000,
        .help = "TCP port to listen on; 0 takes a free one",
    },
    {
        .key = "address",
        .type = SETTING_TEXT,
        .offset = offsetof(struct config, address),
        .max = CONFIG_ADDRESS_MAX,
        .text = "",
        .help = "address to listen on; empty is all interfaces, IPv6 and IPv4",
        .check = check_address,
    },
    {
        .key = "mount-origin",
        .type = SETTING_TEXT,
        .offset = offsetof(struct config, mount_origin),
        .max = CONFIG_MOUNT_ORIGIN_MAX,
        .text = "",
        .help = "directory served at \"/\"; empty is the page that belongs to the app",
    },
    {
        .key = "plugin-dir",
        .type = SETTING_TEXT,
        .offset = offsetof(struct config, plugin_dir),
        .max = CONFIG_PLUGIN_DIR_MAX,
        .text = "",
        .help = "directory of the plugin; empty is the one that belongs to the app",
    },
    {
        .key = "workers",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct config, workers),
        .min = 1,
        .max = CONFIG_WORKERS_MAX,
        .number = 1,
        .word = "auto",
        .help = "processes that share the port; \"auto\" is one for each processor",
    },
    {
        .key = "max-open-files",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct config, max_open_files),
        .min = 64,
        .max = 1048576,
        .number = SETTING_WORD,
        .word = "auto",
        .help = "open files of a process, connections among them; \"auto\" is up to 16384",
    },
    {
        .key = "tls",
        .type = SETTING_SECTION,
        .text = "{ \"cert\": FILE, \"key\": FILE } or \"self-signed\"; default off",
        .help = "serve https and wss",
    },
    {
        .key = "echo",
        .type = SETTING_SECTION,
        .text = "{ OPTION: VALUE, ... }",
        .help = "options of the plugin",
    },
    {
        .key = "$schema",
        .type = SETTING_SECTION,
        .text = "URL",
        .help = "for editors; not read",
    },
};

static const struct setting tls_rows[] = {
    {
        .key = "cert",
        .type = SETTING_TEXT,
        .offset = offsetof(struct config, tls_cert),
        .min = 1,
        .max = PATH_MAX - 1,
        .text = "",
        .help = "PEM file with the certificate and its chain",
    },
    {
        .key = "key",
        .type = SETTING_TEXT,
        .offset = offsetof(struct config, tls_key),
        .min = 1,
        .max = PATH_MAX - 1,
        .text = "",
        .help = "PEM file with the private key",
    },
};

struct setting_table config_table(void)
{
    return (struct setting_table){rows, sizeof(rows) / sizeof(rows[0])};
}

struct setting_table config_tls_table(void)
{
    return (struct setting_table){tls_rows, sizeof(tls_rows) / sizeof(tls_rows[0])};
}
