#pragma once

#include <sys/types.h>

#include "config/config.h"

/* Who the server runs as. */
struct privileges {
    uid_t user;  /* (uid_t)-1: as started */
    gid_t group; /* (gid_t)-1: as started */
    char name[CONFIG_NAME_MAX + 1];
};

/**
 * Looks up the user and group of @config.
 *
 * Without a group it is the user's. Returns 0, or -1 after one line on standard error: there is no
 * such user or group, or only root could switch to it.
 */
int privileges_find(struct privileges *privileges, const struct config *config);

/**
 * Switches to the user and group for good: there is no way back, and no capability is left.
 *
 * Returns 0, or -1 after one line on standard error.
 */
int privileges_drop(const struct privileges *privileges);
