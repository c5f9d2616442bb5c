#include "core/handshake.h"

#include <string.h>
#include <strings.h>

#include "core/base/setting.h"

/* 16 bytes are 22 characters of 6 bits, and padding. */
#define KEY_CHARACTERS 22
#define KEY_PADDING "=="

bool handshake_key_is_valid(const char *key)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    return strspn(key, base64) == KEY_CHARACTERS && !strcmp(key + KEY_CHARACTERS, KEY_PADDING);
}

static bool has_item(const char *list, const char *text,
                     int (*compare)(const char *, const char *, size_t))
{
    size_t bytes;
    const char *item;

    while (setting_list_next(&list, &item, &bytes))
        if (bytes == strlen(text) && !compare(item, text, bytes))
            return true;

    return false;
}

bool handshake_origin_is_allowed(const char *allowed, const char *origin)
{
    return !*allowed || !origin || has_item(allowed, "*", strncmp) ||
           has_item(allowed, origin, strncasecmp);
}

bool handshake_subprotocol_is_known(const char *known, const char *name)
{
    return has_item(known, name, strncmp);
}
