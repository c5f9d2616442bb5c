#include "link/negotiation.h"

#include <stdio.h>
#include <string.h>

#include "link/http.h"

/*
 * libwebsockets copies the offers to where, further on, it has begun to write the response, and
 * reads the first of them only.
 */
#define COPIED_MAX_BYTES 399
#define READ_MAX_BYTES 254

static struct negotiation *negotiation_of(struct lws *wsi)
{
    return &vhost_get(wsi)->threads[lws_get_tsi(wsi)].negotiation;
}

/* Answers the request's offers. Returns 0, or -1 when they cannot be read. */
static int answer_offers(struct lws *wsi, struct deflate_answer *answer)
{
    const struct options *options = &vhost_get(wsi)->options;
    struct http_header header;

    memset(answer, 0, sizeof(*answer));
    if (!http_has(wsi, WSI_TOKEN_EXTENSIONS))
        return 0;
    if (!http_read(wsi, WSI_TOKEN_EXTENSIONS, &header) || header.bytes > COPIED_MAX_BYTES ||
        deflate_negotiate(header.value, options->compression == COMPRESSION_NO_CONTEXT_TAKEOVER,
                          answer))
        return -1;

    /* libwebsockets takes a tab for a comma: its count of the offers would not be ours */
    if (options->compression == COMPRESSION_OFF || strchr(header.value, '\t')) {
        answer->offer = 0;
        answer->read_bytes = header.bytes;
    }

    return answer->read_bytes <= READ_MAX_BYTES ? 0 : -1;
}

bool negotiation_is_possible(struct lws *wsi)
{
    struct deflate_answer answer;

    return !answer_offers(wsi, &answer);
}

void negotiation_decide(struct lws *wsi)
{
    struct negotiation *negotiation = negotiation_of(wsi);

    memset(negotiation, 0, sizeof(*negotiation));
    answer_offers(wsi, &negotiation->answer);
}

int negotiation_confirm(struct lws *wsi, const char *name)
{
    struct negotiation *negotiation = negotiation_of(wsi);

    if (strcmp(name, DEFLATE_NAME) != 0)
        return 1;

    if (!negotiation->answer.offer || ++negotiation->asked != 2 * negotiation->answer.offer)
        return 1;
    negotiation->taken = true;

    return 0;
}

int negotiation_attach(struct lws *wsi, const struct lws_ext_options **options)
{
    static const struct lws_ext_options none[] = {{NULL, EXTARG_NONE}};
    struct negotiation *negotiation = negotiation_of(wsi);

    if (!negotiation->taken || negotiation->attached)
        return -1;
    negotiation->attached = true;
    *options = none;

    return 0;
}

int negotiation_respond(struct lws *wsi, struct lws_process_html_args *headers)
{
    static const char end[] = DEFLATE_NAME "\r\n";
    const struct negotiation *negotiation = negotiation_of(wsi);
    size_t bytes = strlen(negotiation->answer.parameters);

    if (!negotiation->taken)
        return 0;
    if (!negotiation->attached || memcmp(headers->p - strlen(end), end, strlen(end)) != 0 ||
        bytes + 1 > (size_t)headers->max_len) {
        lwsl_err(PROTOCOL_NAME ": another \"" DEFLATE_NAME "\" is in the way\n");
        return -1;
    }

    headers->p += snprintf(headers->p - 2, bytes + 3, "%s\r\n", negotiation->answer.parameters) - 2;

    return 0;
}
