#include "config.h"

#include <jansson.h>
#include <stdio.h>

static int print_rows(json_t *out, struct setting_table table, const void *target)
{
    for (size_t i = 0; i < table.count; i++) {
        const struct setting *row = &table.rows[i];
        json_t *value = NULL;

        if (row->type == SETTING_NUMBER)
            value = json_integer((json_int_t)setting_number(row, target));
        else if (row->type == SETTING_TEXT)
            value = json_string(setting_text(row, target));
        if (value && json_object_set_new(out, row->key, value))
            return -1;
    }

    return 0;
}

static json_t *tls_as_json(const struct config *config)
{
    json_t *files;

    if (config->tls == CONFIG_TLS_SELF_SIGNED)
        return json_string("self-signed");

    files = json_object();
    print_rows(files, config_tls_table(), config);

    return files;
}

int config_print(const struct config *config)
{
    json_t *root = json_object();
    json_t *echo = json_object();
    int failure = print_rows(root, config_table(), config) ||
                  print_rows(echo, echo_options_table(), &config->echo_in_force);

    if (config->tls != CONFIG_TLS_OFF)
        failure |= json_object_set_new(root, "tls", tls_as_json(config));
    failure |= json_object_set_new(root, "echo", echo);
    failure |= json_dumpf(root, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(root);
    failure |= putchar('\n') == EOF || fflush(stdout);

    return failure ? -1 : 0;
}
