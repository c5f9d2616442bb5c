#include "handshake.h"

#include <string.h>
#include <strings.h>

#include "setting.h"

/* 16 bytes are 22 characters of 6 bits, and padding. */
#define KEY_CHARACTERS 22
#define KEY_PADDING "=="

bool echo_handshake_key_is_valid(const char *key)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    return strspn(key, base64) == KEY_CHARACTERS && !strcmp(key + KEY_CHARACTERS, KEY_PADDING);
}

bool echo_handshake_origin_is_allowed(const char *allowed, const char *origin)
{
    size_t bytes;
    const char *item;

    if (!*allowed || !origin)
        return true;

    while (setting_list_next(&allowed, &item, &bytes))
        if ((bytes == 1 && *item == '*') ||
            (bytes == strlen(origin) && !strncasecmp(item, origin, bytes)))
            return true;

    return false;
}

bool echo_handshake_subprotocol_is_known(const char *known, const char *name)
{
    size_t bytes;
    const char *item;

    while (setting_list_next(&known, &item, &bytes))
        if (bytes == strlen(name) && !memcmp(item, name, bytes))
            return true;

    return false;
}
