#include "process/reload.h"

#include "log.h"

void reload_say_unchanged(void)
{
    log_say(LLL_ERR, "the configuration stays as it was");
}

static const struct setting *find_restart(const struct config *before, const struct config *after)
{
    const struct setting *row = setting_restarts(config_table(), before, after);

    return row ? row : setting_restarts(options_table(), &before->options, &after->options);
}

int reload_read(struct config *config, const struct config_source *source,
                const struct config *in_force)
{
    struct config_error error;
    const struct setting *row;

    if (config_load_source(config, source, &error)) {
        log_say(LLL_ERR, "%s", error.text);
        reload_say_unchanged();
        return -1;
    }
    row = find_restart(in_force, config);
    if (row) {
        log_say(LLL_ERR, "%s: \"%s\" has %s, which takes a restart", source->file, row->key,
                row->change == SETTING_GROWTH_RESTARTS ? "grown" : "changed");
        reload_say_unchanged();
        return -1;
    }

    return 0;
}
