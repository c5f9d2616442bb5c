#include "subprotocol.h"

#include <string.h>

#include "handshake.h"
#include "http.h"
#include "journal.h"
#include "lws_version.h"

static void rename_to(struct lws *wsi, const char *name)
{
    struct lws_protocols *protocol = (struct lws_protocols *)lws_get_protocol(wsi);

    protocol->name = name;
}

/* Copies the list's next element to @name. Returns false at the end of the list. */
static bool next_offer(struct lws_tokenize *list, char name[ECHO_SUBPROTOCOL_ROOM])
{
    if (echo_http_tokens_next(list) <= LWS_TOKZE_ENDED)
        return false;

    if (lws_tokenize_cstr(list, name, ECHO_SUBPROTOCOL_ROOM))
        name[0] = '\0'; /* too long to be known */

    return true;
}

bool echo_subprotocol_is_for_another(struct lws *wsi)
{
    char name[ECHO_SUBPROTOCOL_ROOM];
    const struct lws_protocols *named;
    struct echo_http_header header;
    struct lws_tokenize list;

    if (!echo_http_read(wsi, WSI_TOKEN_PROTOCOL, &header))
        return false;

    echo_http_tokens_begin(&list, header.value);
    while (next_offer(&list, name)) {
        named = lws_vhost_name_to_protocol(lws_get_vhost(wsi), name);
        if (named && named != lws_get_protocol(wsi))
            return true;
    }

    return false;
}

int echo_subprotocol_attract(struct lws *wsi)
{
    struct echo_vhost *vhost = echo_vhost_get(wsi);
    struct echo_http_header header;
    struct lws_tokenize list;

    if (!echo_http_read(wsi, WSI_TOKEN_PROTOCOL, &header))
        return 0;

    echo_http_tokens_begin(&list, header.value);
    next_offer(&list, vhost->subprotocol);
    if (!vhost->may_rename && strcmp(vhost->subprotocol, ECHO_PROTOCOL_NAME) != 0)
        return echo_journal_refuse(wsi, vhost, ECHO_REFUSAL_SUBPROTOCOL, HTTP_STATUS_BAD_REQUEST,
                                   "The first subprotocol offered must be \"" ECHO_PROTOCOL_NAME
                                   "\" here.");
    vhost->subprotocol[strcspn(vhost->subprotocol, ECHO_LWS_SUBPROTOCOL_ENDS)] = '\0';
    if (vhost->may_rename)
        rename_to(wsi, vhost->subprotocol);

    return 0;
}

/* Keeps what was chosen where it stays: our own name, or the item of the list of known ones. */
static void note_choice(struct lws *wsi, struct echo_vhost *vhost)
{
    struct echo_subprotocol *chosen = &vhost->threads[lws_get_tsi(wsi)].subprotocol;
    const char *rest = vhost->options.subprotocols;

    while (setting_list_next(&rest, &chosen->name, &chosen->bytes))
        if (chosen->bytes == strlen(vhost->subprotocol) &&
            !memcmp(chosen->name, vhost->subprotocol, chosen->bytes))
            return;
    chosen->name = ECHO_PROTOCOL_NAME;
    chosen->bytes = strlen(ECHO_PROTOCOL_NAME);
}

void echo_subprotocol_choose(struct lws *wsi)
{
    struct echo_vhost *vhost = echo_vhost_get(wsi);
    struct echo_http_header header;
    struct lws_tokenize list;

    vhost->threads[lws_get_tsi(wsi)].subprotocol.bytes = 0;
    if (!vhost->may_rename || !echo_http_read(wsi, WSI_TOKEN_PROTOCOL, &header))
        return;

    rename_to(wsi, ""); /* no header is sent for that */
    echo_http_tokens_begin(&list, header.value);
    while (next_offer(&list, vhost->subprotocol))
        if (!strcmp(vhost->subprotocol, ECHO_PROTOCOL_NAME) ||
            echo_handshake_subprotocol_is_known(vhost->options.subprotocols, vhost->subprotocol)) {
            rename_to(wsi, vhost->subprotocol);
            note_choice(wsi, vhost);
            return;
        }
}

void echo_subprotocol_restore(struct lws *wsi)
{
    rename_to(wsi, ECHO_PROTOCOL_NAME);
}
