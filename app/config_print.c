#include "config.h"

#include <jansson.h>
#include <stdio.h>

/* All three return 0 or -1; jansson takes no text that is not UTF-8. */

static int add_rows(json_t *out, struct setting_table table, const void *target)
{
    for (size_t i = 0; i < table.count; i++) {
        const struct setting *row = &table.rows[i];
        json_t *value;

        if (row->type == SETTING_SECTION)
            continue;
        value = row->type == SETTING_NUMBER ? json_integer((json_int_t)setting_number(row, target))
                                            : json_string(setting_text(row, target));
        if (json_object_set_new(out, row->key, value))
            return -1;
    }

    return 0;
}

static int add_tls(json_t *out, const struct config *config)
{
    json_t *files;

    if (config->tls == CONFIG_TLS_OFF)
        return 0;
    if (config->tls == CONFIG_TLS_SELF_SIGNED)
        return json_object_set_new(out, "tls", json_string("self-signed"));

    files = json_object();
    if (add_rows(files, config_tls_table(), config)) {
        json_decref(files);
        return -1;
    }

    return json_object_set_new(out, "tls", files);
}

static int add_echo(json_t *out, const struct config *config)
{
    json_t *echo = json_object();

    if (add_rows(echo, echo_options_table(), &config->echo_in_force)) {
        json_decref(echo);
        return -1;
    }

    return json_object_set_new(out, "echo", echo);
}

int config_print(const struct config *config)
{
    json_t *root = json_object();
    int failure = add_rows(root, config_table(), config) || add_tls(root, config) ||
                  add_echo(root, config) || json_dumpf(root, stdout, JSON_INDENT(2)) ||
                  putchar('\n') == EOF || fflush(stdout);

    json_decref(root);
    if (failure)
        fputs("lws-echo: the configuration cannot be printed as JSON\n", stderr);

    return failure ? -1 : 0;
}
