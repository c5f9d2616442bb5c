#include "negotiation.h"

#include <stdio.h>
#include <string.h>

#include "http.h"

/*
 * libwebsockets copies the offers to where, further on, it has begun to write the response, and
 * reads the first of them only.
 */
#define COPIED_MAX_BYTES 399
#define READ_MAX_BYTES 254

static struct echo_negotiation *negotiation_of(struct lws *wsi)
{
    return &echo_vhost_get(wsi)->threads[lws_get_tsi(wsi)].negotiation;
}

/* Answers the request's offers. Returns 0, or -1 when they cannot be read. */
static int answer_offers(struct lws *wsi, struct echo_deflate_answer *answer)
{
    const struct echo_options *options = &echo_vhost_get(wsi)->options;
    struct echo_http_header header;

    memset(answer, 0, sizeof(*answer));
    if (!echo_http_has(wsi, WSI_TOKEN_EXTENSIONS))
        return 0;
    if (!echo_http_read(wsi, WSI_TOKEN_EXTENSIONS, &header) || header.bytes > COPIED_MAX_BYTES ||
        echo_deflate_negotiate(
            header.value, options->compression == ECHO_COMPRESSION_NO_CONTEXT_TAKEOVER, answer))
        return -1;

    /* libwebsockets takes a tab for a comma: its count of the offers would not be ours */
    if (options->compression == ECHO_COMPRESSION_OFF || strchr(header.value, '\t')) {
        answer->offer = 0;
        answer->read_bytes = header.bytes;
    }

    return answer->read_bytes <= READ_MAX_BYTES ? 0 : -1;
}

bool echo_negotiation_is_possible(struct lws *wsi)
{
    struct echo_deflate_answer answer;

    return !answer_offers(wsi, &answer);
}

void echo_negotiation_decide(struct lws *wsi)
{
    struct echo_negotiation *negotiation = negotiation_of(wsi);

    memset(negotiation, 0, sizeof(*negotiation));
    answer_offers(wsi, &negotiation->answer);
}

int echo_negotiation_confirm(struct lws *wsi, const char *name)
{
    struct echo_negotiation *negotiation = negotiation_of(wsi);

    if (strcmp(name, ECHO_DEFLATE_NAME) != 0)
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
    static const char end[] = ECHO_DEFLATE_NAME "\r\n";
    const struct echo_negotiation *negotiation = negotiation_of(wsi);
    size_t bytes = strlen(negotiation->answer.parameters);

    if (!negotiation->taken)
        return 0;
    if (!negotiation->attached || memcmp(headers->p - strlen(end), end, strlen(end)) != 0 ||
        bytes + 1 > (size_t)headers->max_len) {
        lwsl_err(ECHO_PROTOCOL_NAME ": another \"" ECHO_DEFLATE_NAME "\" is in the way\n");
        return -1;
    }

    headers->p += snprintf(headers->p - 2, bytes + 3, "%s\r\n", negotiation->answer.parameters) - 2;

    return 0;
}
