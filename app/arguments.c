#include "arguments.h"

#include <getopt.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include <libwebsockets.h>

#include "log.h"

#define COLUMN 22

static const struct {
    const char *name;
    char short_name;   /* 0: none */
    const char *value; /* what the value is called, or NULL for none */
    const char *help;
} flags[] = {
    {"config", 'c', "FILE", "read the configuration from FILE; without it the defaults serve"},
    {"port", 0, "N", "listen on port N, whatever the configuration says"},
    {"log-level", 0, "LEVEL", "write messages up to LEVEL: error, warn, notice, info or debug"},
    {"check", 0, NULL, "check configuration, plugin, page and certificate, then exit"},
    {"print-config", 0, NULL, "print the configuration in force as JSON, then exit"},
    {"version", 0, NULL, "print the versions of program and libraries, then exit"},
    {"help", 'h', NULL, "print this help, then exit"},
};

#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

/* What getopt_long() returns for the long form of flags[i]. */
#define FLAG_BASE 256

static void print_help(void)
{
    struct setting_table tables[] = {config_table(), echo_options_table()};
    const char *titles[] = {"Keys of the configuration file (JSON, all optional):",
                            "Options of the plugin, in \"echo\":"};
    char left[64];
    char takes[160];

    puts("Usage: lws-echo [-c FILE] [OPTION...]\n"
         "Echoes WebSocket messages, and serves a page to try it with.\n");
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        snprintf(left, sizeof(left), "%c%c%s--%s%s%s", flags[i].short_name ? '-' : ' ',
                 flags[i].short_name ? flags[i].short_name : ' ', flags[i].short_name ? ", " : "  ",
                 flags[i].name, flags[i].value ? " " : "", flags[i].value ? flags[i].value : "");
        printf("  %-*s %s\n", COLUMN, left, flags[i].help);
    }

    for (size_t t = 0; t < 2; t++) {
        printf("\n%s\n", titles[t]);
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct setting *row = &tables[t].rows[i];

            setting_describe(row, takes, sizeof(takes));
            printf("  %-*s %s\n  %-*s (%s)\n", COLUMN, row->key, row->help, COLUMN, "", takes);
        }
    }
    puts(
        "\nExit status: 0 after a clean stop, 1 when it cannot start, 2 for a wrong command line.");
}

static void print_version(void)
{
    printf("lws-echo %s (libwebsockets %s, libuv %s, %s, jansson %s)\n", ECHO_VERSION,
           lws_get_library_version(), uv_version_string(), OpenSSL_version(OPENSSL_VERSION),
           jansson_version_str());
}

static struct arguments wrong(struct arguments arguments)
{
    fputs("lws-echo: try \"lws-echo --help\"\n", stderr);
    arguments.action = ARGUMENTS_WRONG;

    return arguments;
}

static int check_port(const char *value)
{
    struct config scratch;
    struct setting_error error;

    if (!setting_set(config_table(), &scratch, "port", value, &error))
        return 0;
    fprintf(stderr, "lws-echo: --port: %s\n", error.text);

    return -1;
}

static int check_log_level(const char *value)
{
    if (!log_set_level(value))
        return 0;
    fprintf(stderr, "lws-echo: --log-level: \"%s\" is not one of %s\n", value, log_levels());

    return -1;
}

/* Takes one flag. Returns 0, or -1 when its value is wrong and has been reported. */
static int take(struct arguments *arguments, const char *name, const char *value)
{
    if (!strcmp(name, "config"))
        arguments->config_file = value;
    else if (!strcmp(name, "port"))
        return check_port(arguments->port = value);
    else if (!strcmp(name, "log-level"))
        return check_log_level(arguments->log_level = value);
    else if (!strcmp(name, "check"))
        arguments->action = ARGUMENTS_CHECK;
    else if (!strcmp(name, "print-config"))
        arguments->action = ARGUMENTS_PRINT_CONFIG;
    else
        arguments->action = ARGUMENTS_EXIT;

    return 0;
}

static const char *flag_name(int found)
{
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (found == FLAG_BASE + (int)i || (flags[i].short_name && found == flags[i].short_name))
            return flags[i].name;

    return NULL;
}

struct arguments arguments_parse(int argc, char **argv)
{
    struct arguments arguments = {.action = ARGUMENTS_RUN, .log_level = LOG_LEVEL_DEFAULT};
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
        const char *name = flag_name(found);

        if (!name || take(&arguments, name, optarg))
            return wrong(arguments);
        if (!strcmp(name, "help"))
            print_help();
        else if (!strcmp(name, "version"))
            print_version();
        if (arguments.action == ARGUMENTS_EXIT)
            return arguments;
    }

    if (optind < argc) {
        fprintf(stderr, "lws-echo: unexpected argument \"%s\"\n", argv[optind]);
        return wrong(arguments);
    }

    return arguments;
}

void arguments_override(const struct arguments *arguments, struct config *config)
{
    struct setting_error error;

    if (arguments->port)
        setting_set(config_table(), config, "port", arguments->port, &error);
}
