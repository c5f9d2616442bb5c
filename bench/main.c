/* echo-load: loads an echo server, checks what comes back, and measures it. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "arguments.h"
#include "modes.h"

#define EXIT_WRONG_ARGUMENTS 2

static int act(const struct arguments *arguments)
{
    switch (arguments->action) {
    case ARGUMENTS_CHURN:
        return churn(arguments);
    case ARGUMENTS_HOLD:
        return hold(arguments);
    default:
        return run(arguments);
    }
}

int main(int argc, char **argv)
{
    struct arguments arguments = arguments_parse(argc, argv);

    if (arguments.action == ARGUMENTS_EXIT)
        return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
    if (arguments.action == ARGUMENTS_WRONG)
        return EXIT_WRONG_ARGUMENTS;
    signal(SIGPIPE, SIG_IGN); /* a lost connection is reported with a message */

    return act(&arguments) ? EXIT_FAILURE : EXIT_SUCCESS;
}
