#pragma once

#include <stdbool.h>

#include "config/config.h"

/*
 * The options of the plugin that a configuration has: those of the file, and a few that the app
 * sets where the file does not, because it serves more than a plugin does unasked.
 */

/** Makes the list empty, and what is in force the defaults. */
void config_options_begin(struct config *config);

/**
 * Adds the option @key with @value, as text, and puts it in force.
 *
 * Returns 0, or -1 with @wrong filled in: the plugin does not take it, or memory is short.
 */
int config_options_add(struct config *config, const char *key, const char *value,
                       struct setting_error *wrong);

/** Adds what the app sets and the file has not. Returns 0, or -1 if memory is short. */
int config_options_end(struct config *config);

/** Says whether option @key concerns health and metrics, which may have a listener of their own. */
bool config_options_is_admin(const char *key);
