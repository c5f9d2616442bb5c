#include "config/config.h"

#include <jansson.h>
#include <stdio.h>

#include "base/log.h"
#include "config/setting_json.h"

/* All three return 0 or -1; jansson takes no text that is not UTF-8. */

static int add_rows(json_t *out, struct setting_table table, const void *target)
{
    for (size_t i = 0; i < table.count; i++) {
        const struct setting *row = &table.rows[i];

        if (row->type != SETTING_SECTION &&
            json_object_set_new(out, row->key, setting_json_value(row, target)))
            return -1;
    }

    return 0;
}

static int add_object(json_t *out, const char *key, struct setting_table table, const void *target)
{
    json_t *object = json_object();

    if (add_rows(object, table, target)) {
        json_decref(object);
        return -1;
    }

    return json_object_set_new(out, key, object);
}

static int add_tls(json_t *out, const struct config *config)
{
    switch (config->tls) {
    case CONFIG_TLS_SELF_SIGNED:
        return json_object_set_new(out, "tls", json_string("self-signed"));
    case CONFIG_TLS_FILES:
        return add_object(out, "tls", config_tls_table(), config);
    default:
        return 0;
    }
}

int config_print(const struct config *config)
{
    json_t *root = json_object();
    int failure = add_rows(root, config_table(), config) || add_tls(root, config) ||
                  add_object(root, "echo", options_table(), &config->options) ||
                  json_dumpf(root, stdout, JSON_INDENT(2)) || putchar('\n') == EOF ||
                  fflush(stdout);

    json_decref(root);
    if (failure)
        log_say(LLL_ERR, "the configuration cannot be printed as JSON");

    return failure ? -1 : 0;
}
