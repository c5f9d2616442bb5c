#include "config/config.h"

#include <string.h>

#include "base/log.h"
#include "sockets/listen_address.h"

/* These return what @value must be, or NULL if it is valid. It ends in a NUL after @bytes. */

static const char *check_address(const char *value, size_t bytes)
{
    (void)bytes;

    return listen_address_parse(NULL, value, 0);
}

static const char *check_admin(const char *value, size_t bytes)
{
    (void)bytes;

    return listen_address_parse_admin(NULL, value);
}

static const char *check_mode(const char *value, size_t bytes)
{
    bool octal = strspn(value, "01234567") == bytes;

    return octal && (bytes == 3 || value[0] == '0')
               ? NULL
               : "three octal digits, like \"660\" or \"0660\"";
}

static const struct setting rows[] = {
    {
        .key = "port",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct config, port),
        .max = 65535,
        .number = 5000,
        .change = SETTING_CHANGE_RESTARTS,
        .help = "TCP port to listen on; 0 picks a free one",
    },
    {
        .key = "address",
        .type = SETTING_TEXT,
        .offset = offsetof(struct config, address),
        .max = CONFIG_ADDRESS_MAX,
        .text = "",
        .change = SETTING_CHANGE_RESTARTS,
        .help = "address to listen on, or \"unix:\" and a path; empty means all interfaces",
        .check = check_address,
    },
    {
        .key = "admin",
        .type = SETTING_TEXT,
        .offset = offsetof(struct config, admin),
        .max = CONFIG_ADDRESS_MAX,
        .text = "",
        .change = SETTING_CHANGE_RESTARTS,
        .help = "serve health and metrics here instead: address and port, or \"unix:\" and a path",
        .check = check_admin,
    },
    {
        .key = "socket-mode",
        .type = SETTING_TEXT,
        .offset = offsetof(struct config, socket_mode),
        .min = 3,
        .max = 4,
        .text = "0660",
        .change = SETTING_CHANGE_RESTARTS,
        .help = "permissions of the file of a unix socket, in octal",
        .check = check_mode,
    },
    {
        .key = "user",
        .type = SETTING_TEXT,
        .offset = offsetof(struct config, user),
        .max = CONFIG_NAME_MAX,
        .text = "",
        .change = SETTING_CHANGE_RESTARTS,
        .help = "user to switch to once the sockets are open; empty keeps the current one",
    },
    {
        .key = "group",
        .type = SETTING_TEXT,
        .offset = offsetof(struct config, group),
        .max = CONFIG_NAME_MAX,
        .text = "",
        .change = SETTING_CHANGE_RESTARTS,
        .help = "group to switch to; empty means the user's group",
    },
    {
        .key = "mount-origin",
        .type = SETTING_TEXT,
        .offset = offsetof(struct config, mount_origin),
        .max = CONFIG_MOUNT_ORIGIN_MAX,
        .text = "",
        .help = "directory served at \"/\"; empty means the page that comes with lws-echo",
    },
    {
        .key = "plugin-dir",
        .type = SETTING_TEXT,
        .offset = offsetof(struct config, plugin_dir),
        .max = CONFIG_PLUGIN_DIR_MAX,
        .text = "",
        .change = SETTING_CHANGE_RESTARTS,
        .help = "directory of the plugin; empty means the one that comes with lws-echo",
    },
    {
        .key = "workers",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct config, workers),
        .min = 1,
        .max = CONFIG_WORKERS_MAX,
        .number = 1,
        .word = "auto",
        .change = SETTING_CHANGE_RESTARTS,
        .help = "processes that share the port; \"auto\" starts one per processor",
    },
    {
        .key = "max-open-files",
        .type = SETTING_NUMBER,
        .offset = offsetof(struct config, max_open_files),
        .min = 64,
        .max = 1048576,
        .number = SETTING_WORD,
        .word = "auto",
        .change = SETTING_CHANGE_RESTARTS,
        .help = "limit of open files per process, connections included; \"auto\" means up to 16384",
    },
    {
        .key = "max-header",
        .type = SETTING_SIZE,
        .offset = offsetof(struct config, max_header_bytes),
        .min = 1024,
        .max = 61440, /* libwebsockets counts in 16 bits */
        .number = 16384,
        .help = "largest request line and headers of a request; larger ones are answered 431",
    },
    {
        .key = "drain-delay",
        .type = SETTING_TIME,
        .offset = offsetof(struct config, drain_delay_ms),
        .max = 3600000,
        .number = 0,
        .help = "how long to keep accepting after SIGTERM, for load balancers to notice",
    },
    {
        .key = "log-level",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct config, log_level),
        .number = LOG_LEVEL_DEFAULT,
        .choices = log_levels,
        .help = "lowest severity logged",
    },
    {
        .key = "log-format",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct config, log_format),
        .number = LOG_FORMAT_TEXT,
        .choices = options_log_formats,
        .help = "log as lines of text or as JSON objects",
    },
    {
        .key = "tls",
        .type = SETTING_SECTION,
        .offset = offsetof(struct config, tls),
        .text = "{ \"cert\": FILE, \"key\": FILE } or \"self-signed\"; default off",
        .change = SETTING_CHANGE_RESTARTS,
        .help = "serve https and wss",
    },
    {
        .key = "http2",
        .type = SETTING_SWITCH,
        .offset = offsetof(struct config, http2),
        .help = "offer HTTP/2, with WebSockets on its streams; needs \"tls\"",
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
        .help = "for editors; ignored",
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
