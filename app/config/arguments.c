#include "config/arguments.h"

#include <getopt.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>
#include <zlib.h>

#include <libwebsockets.h>

#include "base/log.h"

#define COLUMN 24

/* take() returns 0, or -1 after a line on standard error. */
struct flag {
    const char *name;
    char short_name;   /* 0: none */
    const char *value; /* what the value is called, or NULL for none */
    const char *help;
    int (*take)(struct arguments *arguments, const char *value);
};

static int take_config(struct arguments *arguments, const char *value)
{
    arguments->source.file = value;

    return 0;
}

/* Makes @value override the value of @key in the file. Returns 0, or -1 after a report. */
static int override(struct arguments *arguments, const char *key, const char *value)
{
    struct config_source *source = &arguments->source;
    struct setting_error error;
    struct config scratch;
    size_t i = 0;

    if (setting_set(config_table(), &scratch, key, value, &error)) {
        log_say(LLL_ERR, "--%s: %s", key, error.text);
        return -1;
    }

    while (i < source->override_count && strcmp(source->overrides[i].key, key) != 0)
        i++;
    source->overrides[i] = (struct config_override){key, value};
    if (i == source->override_count)
        source->override_count++;

    return 0;
}

static int take_port(struct arguments *arguments, const char *value)
{
    return override(arguments, "port", value);
}

static int take_workers(struct arguments *arguments, const char *value)
{
    return override(arguments, "workers", value);
}

static int take_log_level(struct arguments *arguments, const char *value)
{
    return override(arguments, "log-level", value);
}

static int take_log_format(struct arguments *arguments, const char *value)
{
    return override(arguments, "log-format", value);
}

static int take_check(struct arguments *arguments, const char *value)
{
    (void)value;
    arguments->action = ARGUMENTS_CHECK;

    return 0;
}

static int take_print_config(struct arguments *arguments, const char *value)
{
    (void)value;
    arguments->action = ARGUMENTS_PRINT_CONFIG;

    return 0;
}

static int take_version(struct arguments *arguments, const char *value);
static int take_help(struct arguments *arguments, const char *value);

static const struct flag flags[] = {
    {"config", 'c', "FILE", "read the configuration from FILE; without it, use the defaults",
     take_config},
    {"port", 0, "N", "listen on port N, overriding the configuration", take_port},
    {"workers", 0, "N|auto", "run N processes that share the port, or one per processor",
     take_workers},
    {"log-level", 0, "LEVEL", "log messages of severity LEVEL and above", take_log_level},
    {"log-format", 0, "FORMAT", "log as \"text\" or as \"json\" lines", take_log_format},
    {"check", 0, NULL, "check configuration, plugin, page and certificate, then exit", take_check},
    {"print-config", 0, NULL, "print the configuration in force as JSON, then exit",
     take_print_config},
    {"version", 0, NULL, "print the versions of the program and its libraries, then exit",
     take_version},
    {"help", 'h', NULL, "print this help, then exit", take_help},
};

#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

bool arguments_flag(size_t index, struct arguments_flag *flag)
{
    if (index >= FLAG_COUNT)
        return false;

    flag->name = flags[index].name;
    flag->value = flags[index].value;
    flag->help = flags[index].help;
    flag->short_name = flags[index].short_name;

    return true;
}

/* getopt_long() returns this + i for the long form of flags[i]. */
#define FLAG_BASE 256

static void print_flags(void)
{
    char left[64];

    for (size_t i = 0; i < FLAG_COUNT; i++) {
        const struct flag *flag = &flags[i];

        snprintf(left, sizeof(left), "%c%c%s--%s%s%s", flag->short_name ? '-' : ' ',
                 flag->short_name ? flag->short_name : ' ', flag->short_name ? ", " : "  ",
                 flag->name, flag->value ? " " : "", flag->value ? flag->value : "");
        printf("  %-*s %s\n", COLUMN, left, flag->help);
    }
}

static void print_settings(struct setting_table table)
{
    char takes[160];

    for (size_t i = 0; i < table.count; i++) {
        const struct setting *row = &table.rows[i];
        bool is_long = strlen(row->key) > COLUMN; /* it has a line of its own */

        setting_describe(row, takes, sizeof(takes));
        if (is_long)
            printf("  %s\n", row->key);
        printf("  %-*s %s\n  %-*s (%s)\n", COLUMN, is_long ? "" : row->key, row->help, COLUMN, "",
               takes);
    }
}

static int take_help(struct arguments *arguments, const char *value)
{
    (void)value;
    arguments->action = ARGUMENTS_EXIT;
    puts("Usage: lws-echo [-c FILE] [OPTION...]\n"
         "Echoes WebSocket messages and serves a page to try it with.\n");
    print_flags();
    puts("\nKeys of the configuration file (JSON, all optional):");
    print_settings(config_table());
    puts("\nOptions of the plugin, in \"echo\" (lists are arrays of strings):");
    print_settings(options_table());
    puts("\nA time is a number of seconds, or a string like \"250ms\"; a size is a number of "
         "bytes, or a\n"
         "string like \"64k\".\n"
         "\nExit status: 0 after a clean stop, 1 on failure, 2 for an invalid command line.");

    return 0;
}

static int take_version(struct arguments *arguments, const char *value)
{
    (void)value;
    arguments->action = ARGUMENTS_EXIT;
    printf("lws-echo %s (libwebsockets %s, libuv %s, %s, zlib %s, jansson %s)\n", ECHO_VERSION,
           lws_get_library_version(), uv_version_string(), OpenSSL_version(OPENSSL_VERSION),
           zlibVersion(), jansson_version_str());

    return 0;
}

static struct arguments wrong(struct arguments arguments)
{
    log_say(LLL_ERR, "try \"lws-echo --help\"");
    arguments.action = ARGUMENTS_WRONG;

    return arguments;
}

static const struct flag *find_flag(int found)
{
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (found == FLAG_BASE + (int)i || (flags[i].short_name && found == flags[i].short_name))
            return &flags[i];

    return NULL;
}

struct arguments arguments_parse(int argc, char **argv)
{
    struct arguments arguments = {.action = ARGUMENTS_RUN};
    struct option long_options[FLAG_COUNT + 1] = {0};
    char short_options[2 * FLAG_COUNT + 1] = "";
    size_t used = 0;
    int found;

    for (size_t i = 0; i < FLAG_COUNT; i++) {
        long_options[i].name = flags[i].name;
        long_options[i].has_arg = flags[i].value ? required_argument : no_argument;
        long_options[i].val = FLAG_BASE + (int)i;
        if (flags[i].short_name)
            short_options[used++] = flags[i].short_name;
        if (flags[i].short_name && flags[i].value)
            short_options[used++] = ':';
    }

    while ((found = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        const struct flag *flag = find_flag(found);

        if (!flag || flag->take(&arguments, optarg))
            return wrong(arguments);
        if (arguments.action == ARGUMENTS_EXIT)
            return arguments;
    }

    if (optind < argc) {
        log_say(LLL_ERR, "unexpected argument \"%s\"", argv[optind]);
        return wrong(arguments);
    }

    return arguments;
}
