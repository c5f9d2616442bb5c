#pragma once

#include <stdbool.h>

#include "config/config.h"

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

/* What is said of a flag. */
struct arguments_flag {
    const char *name;
    const char *value; /* what its value is called, or NULL for none */
    const char *help;
    char short_name; /* 0: none */
};

/** Describes the flag number @index. Returns false when there are no more. */
bool arguments_flag(size_t index, struct arguments_flag *flag);

/** Reads the command line; prints help, version and what is wrong with it. */
struct arguments arguments_parse(int argc, char **argv);
