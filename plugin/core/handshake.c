#include "core/handshake.h"

#include <string.h>
#include <strings.h>

#include "core/base/setting.h"

#define KEY_PADDING "=="
#define KEY_CHARACTERS (HANDSHAKE_KEY_BYTES - strlen(KEY_PADDING))

/*
 * The distribution's libwebsockets copies the offered extensions into the buffer in which it has
 * begun to write the response, further on. It then reads only the first bytes of the copy.
 */
#define EXTENSIONS_COPIED_MAX_BYTES 399
#define EXTENSIONS_READ_MAX_BYTES 254

bool handshake_key_is_valid(const char *key)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    return strspn(key, base64) == KEY_CHARACTERS && !strcmp(key + KEY_CHARACTERS, KEY_PADDING);
}

/* Returns the item of @list that equals the @bytes at @text, or NULL. */
static const char *find_item(const char *list, const char *text, size_t bytes,
                             int (*compare)(const char *, const char *, size_t))
{
    size_t item_bytes;
    const char *item;

    while (setting_list_next(&list, &item, &item_bytes))
        if (item_bytes == bytes && !compare(item, text, bytes))
            return item;

    return NULL;
}

bool handshake_origin_is_allowed(const char *allowed, const char *origin)
{
    return !*allowed || !origin || find_item(allowed, "*", 1, strncmp) ||
           find_item(allowed, origin, strlen(origin), strncasecmp);
}

struct handshake_subprotocol handshake_choose_subprotocol(const char *known, const char *own,
                                                          const char *offers)
{
    struct handshake_subprotocol chosen = {0};
    const char *offer;
    size_t bytes;

    while (!chosen.bytes && setting_list_next(&offers, &offer, &bytes)) {
        if (bytes == strlen(own) && !memcmp(offer, own, bytes))
            chosen.name = own;
        else
            chosen.name = find_item(known, offer, bytes, strncmp);
        chosen.bytes = chosen.name ? bytes : 0;
    }

    return chosen;
}

int handshake_answer_extensions(const struct request *request, enum compression_mode mode,
                                struct deflate_answer *answer)
{
    const struct request_value *extensions = &request->extensions;

    memset(answer, 0, sizeof(*answer));
    if (!extensions->present)
        return 0;
    if (!extensions->readable ||
        (!request->reads_extensions && extensions->bytes > EXTENSIONS_COPIED_MAX_BYTES) ||
        deflate_negotiate(extensions->text, mode == COMPRESSION_NO_CONTEXT_TAKEOVER, answer))
        return -1;

    /* the distribution's treats a tab as a comma, and would count the offers differently from us */
    if (mode == COMPRESSION_OFF || (!request->reads_extensions && strchr(extensions->text, '\t'))) {
        answer->offer = 0;
        answer->read_bytes = extensions->bytes;
    }

    return request->reads_extensions || answer->read_bytes <= EXTENSIONS_READ_MAX_BYTES ? 0 : -1;
}
