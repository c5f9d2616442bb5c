#pragma once

#include "config.h"

enum arguments_action {
    ARGUMENTS_RUN,
    ARGUMENTS_CHECK,
    ARGUMENTS_PRINT_CONFIG,
    ARGUMENTS_EXIT,  /* all that was asked for has been printed */
    ARGUMENTS_WRONG, /* and has been reported */
};

/* The command line. All pointers point into argv. */
struct arguments {
    enum arguments_action action;
    struct config_source source;
};

/** Reads the command line; prints help, version and what is wrong with it. */
struct arguments arguments_parse(int argc, char **argv);
