#pragma once

#include <stdbool.h>

#include "config/config.h"

/*
 * SIGHUP: the process that read the configuration at the start reads it again while the server
 * serves. The new one is put in force as a whole or not at all: if it is wrong, or requires a
 * restart, that is logged and nothing changes.
 */

struct reload {
    const struct config_source *source; /* where the configuration comes from */
    const char *url;                    /* shown by the service manager afterwards */
    bool had_terminal;                  /* SIGHUP may mean that the terminal is gone */

    /*
     * Puts @config in force, or, in a supervisor, tries it. Returns 0, or -1 after an error in the
     * log.
     */
    int (*apply)(void *data, const struct config *config);
    void *data;
};

enum reload_result {
    RELOAD_UNCHANGED,
    RELOAD_CHANGED,
    RELOAD_STOP, /* the terminal is gone: the server must stop */
};

/**
 * Handles a SIGHUP. If the new configuration is applied, it replaces @in_force, and the log is set
 * up accordingly.
 */
enum reload_result reload_run(const struct reload *reload, struct config *in_force);

/** Logs that a reload has failed; the reason has been logged. */
void reload_say_unchanged(void);
