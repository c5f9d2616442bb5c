/* lws-echo: a WebSocket echo server that hosts the lws-echo plugin. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/arguments.h"
#include "config/config.h"
#include "process/server.h"

#define EXIT_WRONG_ARGUMENTS 2

/* What was printed is all that was asked for: @status stands only if it has arrived. */
static int when_printed(int status)
{
    if (!fflush(stdout) && !ferror(stdout))
        return status;
    log_say(LLL_ERR, "cannot write to standard output: %s", strerror(errno));

    return EXIT_FAILURE;
}

static int act(const struct arguments *arguments, struct config *config)
{
    int status;

    switch (arguments->action) {
    case ARGUMENTS_PRINT_CONFIG:
        return config_print(config) ? EXIT_FAILURE : EXIT_SUCCESS;
    case ARGUMENTS_CHECK:
        status = server_check(config);
        if (status == EXIT_SUCCESS)
            printf("%s: valid\n", arguments->source.file ? arguments->source.file : "defaults");
        return when_printed(status);
    default:
        return server_run(config, &arguments->source);
    }
}

int main(int argc, char **argv)
{
    struct arguments arguments = arguments_parse(argc, argv);
    struct config_error error;
    struct config config;
    int status = EXIT_FAILURE;

    if (arguments.action == ARGUMENTS_EXIT)
        return when_printed(EXIT_SUCCESS);
    if (arguments.action == ARGUMENTS_WRONG)
        return EXIT_WRONG_ARGUMENTS;

    if (config_load_source(&config, &arguments.source, &error))
        fprintf(stderr, "%s\n", error.text);
    else
        status = act(&arguments, &config);

    return status;
}
