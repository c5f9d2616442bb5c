#include "config/json_line.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

struct cursor {
    const char *p;
    unsigned line;
};

static void skip_space(struct cursor *c)
{
    for (; *c->p && strchr(" \t\r\n", *c->p); c->p++)
        if (*c->p == '\n')
            c->line++;
}

static void skip_string(struct cursor *c)
{
    for (c->p++; *c->p && *c->p != '"'; c->p++)
        if (*c->p == '\\' && c->p[1])
            c->p++;
    if (*c->p)
        c->p++;
}

/* Skips a whole value; brackets inside strings do not count. */
static void skip_value(struct cursor *c)
{
    unsigned depth = 0;

    do {
        skip_space(c);
        if (*c->p == '"') {
            skip_string(c);
        } else if (*c->p == '{' || *c->p == '[') {
            depth++;
            c->p++;
        } else if (*c->p == '}' || *c->p == ']') {
            depth--;
            c->p++;
        } else if (*c->p == ',' || *c->p == ':') {
            c->p++;
        } else {
            c->p += strcspn(c->p, ",:]} \t\r\n");
        }
    } while (depth && *c->p);
}

/* Says whether the string that starts at @p, quotes and escapes included, means @key. */
static bool string_means(const char *p, size_t bytes, const char *key)
{
    json_t *string = json_loadb(p, bytes, JSON_DECODE_ANY, NULL);
    bool means = string && !strcmp(json_string_value(string), key);

    json_decref(string);

    return means;
}

/*
 * Moves past the ':' of @key in the object at @c; @line is set to the key's line. Returns 0, or -1
 * if there is no such key.
 */
static int enter_key(struct cursor *c, const char *key, unsigned *line)
{
    skip_space(c);
    if (*c->p != '{')
        return -1;

    for (c->p++; *c->p && *c->p != '}';) {
        const char *name;
        bool found;

        skip_space(c);
        if (*c->p != '"')
            return -1;
        *line = c->line;
        name = c->p;
        skip_string(c);
        found = string_means(name, (size_t)(c->p - name), key);

        skip_space(c);
        if (*c->p == ':')
            c->p++;
        if (found)
            return 0;

        skip_value(c);
        skip_space(c);
        if (*c->p == ',')
            c->p++;
    }

    return -1;
}

unsigned json_line_of_key(const char *text, const char *const *path, size_t depth)
{
    struct cursor c = {.p = text, .line = 1};
    unsigned line = 0;

    for (size_t i = 0; i < depth; i++)
        if (enter_key(&c, path[i], &line))
            return 0;

    return line;
}
