#include "sites/plugins.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define PLUGIN_FILE "libprotocol_lws_echo.so"
#define PLUGIN_SYMBOL "lws_echo" /* from the file name, as libwebsockets does it */
#define PLUGIN_CLASS "lws_protocol_plugin"

static int fail(const char *file, const char *why)
{
    log_say(LLL_ERR, "%s: cannot be loaded: %s", file, why);

    return -1;
}

/*
 * Asks the dynamic loader first, which gives a reason; libwebsockets would log lines of its own and
 * leak memory.
 */
static int probe(const char *file)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    bool is_plugin = library && dlsym(library, PLUGIN_SYMBOL);

    if (!library)
        return fail(file, dlerror());
    dlclose(library);

    return is_plugin ? 0 : fail(file, "it has no symbol " PLUGIN_SYMBOL);
}

const lws_plugin_protocol_t *plugins_load_echo(const char *dir, struct lws_plugin **plugins)
{
    const char *const dirs[] = {dir, NULL};
    char file[PATH_MAX];

    snprintf(file, sizeof(file), "%s/" PLUGIN_FILE, dir);
    if (access(file, R_OK)) {
        log_say(LLL_ERR, "%s: the plugin cannot be read: %s", file, strerror(errno));
        return NULL;
    }
    if (probe(file))
        return NULL;

    log_set_silent();
    *plugins = NULL;
    lws_plugins_init(plugins, dirs, PLUGIN_CLASS, PLUGIN_SYMBOL, NULL, NULL);
    if (!*plugins) {
        fail(file, "it is not a protocol plugin for this version of libwebsockets");
        return NULL;
    }

    return (const lws_plugin_protocol_t *)(*plugins)->hdr;
}
