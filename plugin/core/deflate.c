#include "core/deflate.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/base/token_list.h"

#define WINDOW_BITS_MIN 8
#define WINDOW_BITS_MAX 15

/* In the order of the answer. */
enum parameter_kind {
    SERVER_NO_CONTEXT_TAKEOVER,
    CLIENT_NO_CONTEXT_TAKEOVER,
    SERVER_MAX_WINDOW_BITS,
    CLIENT_MAX_WINDOW_BITS,
    PARAMETER_KINDS,
};

/* What an offer's parameter may look like (RFC 7692 sections 7.1.1.1 to 7.1.2.2). */
static const struct {
    const char *name;
    bool takes_bits;  /* it may have a value of 8..15 */
    bool needs_value; /* it must have a value */
} kinds[PARAMETER_KINDS] = {
    [SERVER_NO_CONTEXT_TAKEOVER] = {"server_no_context_takeover", false, false},
    [CLIENT_NO_CONTEXT_TAKEOVER] = {"client_no_context_takeover", false, false},
    [SERVER_MAX_WINDOW_BITS] = {"server_max_window_bits", true, true},
    [CLIENT_MAX_WINDOW_BITS] = {"client_max_window_bits", true, false},
};

/* A token, in place in the header. */
struct token {
    const char *start;
    size_t length;
};

/* A parameter's value; we only look at the first two characters. */
struct value {
    char start[2];
    size_t length; /* of the whole value; 0: no value */
};

struct parameter {
    struct token name;
    struct value value;
};

struct offer {
    const char *end; /* the comma after it, or the end of the list */
    bool for_deflate;
    bool has_parameters;
    bool unacceptable;
    bool offered[PARAMETER_KINDS];
    unsigned window_bits[PARAMETER_KINDS]; /* of parameters that have a value */
};

struct negotiation {
    unsigned deflate_offers; /* seen so far */
    unsigned taken;          /* number of the taken one, from 1; 0: none */
    struct offer offer;      /* the taken one */
};

/* RFC 6455 section 9.1 allows whitespace between any two tokens (RFC 2616 section 2.1). */
static void skip_whitespace(const char **at)
{
    *at += strspn(*at, " \t");
}

static bool skip_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;

    return true;
}

/* The read_*() functions move @at past what they read. They return false on a syntax error. */

static bool read_token(const char **at, struct token *token)
{
    token->start = *at;
    while (token_has_char(**at))
        (*at)++;
    token->length = (size_t)(*at - token->start);

    return token->length > 0;
}

static bool read_value_char(const char **at, struct value *value)
{
    if (!token_has_char(**at))
        return false;

    if (value->length < sizeof(value->start))
        value->start[value->length] = **at;
    value->length++;
    (*at)++;

    return true;
}

/* The value inside the quotes is a token, too (RFC 6455 section 9.1). */
static bool read_quoted(const char **at, struct value *value)
{
    while (!skip_char(at, '"')) {
        skip_char(at, '\\');
        if (!read_value_char(at, value))
            return false;
    }

    return value->length > 0;
}

static bool read_value(const char **at, struct value *value)
{
    if (skip_char(at, '"'))
        return read_quoted(at, value);

    while (read_value_char(at, value))
        continue;

    return value->length > 0;
}

static bool read_parameter(const char **at, struct parameter *parameter)
{
    memset(parameter, 0, sizeof(*parameter));
    if (!read_token(at, &parameter->name))
        return false;

    skip_whitespace(at);
    if (!skip_char(at, '='))
        return true;
    skip_whitespace(at);

    return read_value(at, &parameter->value);
}

static bool token_is(struct token token, const char *text)
{
    return token.length == strlen(text) && !memcmp(token.start, text, token.length);
}

/* Returns PARAMETER_KINDS for a name that RFC 7692 does not define. */
static unsigned kind_of(struct token name)
{
    unsigned kind = 0;

    while (kind < PARAMETER_KINDS && !token_is(name, kinds[kind].name))
        kind++;

    return kind;
}

/* Returns 8..15, or 0 for anything else; leading zeros are not allowed (RFC 7692 section 7.1.2). */
static unsigned window_bits(const struct value *value)
{
    char first = value->start[0];
    char second = value->start[1];

    if (value->length == 1 && first >= '8' && first <= '9')
        return (unsigned)(first - '0');
    if (value->length == 2 && first == '1' && second >= '0' && second <= '5')
        return 10 + (unsigned)(second - '0');

    return 0;
}

/* Returns whether the offer is still acceptable with @parameter. */
static bool offer_add(struct offer *offer, const struct parameter *parameter)
{
    unsigned kind = kind_of(parameter->name);
    bool has_value = parameter->value.length > 0;

    if (kind == PARAMETER_KINDS || offer->offered[kind])
        return false;
    offer->offered[kind] = true;

    if (!has_value)
        return !kinds[kind].needs_value;

    offer->window_bits[kind] = window_bits(&parameter->value);

    return kinds[kind].takes_bits && offer->window_bits[kind];
}

static bool read_offer(const char **at, struct offer *offer)
{
    struct parameter parameter;
    struct token extension;

    memset(offer, 0, sizeof(*offer));
    offer->window_bits[SERVER_MAX_WINDOW_BITS] = WINDOW_BITS_MAX;
    offer->window_bits[CLIENT_MAX_WINDOW_BITS] = WINDOW_BITS_MAX;
    if (!read_token(at, &extension))
        return false;
    offer->for_deflate = token_is(extension, DEFLATE_NAME);

    skip_whitespace(at);
    while (skip_char(at, ';')) {
        skip_whitespace(at);
        if (!read_parameter(at, &parameter))
            return false;
        skip_whitespace(at);
        offer->has_parameters = true;
        if (!offer_add(offer, &parameter))
            offer->unacceptable = true;
    }
    offer->end = *at;

    return true;
}

static void consider(struct negotiation *negotiation, const struct offer *offer)
{
    if (!offer->for_deflate)
        return;
    negotiation->deflate_offers++;

    /* libwebsockets 4.1 would refuse the handshake: see deflate_negotiate(). */
    if (negotiation->taken && !negotiation->offer.has_parameters)
        negotiation->taken = 0;

    if (!negotiation->taken && !offer->unacceptable) {
        negotiation->taken = negotiation->deflate_offers;
        negotiation->offer = *offer;
    }
}

/* Reads the list. Some elements may be empty, but not all (RFC 9110 section 5.6.1). */
static bool read_offers(const char *at, struct negotiation *negotiation)
{
    bool is_empty = true;

    memset(negotiation, 0, sizeof(*negotiation));
    do {
        struct offer offer;

        skip_whitespace(&at);
        if (*at == ',' || !*at)
            continue;
        if (!read_offer(&at, &offer))
            return false;
        consider(negotiation, &offer);
        is_empty = false;
    } while (skip_char(&at, ','));

    return !*at && !is_empty;
}

/*
 * Returns the window size that the client must use: as large as ours, so that we may send back what
 * it compressed, but never larger than it offered (RFC 7692 section 7.1.2.2).
 */
static unsigned client_window_bits(const struct offer *offer)
{
    unsigned client_bits = offer->window_bits[CLIENT_MAX_WINDOW_BITS];
    unsigned server_bits = offer->window_bits[SERVER_MAX_WINDOW_BITS];

    if (!offer->offered[CLIENT_MAX_WINDOW_BITS] || server_bits > client_bits)
        return client_bits;

    /* zlib cannot compress with 8, so never ask a client for 8 that did not offer it. */
    return server_bits == WINDOW_BITS_MIN ? client_bits : server_bits;
}

static void agree(const struct offer *offer, bool no_context_takeover,
                  struct deflate_agreement *agreed)
{
    agreed->server_no_context_takeover =
        no_context_takeover || offer->offered[SERVER_NO_CONTEXT_TAKEOVER];
    /* The server may demand this of any client (RFC 7692 section 7.1.1.2). */
    agreed->client_no_context_takeover =
        agreed->server_no_context_takeover || offer->offered[CLIENT_NO_CONTEXT_TAKEOVER];
    agreed->server_max_window_bits = (uint8_t)offer->window_bits[SERVER_MAX_WINDOW_BITS];
    agreed->client_max_window_bits = (uint8_t)client_window_bits(offer);
}

static void append(struct deflate_answer *answer, enum parameter_kind kind, unsigned value)
{
    size_t used = strlen(answer->parameters);
    char *end = answer->parameters + used;
    size_t room = sizeof(answer->parameters) - used;

    if (kinds[kind].takes_bits)
        snprintf(end, room, "; %s=%u", kinds[kind].name, value);
    else
        snprintf(end, room, "; %s", kinds[kind].name);
}

static void write_parameters(const struct offer *offer, struct deflate_answer *answer)
{
    const struct deflate_agreement *agreed = &answer->agreed;

    if (agreed->server_no_context_takeover)
        append(answer, SERVER_NO_CONTEXT_TAKEOVER, 0);
    if (agreed->client_no_context_takeover)
        append(answer, CLIENT_NO_CONTEXT_TAKEOVER, 0);
    if (offer->offered[SERVER_MAX_WINDOW_BITS])
        append(answer, SERVER_MAX_WINDOW_BITS, agreed->server_max_window_bits);
    /* Less than 15 only if the client offered it (RFC 7692 section 7.1.2.2). */
    if (agreed->client_max_window_bits < WINDOW_BITS_MAX)
        append(answer, CLIENT_MAX_WINDOW_BITS, agreed->client_max_window_bits);
}

int deflate_negotiate(const char *offers, bool no_context_takeover, struct deflate_answer *answer)
{
    struct negotiation negotiation;

    memset(answer, 0, sizeof(*answer));
    if (!read_offers(offers, &negotiation))
        return -1;
    answer->read_bytes = strlen(offers);
    if (!negotiation.taken)
        return 0;

    answer->offer = negotiation.taken;
    if (negotiation.offer.has_parameters)
        answer->read_bytes = (size_t)(negotiation.offer.end - offers);
    agree(&negotiation.offer, no_context_takeover, &answer->agreed);
    write_parameters(&negotiation.offer, answer);

    return 0;
}

bool deflate_is_symmetric(const struct deflate_agreement *agreed)
{
    if (agreed->server_no_context_takeover && !agreed->client_no_context_takeover)
        return false;

    return agreed->client_max_window_bits <= agreed->server_max_window_bits;
}
