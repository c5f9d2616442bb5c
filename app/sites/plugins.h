#pragma once

#include <stddef.h>

#include <libwebsockets.h>

/**
 * Loads the echo plugin from @dir.
 *
 * Returns what it offers and adds it to @plugins, which the caller releases with
 * lws_plugins_destroy() when no context uses it any more. On failure reports why to standard
 * error and returns NULL. libwebsockets' messages are silenced on the way.
 */
const lws_plugin_protocol_t *plugins_load_echo(const char *dir, struct lws_plugin **plugins);
