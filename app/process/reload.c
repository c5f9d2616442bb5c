#include "process/reload.h"

#include <sys/stat.h>

#include "base/log.h"
#include "process/service_manager.h"
#include "process/terminal.h"

void reload_say_unchanged(void)
{
    log_say(LLL_ERR, "the configuration is unchanged");
}

static const struct setting *find_restart(const struct config *before, const struct config *after)
{
    const struct setting *row = setting_restarts(config_table(), before, after);

    return row ? row : setting_restarts(options_table(), &before->options, &after->options);
}

/* Returns 0, or -1 after an error in the log: @config is wrong, or @in_force cannot become it. */
static int read_again(const struct config_source *source, const struct config *in_force,
                      struct config *config)
{
    struct config_error error;
    const struct setting *row;
    struct stat file;

    /* reading one of these may never end, and nothing else happens meanwhile */
    if (!stat(source->file, &file) && !S_ISREG(file.st_mode)) {
        log_say(LLL_ERR, "%s: is not a regular file, and can only be read at the start",
                source->file);
        return -1;
    }
    if (config_load_source(config, source, &error)) {
        log_say(LLL_ERR, "%s", error.text);
        return -1;
    }
    row = find_restart(in_force, config);
    if (row) {
        log_say(LLL_ERR, "%s: \"%s\" has %s, which requires a restart", source->file, row->key,
                row->change == SETTING_GROWTH_RESTARTS ? "grown" : "changed");
        return -1;
    }

    return 0;
}

static enum reload_result read_and_apply(const struct reload *reload, struct config *in_force)
{
    struct config config;

    if (read_again(reload->source, in_force, &config) || reload->apply(reload->data, &config)) {
        reload_say_unchanged();
        return RELOAD_UNCHANGED;
    }
    *in_force = config;
    log_set_up(config.log_level, config.log_format);

    return RELOAD_CHANGED;
}

enum reload_result reload_run(const struct reload *reload, struct config *in_force)
{
    enum reload_result result;

    if (terminal_is_gone(reload->had_terminal))
        return RELOAD_STOP;
    if (!reload->source->file) {
        log_say(LLL_NOTICE, "SIGHUP: no configuration file to reload");
        return RELOAD_UNCHANGED;
    }

    service_manager_reloading();
    result = read_and_apply(reload, in_force);
    service_manager_ready(reload->url);

    return result;
}
