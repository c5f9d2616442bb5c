#include "link/subprotocol.h"

#include <string.h>

#include "core/base/setting.h"
#include "link/library.h"
#include "link/lws_version.h"

/* Protocols with longer names are not known here. */
#define OTHER_NAME_MAX 255

/* The distribution's libwebsockets may take the first offer for a shorter one. */
static size_t first_bytes(const char *offers)
{
    const char *ends = LWS_VERSION_SUBPROTOCOL_ENDS ",";

    if (library_is_mended())
        ends = ",";

    return strcspn(offers, ends);
}

/* Renames our protocol, in the vhost's own copy of it, to the @bytes at @name. */
static void rename_to(struct lws *wsi, struct upgrade *upgrade, const char *name, size_t bytes)
{
    upgrade->renamed = (struct lws_protocols *)lws_get_protocol(wsi);
    memcpy(upgrade->name, name, bytes);
    upgrade->name[bytes] = '\0';
    upgrade->renamed->name = upgrade->name;
}

bool subprotocol_is_for_another(struct lws *wsi, const char *offers)
{
    const struct lws_protocols *named;
    char name[OTHER_NAME_MAX + 1];
    const char *offer;
    size_t bytes;

    while (setting_list_next(&offers, &offer, &bytes)) {
        if (bytes >= sizeof(name))
            continue; /* too long to be known */
        memcpy(name, offer, bytes);
        name[bytes] = '\0';
        named = lws_vhost_name_to_protocol(lws_get_vhost(wsi), name);
        if (named && named != lws_get_protocol(wsi))
            return true;
    }

    return false;
}

int subprotocol_bind(struct lws *wsi, struct upgrade *upgrade, const char *offers)
{
    const char *first;
    size_t bytes;

    if (!setting_list_next(&offers, &first, &bytes))
        return 0;
    if (!vhost_get(wsi)->may_rename)
        return bytes == strlen(PROTOCOL_NAME) && !memcmp(first, PROTOCOL_NAME, bytes) ? 0 : -1;

    rename_to(wsi, upgrade, first, first_bytes(first));

    return 0;
}

void subprotocol_answer(struct lws *wsi, struct upgrade *upgrade)
{
    const struct handshake_subprotocol *chosen = &upgrade->handshake.subprotocol;

    if (!vhost_get(wsi)->may_rename)
        upgrade->handshake.subprotocol.bytes = 0; /* libwebsockets has chosen */
    else if (chosen->bytes)
        rename_to(wsi, upgrade, chosen->name, chosen->bytes);
    else
        rename_to(wsi, upgrade, "", 0); /* then no header is sent */
}

void subprotocol_restore(struct upgrade *upgrade)
{
    if (upgrade->renamed)
        upgrade->renamed->name = PROTOCOL_NAME;
    upgrade->renamed = NULL;
}
