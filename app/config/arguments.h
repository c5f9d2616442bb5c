#pragma once

#include <stdbool.h>

#include "config/config.h"

enum arguments_action {
    ARGUMENTS_RUN,
    ARGUMENTS_CHECK,
    ARGUMENTS_PRINT_CONFIG,
    ARGUMENTS_EXIT,  /* what was asked for has been printed */
    ARGUMENTS_WRONG, /* an error has been reported */
};

/* The command line. All pointers point into argv. */
struct arguments {
    enum arguments_action action;
    struct config_source source;
};

/* A flag, as the documentation needs it. */
struct arguments_flag {
    const char *name;
    const char *value; /* name of its value, or NULL if it takes none */
    const char *help;
    char short_name; /* 0: none */
};

/** Describes flag number @index. Returns whether there is one. */
bool arguments_flag(size_t index, struct arguments_flag *flag);

/** Parses the command line; prints help, version or an error. */
struct arguments arguments_parse(int argc, char **argv);
