#pragma once

#include <stddef.h>

#include <libwebsockets.h>

/**
 * Loads the echo plugin from @dir.
 *
 * Returns its protocols and extensions, and sets @plugins, which the caller releases with
 * lws_plugins_destroy() when no context uses it any more. Returns NULL after one line on standard
 * error. Silences libwebsockets until log_set_up().
 */
const lws_plugin_protocol_t *plugins_load_echo(const char *dir, struct lws_plugin **plugins);
