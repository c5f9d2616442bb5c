#include "negotiation.h"

#include <stdio.h>
#include <string.h>

#include "http.h"

static struct echo_negotiation *negotiation_of(struct lws *wsi)
{
    return &echo_vhost_get(wsi)->threads[lws_get_tsi(wsi)].negotiation;
}

void echo_negotiation_decide(struct lws *wsi)
{
    const struct echo_vhost *vhost = echo_vhost_get(wsi);
    struct echo_negotiation *negotiation = negotiation_of(wsi);
    struct echo_http_header header;

    memset(negotiation, 0, sizeof(*negotiation));
    /* libwebsockets takes a tab for a comma: its count of the offers would not be ours */
    if (vhost->options.compression != ECHO_COMPRESSION_OFF &&
        echo_http_read(wsi, WSI_TOKEN_EXTENSIONS, &header) && !strchr(header.value, '\t'))
        echo_deflate_negotiate(header.value,
                               vhost->options.compression == ECHO_COMPRESSION_NO_CONTEXT_TAKEOVER,
                               &negotiation->answer);
}

int echo_negotiation_confirm(struct lws *wsi, const char *name)
{
    struct echo_negotiation *negotiation = negotiation_of(wsi);

    if (strcmp(name, ECHO_EXTENSION_NAME) != 0)
        return 1;

    if (!negotiation->answer.offer || ++negotiation->asked != 2 * negotiation->answer.offer)
        return 1;
    negotiation->taken = true;

    return 0;
}

int echo_negotiation_attach(struct lws *wsi, const struct lws_ext_options **options)
{
    static const struct lws_ext_options none[] = {{NULL, EXTARG_NONE}};
    struct echo_negotiation *negotiation = negotiation_of(wsi);

    if (!negotiation->taken || negotiation->attached)
        return -1;
    negotiation->attached = true;
    *options = none;

    return 0;
}

int echo_negotiation_respond(struct lws *wsi, struct lws_process_html_args *headers)
{
    static const char end[] = ECHO_EXTENSION_NAME "\r\n";
    const struct echo_negotiation *negotiation = negotiation_of(wsi);
    size_t bytes = strlen(negotiation->answer.parameters);

    if (!negotiation->taken)
        return 0;
    if (!negotiation->attached || memcmp(headers->p - strlen(end), end, strlen(end)) != 0 ||
        bytes + 1 > (size_t)headers->max_len) {
        lwsl_err(ECHO_PROTOCOL_NAME ": another \"" ECHO_EXTENSION_NAME "\" is in the way\n");
        return -1;
    }

    headers->p += snprintf(headers->p - 2, bytes + 3, "%s\r\n", negotiation->answer.parameters) - 2;

    return 0;
}
