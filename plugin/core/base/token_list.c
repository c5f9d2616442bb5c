#include "core/base/token_list.h"

#include <string.h>
#include <strings.h>

bool token_has_char(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;

    return c && strchr("!#$%&'*+-.^_`|~", c);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

enum token_list_element token_list_next(const char **rest, const char *also, const char **token,
                                        size_t *bytes)
{
    *rest += strspn(*rest, ", \t");
    *token = *rest;
    *bytes = strcspn(*rest, ",");
    *rest += *bytes;
    if (!*bytes)
        return TOKEN_LIST_END;

    while (is_blank((*token)[*bytes - 1]))
        --*bytes;
    for (size_t i = 0; i < *bytes; i++)
        if (!token_has_char((*token)[i]) && !strchr(also, (*token)[i]))
            return TOKEN_LIST_OTHER;

    return TOKEN_LIST_TOKEN;
}

bool token_list_has(const char *list, const char *also, const char *token)
{
    enum token_list_element element;
    bool has = false;
    const char *item;
    size_t bytes;

    while ((element = token_list_next(&list, also, &item, &bytes)) == TOKEN_LIST_TOKEN)
        has |= bytes == strlen(token) && !strncasecmp(item, token, bytes);

    return has && element == TOKEN_LIST_END;
}
