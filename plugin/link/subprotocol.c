#include "link/subprotocol.h"

#include <string.h>

#include "core/handshake.h"
#include "link/http.h"
#include "link/journal.h"
#include "link/lws_version.h"

static void rename_to(struct lws *wsi, const char *name)
{
    struct lws_protocols *protocol = (struct lws_protocols *)lws_get_protocol(wsi);

    protocol->name = name;
}

/* Copies the list's next element to @name. Returns false at the end of the list. */
static bool next_offer(struct lws_tokenize *list, char name[SUBPROTOCOL_ROOM])
{
    if (http_tokens_next(list) <= LWS_TOKZE_ENDED)
        return false;

    if (lws_tokenize_cstr(list, name, SUBPROTOCOL_ROOM))
        name[0] = '\0'; /* too long to be known */

    return true;
}

bool subprotocol_is_for_another(struct lws *wsi)
{
    char name[SUBPROTOCOL_ROOM];
    const struct lws_protocols *named;
    struct http_header header;
    struct lws_tokenize list;

    if (!http_read(wsi, WSI_TOKEN_PROTOCOL, &header))
        return false;

    http_tokens_begin(&list, header.value);
    while (next_offer(&list, name)) {
        named = lws_vhost_name_to_protocol(lws_get_vhost(wsi), name);
        if (named && named != lws_get_protocol(wsi))
            return true;
    }

    return false;
}

int subprotocol_bind(struct lws *wsi)
{
    struct vhost *vhost = vhost_get(wsi);
    struct http_header header;
    struct lws_tokenize list;

    if (!http_read(wsi, WSI_TOKEN_PROTOCOL, &header))
        return 0;

    http_tokens_begin(&list, header.value);
    next_offer(&list, vhost->subprotocol);
    if (!vhost->may_rename && strcmp(vhost->subprotocol, PROTOCOL_NAME) != 0)
        return journal_refuse(wsi, vhost, REFUSAL_SUBPROTOCOL, HTTP_STATUS_BAD_REQUEST,
                              "The first subprotocol offered must be \"" PROTOCOL_NAME "\" here.");
    vhost->subprotocol[strcspn(vhost->subprotocol, LWS_VERSION_SUBPROTOCOL_ENDS)] = '\0';
    if (vhost->may_rename)
        rename_to(wsi, vhost->subprotocol);

    return 0;
}

/* Keeps what was chosen where it stays: our own name, or the item of the list of known ones. */
static void note_choice(struct lws *wsi, struct vhost *vhost)
{
    struct subprotocol *chosen = &vhost->threads[lws_get_tsi(wsi)].subprotocol;
    const char *rest = vhost->options.subprotocols;

    while (setting_list_next(&rest, &chosen->name, &chosen->bytes))
        if (chosen->bytes == strlen(vhost->subprotocol) &&
            !memcmp(chosen->name, vhost->subprotocol, chosen->bytes))
            return;
    chosen->name = PROTOCOL_NAME;
    chosen->bytes = strlen(PROTOCOL_NAME);
}

void subprotocol_choose(struct lws *wsi)
{
    struct vhost *vhost = vhost_get(wsi);
    struct http_header header;
    struct lws_tokenize list;

    vhost->threads[lws_get_tsi(wsi)].subprotocol.bytes = 0;
    if (!vhost->may_rename || !http_read(wsi, WSI_TOKEN_PROTOCOL, &header))
        return;

    rename_to(wsi, ""); /* no header is sent for that */
    http_tokens_begin(&list, header.value);
    while (next_offer(&list, vhost->subprotocol))
        if (!strcmp(vhost->subprotocol, PROTOCOL_NAME) ||
            handshake_subprotocol_is_known(vhost->options.subprotocols, vhost->subprotocol)) {
            rename_to(wsi, vhost->subprotocol);
            note_choice(wsi, vhost);
            return;
        }
}

void subprotocol_restore(struct lws *wsi)
{
    rename_to(wsi, PROTOCOL_NAME);
}
