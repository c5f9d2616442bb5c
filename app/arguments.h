#pragma once

#include "config.h"

enum arguments_action {
    ARGUMENTS_RUN,
    ARGUMENTS_CHECK,
    ARGUMENTS_PRINT_CONFIG,
    ARGUMENTS_EXIT,  /* all that was asked for has been printed */
    ARGUMENTS_WRONG, /* and has been reported */
};

/* The command line, which goes before the file. All pointers point into argv. */
struct arguments {
    enum arguments_action action;
    const char *config_file; /* NULL: built-in defaults */
    const char *log_level;
    const char *port;    /* NULL: as configured */
    const char *workers; /* the same */
};

/** Reads the command line; prints help, version and what is wrong with it. */
struct arguments arguments_parse(int argc, char **argv);

/** Puts what the command line overrides into @config. */
void arguments_override(const struct arguments *arguments, struct config *config);
