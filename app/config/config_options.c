#include "config/config_options.h"

#include <stdlib.h>
#include <string.h>

/* The plugin alone serves neither. */
static const struct config_override admin_options[] = {
    {"health-path", "/healthz"},
    {"metrics-path", "/metrics"},
};

#define ADMIN_OPTION_COUNT (sizeof(admin_options) / sizeof(admin_options[0]))

void config_options_begin(struct config *config)
{
    struct setting_error wrong;

    config->echo = NULL;
    config->echo_count = 0;
    setting_defaults(options_table(), &config->options_in_force);
    /* in force from the start, so that what the file says is checked against them */
    for (size_t i = 0; i < ADMIN_OPTION_COUNT; i++)
        setting_set(options_table(), &config->options_in_force, admin_options[i].key,
                    admin_options[i].value, &wrong);
}

/* Returns 0, or -1 if memory is short. */
static int append(struct config *config, const char *key, const char *value)
{
    struct config_option *echo =
        realloc(config->echo, (config->echo_count + 1) * sizeof(*config->echo));
    struct config_option *option;

    if (!echo)
        return -1;
    config->echo = echo;
    option = &echo[config->echo_count++];
    option->key = strdup(key);
    option->value = strdup(value);

    return option->key && option->value ? 0 : -1;
}

int config_options_add(struct config *config, const char *key, const char *value,
                       struct setting_error *wrong)
{
    /* the plugin will judge the same text by the same rule; only here the line is known */
    if (setting_set(options_table(), &config->options_in_force, key, value, wrong))
        return -1;
    if (append(config, key, value)) {
        setting_fail(wrong, key, "out of memory");
        return -1;
    }

    return 0;
}

static bool has(const struct config *config, const char *key)
{
    for (size_t i = 0; i < config->echo_count; i++)
        if (!strcmp(config->echo[i].key, key))
            return true;

    return false;
}

int config_options_end(struct config *config)
{
    for (size_t i = 0; i < ADMIN_OPTION_COUNT; i++)
        if (!has(config, admin_options[i].key) &&
            append(config, admin_options[i].key, admin_options[i].value))
            return -1;

    return 0;
}

bool config_options_is_admin(const char *key)
{
    for (size_t i = 0; i < ADMIN_OPTION_COUNT; i++)
        if (!strcmp(key, admin_options[i].key))
            return true;

    return false;
}

int config_copy(struct config *copy, const struct config *config)
{
    *copy = *config;
    copy->echo = NULL;
    copy->echo_count = 0;
    for (size_t i = 0; i < config->echo_count; i++)
        if (append(copy, config->echo[i].key, config->echo[i].value)) {
            config_fini(copy);
            return -1;
        }

    return 0;
}

void config_fini(struct config *config)
{
    for (size_t i = 0; i < config->echo_count; i++) {
        free(config->echo[i].key);
        free(config->echo[i].value);
    }
    free(config->echo);
    config->echo = NULL;
    config->echo_count = 0;
}
