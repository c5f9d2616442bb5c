#include "process/reload.h"

#include <stdbool.h>
#include <string.h>

#include "log.h"

/* What the process has done with these cannot be undone. */
static const char *const fixed_keys[] = {
    "port",  "address", "admin",          "socket-mode", "user",
    "group", "workers", "max-open-files", "plugin-dir",
};

static bool is_same(const struct setting *row, const struct config *a, const struct config *b)
{
    if (row->type == SETTING_NUMBER)
        return setting_number(row, a) == setting_number(row, b);

    return !strcmp(setting_text(row, a), setting_text(row, b));
}

/* Returns the first key in which the two differ but must not, or NULL. */
static const char *find_fixed(const struct config *a, const struct config *b)
{
    for (size_t i = 0; i < sizeof(fixed_keys) / sizeof(fixed_keys[0]); i++)
        if (!is_same(setting_find(config_table(), fixed_keys[i]), a, b))
            return fixed_keys[i];
    if (a->tls != b->tls)
        return "tls";

    return NULL;
}

void reload_say_unchanged(void)
{
    log_say(LLL_ERR, "the configuration stays as it was");
}

int reload_read(struct config *config, const struct config_source *source,
                const struct config *in_force)
{
    size_t room_bytes = options_service_buffer_bytes(&in_force->options_in_force);
    struct config_error error;
    const char *key;

    if (config_load_source(config, source, &error)) {
        log_say(LLL_ERR, "%s", error.text);
        goto unchanged;
    }
    key = find_fixed(in_force, config);
    if (key) {
        log_say(LLL_ERR, "%s: \"%s\" has changed, which takes a restart", source->file, key);
        goto unchanged;
    }
    if (options_service_buffer_bytes(&config->options_in_force) > room_bytes) {
        log_say(LLL_ERR, "%s: \"rx-buffer\" has grown, which takes a restart", source->file);
        goto unchanged;
    }

    return 0;

unchanged:
    config_fini(config);
    reload_say_unchanged();

    return -1;
}
