#include "link/extension.h"

#include <stdio.h>
#include <string.h>

/* Returns the current handshake of @wsi's thread, or NULL if the protocol is not enabled. */
static struct upgrade *upgrade_of(struct lws *wsi)
{
    struct vhost *vhost = vhost_get(wsi);

    return vhost ? &thread_of(wsi, vhost)->upgrade : NULL;
}

void extension_begin(struct upgrade *upgrade)
{
    upgrade->extension_asked = 0;
    upgrade->extension_taken = false;
    upgrade->extension_attached = false;
}

int extension_confirm(struct lws *wsi, const char *name)
{
    struct upgrade *upgrade = upgrade_of(wsi);
    unsigned offer = upgrade ? upgrade->handshake.deflate.offer : 0;

    if (strcmp(name, DEFLATE_NAME) != 0)
        return 1;

    if (!offer || ++upgrade->extension_asked != 2 * offer)
        return 1;
    upgrade->extension_taken = true;

    return 0;
}

int extension_attach(struct lws *wsi, const struct lws_ext_options **options)
{
    static const struct lws_ext_options none[] = {{NULL, EXTARG_NONE}};
    struct upgrade *upgrade = upgrade_of(wsi);

    if (!upgrade || !upgrade->extension_taken || upgrade->extension_attached)
        return -1;
    upgrade->extension_attached = true;
    *options = none;

    return 0;
}

int extension_respond(const struct upgrade *upgrade, struct lws_process_html_args *headers)
{
    static const char end[] = DEFLATE_NAME "\r\n";
    const char *parameters = upgrade->handshake.deflate.parameters;
    size_t bytes = strlen(parameters);

    if (!upgrade->extension_taken)
        return 0;
    if (!upgrade->extension_attached || memcmp(headers->p - strlen(end), end, strlen(end)) != 0 ||
        bytes + 1 > (size_t)headers->max_len) {
        lwsl_err(PROTOCOL_NAME ": another \"" DEFLATE_NAME "\" is in the way\n");
        return -1;
    }

    headers->p += snprintf(headers->p - 2, bytes + 3, "%s\r\n", parameters) - 2;

    return 0;
}
