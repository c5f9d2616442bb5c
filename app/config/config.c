#include "config/config.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/library.h"
#include "config/json_line.h"
#include "config/path.h"
#include "config/setting_json.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)

struct loading {
    struct config *config;
    const char *file;
    char *text;
    size_t text_bytes;
    uint64_t options_set; /* a bit for each row of options_table() that the file sets */
    struct config_error *error;
};

/*
 * Reports @wrong at the line of @key in the object @section; NULL is the outermost object.
 */
static int fail_at(const struct loading *loading, const char *section, const char *key,
                   const struct setting_error *wrong)
{
    const char *const path[] = {section ? section : key, key};
    unsigned line = json_line_of_key(loading->text, path, section ? 2 : 1);

    if (!line)
        line = json_line_of_key(loading->text, path, 1); /* the key is missing */
    snprintf(loading->error->text, sizeof(loading->error->text), "%s:%u: \"%s\": %s", loading->file,
             line, wrong->key, wrong->text);

    return -1;
}

static int read_whole(struct loading *loading)
{
    FILE *stream = fopen(loading->file, "rb");
    size_t bytes = 0;
    int failure = stream ? 0 : errno;

    loading->text = malloc(FILE_MAX_BYTES + 1);
    if (!loading->text)
        failure = ENOMEM;
    if (!failure) {
        bytes = fread(loading->text, 1, FILE_MAX_BYTES + 1, stream);
        failure = ferror(stream) ? errno : 0;
    }
    if (stream)
        fclose(stream);

    if (failure) {
        snprintf(loading->error->text, sizeof(loading->error->text), "%s: cannot be read: %s",
                 loading->file, strerror(failure));
        return -1;
    }
    if (bytes > FILE_MAX_BYTES) {
        snprintf(loading->error->text, sizeof(loading->error->text),
                 "%s: larger than a configuration may be (%zu bytes)", loading->file,
                 FILE_MAX_BYTES);
        return -1;
    }
    loading->text[bytes] = '\0';
    loading->text_bytes = bytes;

    return 0;
}

static json_t *parse(const struct loading *loading)
{
    json_error_t syntax;
    json_t *root = json_loadb(loading->text, loading->text_bytes, JSON_REJECT_DUPLICATES, &syntax);

    if (!root) {
        if (syntax.line < 0)
            snprintf(loading->error->text, sizeof(loading->error->text), "%s: out of memory",
                     loading->file);
        else
            snprintf(loading->error->text, sizeof(loading->error->text), "%s:%d:%d: %s",
                     loading->file, syntax.line, syntax.column, syntax.text);
        setting_hide_control_characters(loading->error->text); /* jansson quotes the input */
        return NULL;
    }
    if (!json_is_object(root)) {
        snprintf(loading->error->text, sizeof(loading->error->text),
                 "%s:1: the configuration must be an object, { ... }", loading->file);
        json_decref(root);
        return NULL;
    }

    return root;
}

/* Returns the text that setting_set() takes for @value, to be freed, or NULL with @wrong filled in.
 */
static char *text_of(const struct setting *row, bool is_option, const json_t *value,
                     struct setting_error *wrong)
{
    /* an option may be a string, as in lwsws */
    if (!is_option || row->type != SETTING_NUMBER || !json_is_string(value))
        return setting_json_text(row, value, wrong);

    setting_fail(wrong, row->key, "out of memory"); /* if strdup() fails */

    return strdup(json_string_value(value));
}

/* Sets @key of @section, which is NULL for the outermost object, in @target. */
static int set_row(const struct loading *loading, struct setting_table table, void *target,
                   const char *section, const char *key, const json_t *value)
{
    const struct setting *row = setting_find(table, key);
    struct setting_error wrong;
    char *text = NULL;
    int failure;

    if (row)
        text = text_of(row, target == &loading->config->options, value, &wrong);
    else
        setting_fail_unknown(&wrong, table, key);

    failure = text ? setting_set(table, target, key, text, &wrong) : -1;
    free(text);

    return failure ? fail_at(loading, section, key, &wrong) : 0;
}

static int resolve(const struct loading *loading, const char *section, const char *key, char *path,
                   size_t size)
{
    struct setting_error wrong;
    char resolved[PATH_MAX];

    if (!*path || (!path_beside(loading->file, path, resolved, sizeof(resolved)) &&
                   strlen(resolved) < size)) {
        if (*path)
            memcpy(path, resolved, strlen(resolved) + 1);
        return 0;
    }
    setting_fail(&wrong, key, "the path is too long (at most %zu bytes, directory included)",
                 size - 1);

    return fail_at(loading, section, key, &wrong);
}

static int load_tls(struct loading *loading, json_t *tls)
{
    struct config *config = loading->config;
    struct setting_error wrong;
    const char *key;
    json_t *value;

    if (json_is_string(tls) && !strcmp(json_string_value(tls), "self-signed")) {
        config->tls = CONFIG_TLS_SELF_SIGNED;
        return 0;
    }
    if (!json_is_object(tls)) {
        setting_fail(&wrong, "tls", "must be %s", setting_find(config_table(), "tls")->text);
        return fail_at(loading, NULL, wrong.key, &wrong);
    }

    json_object_foreach (tls, key, value)
        if (set_row(loading, config_tls_table(), config, "tls", key, value))
            return -1;

    for (size_t i = 0; i < config_tls_table().count; i++) {
        const struct setting *row = &config_tls_table().rows[i];

        if (!json_object_get(tls, row->key)) {
            setting_fail(&wrong, "tls", "\"%s\" is missing: %s", row->key, row->help);
            return fail_at(loading, NULL, wrong.key, &wrong);
        }
    }
    config->tls = CONFIG_TLS_FILES;

    return resolve(loading, "tls", "cert", config->tls_cert, sizeof(config->tls_cert)) ||
                   resolve(loading, "tls", "key", config->tls_key, sizeof(config->tls_key))
               ? -1
               : 0;
}

static int load_echo(struct loading *loading, json_t *echo)
{
    struct setting_table table = options_table();
    struct setting_error wrong;
    const char *key;
    json_t *value;

    if (!json_is_object(echo)) {
        setting_fail(&wrong, "echo", "must be %s", setting_find(config_table(), "echo")->text);
        return fail_at(loading, NULL, wrong.key, &wrong);
    }

    json_object_foreach (echo, key, value) {
        if (set_row(loading, table, &loading->config->options, "echo", key, value))
            return -1;
        loading->options_set |= UINT64_C(1) << (setting_find(table, key) - table.rows);
    }

    return 0;
}

static int ignore(struct loading *loading, json_t *value)
{
    (void)loading;
    (void)value;

    return 0;
}

/* The keys that are not plain rows. */
static const struct {
    const char *key;
    int (*load)(struct loading *loading, json_t *value);
} sections[] = {
    {"tls", load_tls},
    {"echo", load_echo},
    {"$schema", ignore},
};

static int load_key(struct loading *loading, const char *key, json_t *value)
{
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        if (!strcmp(key, sections[i].key))
            return sections[i].load(loading, value);

    return set_row(loading, config_table(), loading->config, NULL, key, value);
}

static int check_http2(const struct loading *loading)
{
    struct setting_error wrong;

    if (!loading->config->http2)
        return 0;
    if (loading->config->tls == CONFIG_TLS_OFF)
        setting_fail(&wrong, "http2",
                     "needs \"tls\": clients agree on HTTP/2 in the TLS handshake");
    else if (!library_is_mended())
        setting_fail(&wrong, "http2",
                     "needs the libwebsockets that script/lws builds: this one, %s, loses data of "
                     "WebSockets on HTTP/2",
                     library_version());
    else
        return 0;

    return fail_at(loading, NULL, wrong.key, &wrong);
}

static int load_root(struct loading *loading, json_t *root)
{
    struct config *config = loading->config;
    struct setting_error wrong;
    const char *key;
    json_t *value;

    json_object_foreach (root, key, value)
        if (load_key(loading, key, value))
            return -1;

    if (options_check(&config->options, config->tls != CONFIG_TLS_OFF, &wrong))
        return fail_at(loading, "echo", wrong.key, &wrong);
    if (check_http2(loading))
        return -1;

    return resolve(loading, NULL, "mount-origin", config->mount_origin,
                   sizeof(config->mount_origin)) ||
                   resolve(loading, NULL, "plugin-dir", config->plugin_dir,
                           sizeof(config->plugin_dir))
               ? -1
               : 0;
}

static int load_file(struct loading *loading)
{
    int failure = -1;
    json_t *root;

    if (read_whole(loading))
        goto free_text;
    root = parse(loading);
    if (!root)
        goto free_text;

    failure = load_root(loading, root);
    json_decref(root);

free_text:
    free(loading->text);

    return failure;
}

static int override(const struct loading *loading, const struct config_source *source)
{
    struct setting_error wrong;

    for (size_t i = 0; i < source->override_count; i++)
        if (setting_set(config_table(), loading->config, source->overrides[i].key,
                        source->overrides[i].value, &wrong)) {
            snprintf(loading->error->text, sizeof(loading->error->text), "lws-echo: --%s: %s",
                     wrong.key, wrong.text);
            return -1;
        }

    return 0;
}

/* Options that the file does not set may follow the app's setting of the same key. */
static void inherit(const struct loading *loading)
{
    struct setting_table table = options_table();
    struct setting_error none;

    for (size_t i = 0; i < table.count; i++) {
        const struct setting *row = &table.rows[i];

        if (row->inherited && !(loading->options_set >> i & 1))
            setting_set(table, &loading->config->options, row->key,
                        setting_text(setting_find(config_table(), row->key), loading->config),
                        &none);
    }
}

static int locate(struct config *config, struct config_error *error)
{
    if ((!config->plugin_dir[0] &&
         path_of_plugins(config->plugin_dir, sizeof(config->plugin_dir))) ||
        (!config->mount_origin[0] &&
         path_of_page(config->mount_origin, sizeof(config->mount_origin)))) {
        snprintf(error->text, sizeof(error->text),
                 "lws-echo: cannot locate the program: its path is too long, or /proc is not "
                 "mounted; set \"plugin-dir\" and \"mount-origin\"");
        return -1;
    }

    return 0;
}

int config_load(struct config *config, const char *file, struct config_error *error)
{
    const struct config_source source = {.file = file};

    return config_load_source(config, &source, error);
}

int config_load_source(struct config *config, const struct config_source *source,
                       struct config_error *error)
{
    struct loading loading = {.config = config, .file = source->file, .error = error};

    memset(config, 0, sizeof(*config));
    setting_defaults(config_table(), config);
    setting_app_defaults(options_table(), &config->options);

    if ((source->file && load_file(&loading)) || override(&loading, source) ||
        locate(config, error))
        return -1;
    inherit(&loading);

    return 0;
}
