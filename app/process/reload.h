#pragma once

#include <stdbool.h>

#include "config/config.h"

/*
 * SIGHUP: the configuration is read again while the server serves, by the one process that has
 * read it at the start. It is put in force whole or not at all: what is wrong, or takes a restart,
 * is logged, and all stays as it was.
 */

struct reload {
    const struct config_source *source; /* where the configuration comes from */
    const char *url;                    /* what the service manager is told after it */
    bool had_terminal;                  /* then SIGHUP may mean that the terminal is gone */

    /*
     * Tries @config, or puts it in force where that is the same. Returns 0, or -1 after an error in
     * the log.
     */
    int (*apply)(void *data, const struct config *config);
    void *data;
};

enum reload_result {
    RELOAD_UNCHANGED,
    RELOAD_CHANGED,
    RELOAD_STOP, /* the terminal is gone, and the server is to end */
};

/**
 * Deals with a SIGHUP. @in_force becomes the new configuration if it is applied, and the log is
 * set up as that says.
 */
enum reload_result reload_run(const struct reload *reload, struct config *in_force);

/** Logs that a reload has failed; the reason has been logged. */
void reload_say_unchanged(void);
