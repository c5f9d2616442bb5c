#include "plugins.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define PLUGIN_FILE "libprotocol_lws_echo.so"
#define PLUGIN_SYMBOL "lws_echo" /* from the file name, as libwebsockets does it */
#define PLUGIN_CLASS "lws_protocol_plugin"

/* libwebsockets logs why, but not in one line with what; ask the loader again. */
static void report(const char *file)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

    fprintf(stderr, "lws-echo: %s: cannot be loaded: %s\n", file,
            library ? "it is no protocol plugin for this version of libwebsockets" : dlerror());
    if (library)
        dlclose(library);
}

const struct lws_protocols *plugins_load_echo(const char *dir, struct lws_plugin **plugins)
{
    const char *const dirs[] = {dir, NULL};
    const lws_plugin_protocol_t *plugin;
    char file[PATH_MAX];

    snprintf(file, sizeof(file), "%s/" PLUGIN_FILE, dir);
    if (access(file, R_OK)) {
        fprintf(stderr, "lws-echo: %s: the plugin cannot be read: %s\n", file, strerror(errno));
        return NULL;
    }

    log_set_silent();
    *plugins = NULL;
    lws_plugins_init(plugins, dirs, PLUGIN_CLASS, PLUGIN_SYMBOL, NULL, NULL);
    if (!*plugins) {
        report(file);
        return NULL;
    }

    plugin = (const lws_plugin_protocol_t *)(*plugins)->hdr;

    return &plugin->protocols[0];
}
