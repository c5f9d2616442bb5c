#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_text.h"
#include "core/deflate.h"
#include "runner.h"

#define NAME "permessage-deflate"
#define SERVER_TAKEOVER "; server_no_context_takeover"
#define CLIENT_TAKEOVER "; client_no_context_takeover"
#define SERVER_BITS "; server_max_window_bits"
#define CLIENT_BITS "; client_max_window_bits"
#define BOTH_TAKEOVER SERVER_TAKEOVER CLIENT_TAKEOVER

#define UNWRITTEN 0xAA

/* An offer, and what it must become. */
struct row {
    const char *name;
    const char *offers;
    bool no_context_takeover;
    unsigned offer;
    const char *parameters;
    struct deflate_agreement agreed;
    bool symmetric;
};

/*
 * Negotiates from a copy that ends with its allocation, into an answer full of rubbish, so that
 * AddressSanitizer sees what is read after the text, and the tests what was left out.
 */
static int negotiate(const char *offers, bool no_context_takeover, struct deflate_answer *answer)
{
    char *copy = strdup(offers);
    int status;

    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memset(answer, UNWRITTEN, sizeof(*answer));
    status = deflate_negotiate(copy, no_context_takeover, answer);
    free(copy);

    return status;
}

static bool same(const struct deflate_agreement *a, const struct deflate_agreement *b)
{
    return a->server_no_context_takeover == b->server_no_context_takeover &&
           a->client_no_context_takeover == b->client_no_context_takeover &&
           a->server_max_window_bits == b->server_max_window_bits &&
           a->client_max_window_bits == b->client_max_window_bits;
}

static bool takes_none(const struct deflate_answer *answer)
{
    static const struct deflate_agreement nothing;

    return !answer->offer && !answer->parameters[0] && same(&answer->agreed, &nothing);
}

static void check_row(const struct row *row)
{
    struct deflate_answer answer;

    CHECK_ROW(!negotiate(row->offers, row->no_context_takeover, &answer), row->name);
    CHECK_ROW(answer.offer == row->offer, row->name);
    CHECK_TEXT(answer.parameters, row->parameters, row->name);
    CHECK_ROW(same(&answer.agreed, &row->agreed), row->name);
    CHECK_ROW(deflate_is_symmetric(&answer.agreed) == row->symmetric, row->name);
}

static void check_offer(const char *offers, unsigned offer)
{
    struct deflate_answer answer;

    CHECK_ROW(!negotiate(offers, false, &answer), offers);
    CHECK_ROW(answer.offer == offer, offers);
    CHECK_ROW(offer || takes_none(&answer), offers);
}

static void check_refused(const char *offers)
{
    struct deflate_answer answer;

    CHECK_ROW(negotiate(offers, false, &answer) == -1, offers);
    CHECK_ROW(takes_none(&answer), offers);
}

static void offers_of_known_clients_are_answered(void)
{
    static const struct row rows[] = {
        {"Chromium, Node ws, Python websockets",
         NAME CLIENT_BITS,
         false,
         1,
         "",
         {false, false, 15, 15},
         true},
        {"Firefox, Safari", NAME, false, 1, "", {false, false, 15, 15}, true},
        {"Safari's older extension",
         "x-webkit-deflate-frame",
         false,
         0,
         "",
         {false, false, 0, 0},
         true},
        {"Python websockets with windows of 4 KiB",
         NAME SERVER_BITS "=12" CLIENT_BITS "=12",
         false,
         1,
         SERVER_BITS "=12" CLIENT_BITS "=12",
         {false, false, 12, 12},
         true},
        {"libwebsockets, Autobahn without wishes",
         NAME CLIENT_TAKEOVER CLIENT_BITS,
         false,
         1,
         CLIENT_TAKEOVER,
         {false, true, 15, 15},
         true},
        {"Autobahn, fresh contexts",
         NAME CLIENT_TAKEOVER CLIENT_BITS SERVER_TAKEOVER,
         false,
         1,
         BOTH_TAKEOVER,
         {true, true, 15, 15},
         true},
        {"Autobahn, window of 512 bytes",
         NAME CLIENT_TAKEOVER CLIENT_BITS SERVER_BITS "=9",
         false,
         1,
         CLIENT_TAKEOVER SERVER_BITS "=9" CLIENT_BITS "=9",
         {false, true, 9, 9},
         true},
        {"Autobahn, window of 32 KiB",
         NAME CLIENT_TAKEOVER CLIENT_BITS SERVER_BITS "=15",
         false,
         1,
         CLIENT_TAKEOVER SERVER_BITS "=15",
         {false, true, 15, 15},
         true},
        {"Autobahn, fresh contexts and window of 512 bytes",
         NAME CLIENT_TAKEOVER CLIENT_BITS SERVER_TAKEOVER SERVER_BITS "=9",
         false,
         1,
         BOTH_TAKEOVER SERVER_BITS "=9" CLIENT_BITS "=9",
         {true, true, 9, 9},
         true},
        {"Autobahn, three offers",
         NAME CLIENT_TAKEOVER CLIENT_BITS SERVER_TAKEOVER SERVER_BITS
         "=9, " NAME CLIENT_TAKEOVER CLIENT_BITS SERVER_TAKEOVER
         ", " NAME CLIENT_TAKEOVER CLIENT_BITS,
         false,
         1,
         BOTH_TAKEOVER SERVER_BITS "=9" CLIENT_BITS "=9",
         {true, true, 9, 9},
         true},
        {"two offers, the first with a window of 8",
         NAME SERVER_TAKEOVER SERVER_BITS "=8" CLIENT_BITS ", " NAME CLIENT_BITS,
         false,
         1,
         BOTH_TAKEOVER SERVER_BITS "=8",
         {true, true, 8, 15},
         false},
        {"RFC 7692 section 7.1.3, first example", NAME, false, 1, "", {false, false, 15, 15}, true},
        {"RFC 7692 section 7.1.3, second example",
         NAME CLIENT_BITS SERVER_BITS "=10",
         false,
         1,
         SERVER_BITS "=10" CLIENT_BITS "=10",
         {false, false, 10, 10},
         true},
        {"RFC 7692 section 7.1.3, third example",
         NAME CLIENT_BITS SERVER_BITS "=10, " NAME CLIENT_BITS,
         false,
         1,
         SERVER_BITS "=10" CLIENT_BITS "=10",
         {false, false, 10, 10},
         true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
}

static void contexts_are_taken_over_unless_someone_forbids_it(void)
{
    static const struct row rows[] = {
        {"7.1.1: nobody forbids", NAME, false, 1, "", {false, false, 15, 15}, true},
        {"7.1.1.1: the client forbids it us, we it",
         NAME SERVER_TAKEOVER,
         false,
         1,
         BOTH_TAKEOVER,
         {true, true, 15, 15},
         true},
        {"7.1.1.2: the client says that it will not",
         NAME CLIENT_TAKEOVER,
         false,
         1,
         CLIENT_TAKEOVER,
         {false, true, 15, 15},
         true},
        {"7.1.1: both", NAME BOTH_TAKEOVER, false, 1, BOTH_TAKEOVER, {true, true, 15, 15}, true},
        {"7.1.1: both, the other way round",
         NAME CLIENT_TAKEOVER SERVER_TAKEOVER,
         false,
         1,
         BOTH_TAKEOVER,
         {true, true, 15, 15},
         true},
        {"7.1.1: we forbid, nothing is offered",
         NAME,
         true,
         1,
         BOTH_TAKEOVER,
         {true, true, 15, 15},
         true},
        {"7.1.1: we forbid, the client offers its own",
         NAME CLIENT_TAKEOVER,
         true,
         1,
         BOTH_TAKEOVER,
         {true, true, 15, 15},
         true},
        {"7.1.1: we and the client forbid",
         NAME SERVER_TAKEOVER,
         true,
         1,
         BOTH_TAKEOVER,
         {true, true, 15, 15},
         true},
        {"7.1.1: we forbid, and the windows are limited",
         NAME CLIENT_BITS "=14" SERVER_BITS "=10",
         true,
         1,
         BOTH_TAKEOVER SERVER_BITS "=10" CLIENT_BITS "=10",
         {true, true, 10, 10},
         true},
        {"7.1.1: we forbid, but take no offer",
         NAME "; x",
         true,
         0,
         "",
         {false, false, 0, 0},
         true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
}

static void the_clients_window_is_made_as_small_as_ours(void)
{
    static const struct row rows[] = {
        {"7.1.2.1: ours only",
         NAME SERVER_BITS "=10",
         false,
         1,
         SERVER_BITS "=10",
         {false, false, 10, 15},
         false},
        {"7.1.2.1: ours only, 15",
         NAME SERVER_BITS "=15",
         false,
         1,
         SERVER_BITS "=15",
         {false, false, 15, 15},
         true},
        {"7.1.2.1: ours only, 8",
         NAME SERVER_BITS "=8",
         false,
         1,
         SERVER_BITS "=8",
         {false, false, 8, 15},
         false},
        {"7.1.2.2: the client's only, without value",
         NAME CLIENT_BITS,
         false,
         1,
         "",
         {false, false, 15, 15},
         true},
        {"7.1.2.2: the client's only, 15",
         NAME CLIENT_BITS "=15",
         false,
         1,
         "",
         {false, false, 15, 15},
         true},
        {"7.1.2.2: the client's only, 14",
         NAME CLIENT_BITS "=14",
         false,
         1,
         CLIENT_BITS "=14",
         {false, false, 15, 14},
         true},
        {"7.1.2.2: the client's only, 8",
         NAME CLIENT_BITS "=8",
         false,
         1,
         CLIENT_BITS "=8",
         {false, false, 15, 8},
         true},
        {"7.1.2.2: the client's without value",
         NAME CLIENT_BITS SERVER_BITS "=11",
         false,
         1,
         SERVER_BITS "=11" CLIENT_BITS "=11",
         {false, false, 11, 11},
         true},
        {"7.1.2.2: the client's without value, ours 15",
         NAME CLIENT_BITS SERVER_BITS "=15",
         false,
         1,
         SERVER_BITS "=15",
         {false, false, 15, 15},
         true},
        {"7.1.2: the client's larger",
         NAME SERVER_BITS "=9" CLIENT_BITS "=13",
         false,
         1,
         SERVER_BITS "=9" CLIENT_BITS "=9",
         {false, false, 9, 9},
         true},
        {"7.1.2: the client's smaller",
         NAME SERVER_BITS "=13" CLIENT_BITS "=9",
         false,
         1,
         SERVER_BITS "=13" CLIENT_BITS "=9",
         {false, false, 13, 9},
         true},
        {"7.1.2: both 8, the client names it",
         NAME SERVER_BITS "=8" CLIENT_BITS "=8",
         false,
         1,
         SERVER_BITS "=8" CLIENT_BITS "=8",
         {false, false, 8, 8},
         true},
        {"7.1.2: ours 8, the client does not name it",
         NAME SERVER_BITS "=8" CLIENT_BITS,
         false,
         1,
         SERVER_BITS "=8",
         {false, false, 8, 15},
         false},
        {"7.1.2: ours 8, the client names 15",
         NAME SERVER_BITS "=8" CLIENT_BITS "=15",
         false,
         1,
         SERVER_BITS "=8",
         {false, false, 8, 15},
         false},
        {"7.1.2: ours 8, the client names 9",
         NAME SERVER_BITS "=8" CLIENT_BITS "=9",
         false,
         1,
         SERVER_BITS "=8" CLIENT_BITS "=9",
         {false, false, 8, 9},
         false},
        {"7.1: the longest answer there is",
         NAME CLIENT_BITS "=14" SERVER_BITS "=15" BOTH_TAKEOVER,
         false,
         1,
         BOTH_TAKEOVER SERVER_BITS "=15" CLIENT_BITS "=14",
         {true, true, 15, 14},
         true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
}

static void the_longest_answer_fills_its_room(void)
{
    struct deflate_answer answer;

    CU_ASSERT_EQUAL(
        negotiate(NAME CLIENT_BITS "=14" SERVER_BITS "=15" BOTH_TAKEOVER, false, &answer), 0);
    CU_ASSERT_EQUAL(strlen(answer.parameters), DEFLATE_PARAMETERS_MAX);
}

/* What is written as parameters, read by itself. 15, or false: not in it. */
static bool parse_parameters(const char *text, struct deflate_agreement *said)
{
    static const struct {
        const char *text;
        size_t length;
    } parts[] = {
        {SERVER_TAKEOVER, sizeof(SERVER_TAKEOVER) - 1},
        {CLIENT_TAKEOVER, sizeof(CLIENT_TAKEOVER) - 1},
        {SERVER_BITS "=", sizeof(SERVER_BITS "=") - 1},
        {CLIENT_BITS "=", sizeof(CLIENT_BITS "=") - 1},
    };
    unsigned long values[4] = {0, 0, 15, 15};

    for (size_t i = 0; i < 4; i++) {
        char *end;

        if (strncmp(text, parts[i].text, parts[i].length) != 0)
            continue;
        text += parts[i].length;
        values[i] = 1;
        if (i < 2)
            continue;
        values[i] = strtoul(text, &end, 10);
        text = end;
    }
    *said =
        (struct deflate_agreement){values[0], values[1], (uint8_t)values[2], (uint8_t)values[3]};

    return !*text;
}

/*
 * What RFC 7692 allows as an answer to the one offer in @offer, whoever decides it, and that all
 * that is in force was said.
 */
static void check_legal(const char *offer, const struct deflate_answer *answer)
{
    const struct deflate_agreement *agreed = &answer->agreed;
    struct deflate_agreement said;

    CHECK_ROW(parse_parameters(answer->parameters, &said), offer);
    CHECK_ROW(same(&said, agreed), offer);
    CHECK_ROW(agreed->server_max_window_bits >= 8 && agreed->server_max_window_bits <= 15, offer);
    CHECK_ROW(agreed->client_max_window_bits >= 8 && agreed->client_max_window_bits <= 15, offer);
    /* 7.1.1.1: a server keeps to it */
    CHECK_ROW(agreed->server_no_context_takeover || !strstr(offer, "server_no_context_takeover"),
              offer);
    /* 7.1.2.1: a server that takes the offer repeats it */
    CHECK_ROW(!strstr(answer->parameters, "server_max_window_bits") ==
                  !strstr(offer, "server_max_window_bits"),
              offer);
    /* 7.1.2.2: a server must not use it without an offer */
    CHECK_ROW(!strstr(answer->parameters, "client_max_window_bits") ||
                  strstr(offer, "client_max_window_bits"),
              offer);
    /* we never hold ourselves to fresh contexts alone */
    CHECK_ROW(agreed->client_no_context_takeover || !agreed->server_no_context_takeover, offer);
}

/* Appends a window parameter: @bits, 16 for none at all, 17 for one without value. */
static void append_bits(char *offer, size_t size, const char *name, unsigned bits)
{
    size_t used = strlen(offer);

    if (bits == 17)
        snprintf(offer + used, size - used, "%s", name);
    else if (bits != 16)
        snprintf(offer + used, size - used, "%s=%u", name, bits);
}

static void every_combination_is_answered_legally_and_symmetrically_where_possible(void)
{
    for (unsigned ours = 8; ours <= 16; ours++)
        for (unsigned theirs = 8; theirs <= 17; theirs++)
            for (unsigned flags = 0; flags < 8; flags++) {
                unsigned theirs_max = theirs > 15 ? 15 : theirs;
                unsigned ours_max = ours > 15 ? 15 : ours;
                struct deflate_answer answer;
                char offer[200];
                bool symmetric;

                snprintf(offer, sizeof(offer), NAME "%s%s", flags & 1 ? SERVER_TAKEOVER : "",
                         flags & 2 ? CLIENT_TAKEOVER : "");
                append_bits(offer, sizeof(offer), CLIENT_BITS, theirs);
                append_bits(offer, sizeof(offer), SERVER_BITS, ours);
                /* impossible: no say in the client's window, or only 8 would do */
                symmetric = theirs_max <= ours_max || (theirs != 16 && ours_max > 8);

                CHECK_ROW(!negotiate(offer, flags & 4, &answer), offer);
                CHECK_ROW(answer.offer == 1, offer);
                check_legal(offer, &answer);
                CHECK_ROW(answer.agreed.server_max_window_bits == ours_max, offer);
                CHECK_ROW(answer.agreed.client_max_window_bits <= theirs_max, offer);
                CHECK_ROW(answer.agreed.client_max_window_bits > 8 || theirs == 8, offer);
                CHECK_ROW(answer.agreed.server_no_context_takeover == !!(flags & 5), offer);
                CHECK_ROW(answer.agreed.client_no_context_takeover == !!flags, offer);
                CHECK_ROW(deflate_is_symmetric(&answer.agreed) == symmetric, offer);
            }
}

static void the_window_is_not_made_smaller_than_symmetry_needs(void)
{
    for (unsigned ours = 9; ours <= 15; ours++)
        for (unsigned theirs = 8; theirs <= 15; theirs++) {
            struct deflate_answer answer;
            char offer[200];

            snprintf(offer, sizeof(offer), NAME SERVER_BITS "=%u" CLIENT_BITS "=%u", ours, theirs);
            CHECK_ROW(!negotiate(offer, false, &answer), offer);
            CHECK_ROW(answer.agreed.client_max_window_bits == (ours < theirs ? ours : theirs),
                      offer);
        }
}

static void only_a_client_within_our_limits_is_echoed_byte_by_byte(void)
{
    static const struct {
        const char *name;
        struct deflate_agreement agreed;
        bool symmetric;
    } rows[] = {
        {"no limits", {false, false, 15, 15}, true},
        {"7.1.1.1: our contexts are fresh, the client's not", {true, false, 15, 15}, false},
        {"7.1.1.2: the client's contexts are fresh, ours not", {false, true, 15, 15}, true},
        {"7.1.1: all contexts are fresh", {true, true, 15, 15}, true},
        {"7.1.2: equal windows", {false, false, 8, 8}, true},
        {"7.1.2: the client's is one larger", {false, false, 14, 15}, false},
        {"7.1.2: the client's is one smaller", {false, false, 15, 14}, true},
        {"7.1.2: the client's is larger, fresh contexts", {true, true, 8, 9}, false},
        {"7.1: the client's is smaller, but not fresh", {true, false, 9, 8}, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(deflate_is_symmetric(&rows[i].agreed) == rows[i].symmetric, rows[i].name);
}

/* What RFC 7692 section 7.1 does not define, or not so. */
static const char *const unacceptable[] = {
    /* 7.1: unknown parameters */
    "; x",
    "; x=1",
    "; server_max_window_bit=10",
    "; server_max_window_bits_=10",
    "; max_window_bits=10",
    "; Server_No_Context_Takeover",
    "; CLIENT_MAX_WINDOW_BITS",
    "; client_no_context_takeove",
    "; client_no_context_takeovers",
    "; permessage-deflate",
    "; client_max_window_bits; x",
    "; x; client_max_window_bits",
    /* 7.1: the same parameter twice */
    "; server_no_context_takeover; server_no_context_takeover",
    "; client_no_context_takeover; client_no_context_takeover",
    "; server_max_window_bits=10; server_max_window_bits=10",
    "; server_max_window_bits=10; server_max_window_bits=11",
    "; client_max_window_bits; client_max_window_bits",
    "; client_max_window_bits; client_max_window_bits=10",
    "; client_max_window_bits=10; server_no_context_takeover; client_max_window_bits",
    /* 7.1.1: takeover has no value */
    "; server_no_context_takeover=1",
    "; server_no_context_takeover=10",
    "; server_no_context_takeover=true",
    "; server_no_context_takeover=\"10\"",
    "; client_no_context_takeover=1",
    "; client_no_context_takeover=15",
    "; client_no_context_takeover=false",
    /* 7.1.2.1: needs a value */
    "; server_max_window_bits",
    "; client_max_window_bits=10; server_max_window_bits",
    /* 7.1.2: decimal, 8..15, without leading zero */
    "; server_max_window_bits=0",
    "; server_max_window_bits=1",
    "; server_max_window_bits=7",
    "; server_max_window_bits=16",
    "; server_max_window_bits=17",
    "; server_max_window_bits=18",
    "; server_max_window_bits=20",
    "; server_max_window_bits=25",
    "; server_max_window_bits=80",
    "; server_max_window_bits=95",
    "; server_max_window_bits=08",
    "; server_max_window_bits=09",
    "; server_max_window_bits=010",
    "; server_max_window_bits=015",
    "; server_max_window_bits=100",
    "; server_max_window_bits=1000000000000000000000000000000000000000010",
    "; server_max_window_bits=4294967306",
    "; server_max_window_bits=-8",
    "; server_max_window_bits=+8",
    "; server_max_window_bits=8.",
    "; server_max_window_bits=1e1",
    "; server_max_window_bits=1x",
    "; server_max_window_bits=1!",
    "; server_max_window_bits=1+",
    "; server_max_window_bits=x",
    "; server_max_window_bits=x0",
    "; server_max_window_bits=\"7\"",
    "; server_max_window_bits=\"\\0\\8\"",
    "; client_max_window_bits=0",
    "; client_max_window_bits=7",
    "; client_max_window_bits=16",
    "; client_max_window_bits=08",
    "; client_max_window_bits=015",
    "; client_max_window_bits=100",
    "; client_max_window_bits=1f",
    "; client_max_window_bits=\"16\"",
    "; server_max_window_bits=10; client_max_window_bits=16",
    "; server_max_window_bits=16; client_max_window_bits=10",
};

static void an_offer_that_the_rfc_does_not_define_is_declined(void)
{
    for (size_t i = 0; i < sizeof(unacceptable) / sizeof(unacceptable[0]); i++) {
        char offers[200];

        snprintf(offers, sizeof(offers), NAME "%s", unacceptable[i]);
        check_offer(offers, 0);
    }
}

static void after_a_declined_offer_the_next_is_tried(void)
{
    for (size_t i = 0; i < sizeof(unacceptable) / sizeof(unacceptable[0]); i++) {
        struct deflate_answer answer;
        char offers[300];

        snprintf(offers, sizeof(offers), NAME "%s, " NAME SERVER_BITS "=12", unacceptable[i]);
        CHECK_ROW(!negotiate(offers, false, &answer), offers);
        CHECK_ROW(answer.offer == 2, offers);
        CHECK_TEXT(answer.parameters, SERVER_BITS "=12", offers);
        CHECK_ROW(answer.agreed.server_max_window_bits == 12, offers);
        CHECK_ROW(answer.agreed.client_max_window_bits == 15, offers);
        CHECK_ROW(!answer.agreed.client_no_context_takeover, offers);
    }
}

static void the_first_acceptable_offer_is_taken(void)
{
    static const struct {
        const char *offers;
        unsigned offer;
    } rows[] = {
        /* RFC 7692 section 5.1: in the client's order of preference */
        {NAME CLIENT_BITS ", " NAME SERVER_TAKEOVER, 1},
        {NAME SERVER_TAKEOVER ", " NAME CLIENT_BITS, 1},
        {NAME CLIENT_BITS ", " NAME "; x", 1},
        {NAME CLIENT_BITS ", " NAME, 1},
        {NAME "; x, " NAME, 2},
        {NAME "; x, " NAME "; y, " NAME SERVER_BITS ", " NAME CLIENT_BITS, 4},
        {NAME "; x, " NAME CLIENT_BITS ", " NAME "; y, " NAME CLIENT_BITS, 2},
        {NAME "; x, " NAME "; y", 0},
        /* RFC 6455 section 9.1: others do not count, whatever their parameters */
        {"x-webkit-deflate-frame", 0},
        {"foo, bar; baz=1; baz=2; qux", 0},
        {"foo, " NAME CLIENT_BITS, 1},
        {"foo; client_max_window_bits=99, " NAME "; x, bar; x=\"y\", " NAME CLIENT_BITS ", baz", 2},
        {"permessage-deflat, " NAME CLIENT_BITS, 1},
        {"permessage-deflate2; x, " NAME CLIENT_BITS, 1},
        {"Permessage-Deflate, PERMESSAGE-DEFLATE" CLIENT_BITS, 0},
        {"foo; " NAME ", bar", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_offer(rows[i].offers, rows[i].offer);
}

static void a_bare_offer_is_taken_only_if_it_is_the_last_for_deflate(void)
{
    static const struct {
        const char *offers;
        unsigned offer;
    } rows[] = {
        {NAME, 1},
        {NAME ", foo", 1},
        {NAME ", foo; " NAME, 1},
        {NAME ",,", 1},
        {NAME ", " NAME, 2},
        {NAME ", " NAME ", " NAME, 3},
        {NAME ", " NAME CLIENT_BITS, 2},
        {NAME ", foo, " NAME CLIENT_BITS, 2},
        {NAME ", " NAME CLIENT_BITS ", " NAME, 2},
        {NAME ", " NAME "; x", 0},
        {NAME ", " NAME "; x, " NAME, 3},
        {NAME ", " NAME "; x, " NAME SERVER_TAKEOVER, 3},
        {NAME "; x, " NAME ", " NAME "; x", 0},
        {NAME "; x, " NAME ", " NAME CLIENT_BITS, 3},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_offer(rows[i].offers, rows[i].offer);
}

static void nothing_of_an_offer_passed_over_gets_into_the_answer(void)
{
    static const struct row rows[] = {
        {"after a declined one",
         NAME SERVER_TAKEOVER SERVER_BITS "=9" CLIENT_BITS "=9; x, " NAME CLIENT_BITS,
         false,
         2,
         "",
         {false, false, 15, 15},
         true},
        {"in front of others",
         NAME CLIENT_BITS ", " NAME SERVER_TAKEOVER SERVER_BITS "=9" CLIENT_BITS "=9",
         false,
         1,
         "",
         {false, false, 15, 15},
         true},
        {"after a bare one",
         NAME ", " NAME SERVER_BITS "=9",
         false,
         2,
         SERVER_BITS "=9",
         {false, false, 9, 15},
         false},
        {"parameters of other extensions",
         "foo" SERVER_TAKEOVER SERVER_BITS "=9, " NAME CLIENT_BITS ", bar" BOTH_TAKEOVER,
         false,
         1,
         "",
         {false, false, 15, 15},
         true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
}

/* libwebsockets stops at the end of an offer with parameters that is taken. */
static void what_has_to_be_read_is_told(void)
{
    static const struct {
        const char *offers;
        size_t read_bytes;
    } rows[] = {
        {NAME, sizeof(NAME) - 1},
        {NAME ", foo", sizeof(NAME ", foo") - 1},
        {NAME CLIENT_BITS, sizeof(NAME CLIENT_BITS) - 1},
        {NAME CLIENT_BITS " , foo", sizeof(NAME CLIENT_BITS " ") - 1},
        {"foo, " NAME "; x, " NAME CLIENT_BITS ", bar",
         sizeof("foo, " NAME "; x, " NAME CLIENT_BITS) - 1},
        {NAME "; x, foo", sizeof(NAME "; x, foo") - 1},
        {"foo; a=1", sizeof("foo; a=1") - 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct deflate_answer answer;

        CHECK_ROW(!deflate_negotiate(rows[i].offers, false, &answer), rows[i].offers);
        CHECK_ROW(answer.read_bytes == rows[i].read_bytes, rows[i].offers);
    }
}

static void values_may_be_quoted(void)
{
    static const struct row rows[] = {
        {"RFC 6455 section 9.1",
         NAME SERVER_BITS "=\"10\"" CLIENT_BITS "=\"9\"",
         false,
         1,
         SERVER_BITS "=10" CLIENT_BITS "=9",
         {false, false, 10, 9},
         true},
        {"RFC 9110 section 5.6.4: every character escaped",
         NAME SERVER_BITS "=\"\\1\\2\"",
         false,
         1,
         SERVER_BITS "=12",
         {false, false, 12, 15},
         false},
        {"RFC 9110 section 5.6.4: one character escaped",
         NAME SERVER_BITS "=\"1\\3\"",
         false,
         1,
         SERVER_BITS "=13",
         {false, false, 13, 15},
         false},
        {"of other extensions",
         "foo; a=\"b\"; c=\"\\d\\e!\", " NAME,
         false,
         1,
         "",
         {false, false, 15, 15},
         true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
}

static void every_window_is_understood(void)
{
    for (unsigned bits = 8; bits <= 15; bits++) {
        struct deflate_answer answer;
        char offer[100];

        snprintf(offer, sizeof(offer), NAME SERVER_BITS "=%u", bits);
        CHECK_ROW(!negotiate(offer, false, &answer) && answer.offer == 1, offer);
        CHECK_ROW(answer.agreed.server_max_window_bits == bits, offer);
        snprintf(offer, sizeof(offer), NAME CLIENT_BITS "=\"%u\"", bits);
        CHECK_ROW(!negotiate(offer, false, &answer) && answer.offer == 1, offer);
        CHECK_ROW(answer.agreed.client_max_window_bits == bits, offer);
    }
}

static void whitespace_and_empty_elements_do_not_matter(void)
{
    static const char *const offers[] = {
        /* RFC 2616 section 2.1: implied *LWS */
        NAME ";server_max_window_bits=10;client_max_window_bits",
        NAME ";  server_max_window_bits=10;\t \tclient_max_window_bits",
        NAME " ; server_max_window_bits=10 ;client_max_window_bits",
        NAME "\t;\tserver_max_window_bits\t=\t10\t;\tclient_max_window_bits\t",
        NAME "; server_max_window_bits = \"10\" ; client_max_window_bits ",
        "  " NAME "; server_max_window_bits=10; client_max_window_bits\t",
        /* RFC 9110 section 5.6.1: empty elements */
        "," NAME "; server_max_window_bits=10; client_max_window_bits",
        NAME "; server_max_window_bits=10; client_max_window_bits,",
        ", ,\t,foo,, \t," NAME "; server_max_window_bits=10; client_max_window_bits , ,,",
        /* several lines of the header, joined */
        "foo," NAME "; server_max_window_bits=10; client_max_window_bits,foo",
    };

    for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
        struct deflate_answer answer;

        CHECK_ROW(!negotiate(offers[i], false, &answer), offers[i]);
        CHECK_ROW(answer.offer == 1, offers[i]);
        CHECK_TEXT(answer.parameters, SERVER_BITS "=10" CLIENT_BITS "=10", offers[i]);
    }
}

static void a_header_that_does_not_conform_is_refused(void)
{
    static const char *const offers[] = {
        /* RFC 9110 section 5.6.1: at least one element */
        "",
        " ",
        "\t",
        ",",
        " , ,\t",
        /* RFC 6455 section 9.1: a name, then parameters after semicolons */
        ";",
        "=",
        "\"" NAME "\"",
        "; client_max_window_bits",
        NAME ";",
        NAME "; ",
        NAME ";,",
        NAME "; , foo",
        NAME ";; client_max_window_bits",
        NAME "; client_max_window_bits;",
        NAME "; client_max_window_bits; , foo",
        NAME " client_max_window_bits",
        NAME "; client_max_window_bits 10",
        NAME "; client_max_window_bits server_max_window_bits=10",
        NAME "=1",
        NAME "=1; client_max_window_bits",
        "foo bar",
        "foo\tbar",
        "foo;",
        "foo; a b",
        /* its values */
        NAME "; client_max_window_bits=",
        NAME "; client_max_window_bits= ",
        NAME "; client_max_window_bits=;",
        NAME "; client_max_window_bits=,",
        NAME "; client_max_window_bits==10",
        NAME "; client_max_window_bits=10=10",
        NAME "; client_max_window_bits=1 0",
        NAME "; =10",
        "foo; a=",
        /* quoted ones: closed, and a token inside */
        NAME "; client_max_window_bits=\"",
        NAME "; client_max_window_bits=\"\"",
        NAME "; client_max_window_bits=\"10",
        NAME "; client_max_window_bits=10\"",
        NAME "; client_max_window_bits=\"10\\",
        NAME "; client_max_window_bits=\"10\\\"",
        NAME "; client_max_window_bits=\"\\",
        NAME "; client_max_window_bits=\\",
        NAME "; client_max_window_bits=\\10",
        NAME "; client_max_window_bits=\"1\"0",
        NAME "; client_max_window_bits=1\"0\"",
        NAME "; client_max_window_bits=\"1\"\"0\"",
        NAME "; client_max_window_bits=\" 10\"",
        NAME "; client_max_window_bits=\"10 \"",
        NAME "; client_max_window_bits=\"1\\ 0\"",
        NAME "; client_max_window_bits=\"1\\\"0\"",
        NAME "; client_max_window_bits=\"1\\\\0\"",
        NAME "; client_max_window_bits='10\"",
        "foo; a=\"b,c\"",
        "foo; a=\"b;c\"",
        "foo; a=\"\"",
        NAME "; \"client_max_window_bits\"",
        /* wherever it stands */
        NAME CLIENT_BITS ", foo;",
        NAME CLIENT_BITS ", foo bar, baz",
        "foo;, " NAME CLIENT_BITS,
        NAME CLIENT_BITS ", ;",
        NAME CLIENT_BITS "; x, " NAME "; =",
    };

    for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++)
        check_refused(offers[i]);
}

/* RFC 9110 section 5.6.2. */
#define TOKEN_CHARS "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static void a_token_is_made_of_token_characters(void)
{
    for (int c = 1; c < 256; c++) {
        bool is_part = strchr(TOKEN_CHARS, c) != NULL;
        struct deflate_answer answer;
        char offers[40];
        char row[20];

        snprintf(row, sizeof(row), "character %d", c);
        snprintf(offers, sizeof(offers), "a%cz", c);
        CHECK_ROW(negotiate(offers, false, &answer) == (is_part || strchr(",;", c) ? 0 : -1), row);
        snprintf(offers, sizeof(offers), "a;a%cz", c);
        CHECK_ROW(negotiate(offers, false, &answer) == (is_part || strchr(",;=", c) ? 0 : -1), row);
        snprintf(offers, sizeof(offers), "a;a=b%cz", c);
        CHECK_ROW(negotiate(offers, false, &answer) == (is_part || strchr(",;", c) ? 0 : -1), row);
        snprintf(offers, sizeof(offers), "a;a=\"b%cz\"", c);
        CHECK_ROW(negotiate(offers, false, &answer) == (is_part || c == '\\' ? 0 : -1), row);
        snprintf(offers, sizeof(offers), "a;a=\"b\\%cz\"", c);
        CHECK_ROW(negotiate(offers, false, &answer) == (is_part ? 0 : -1), row);
    }
}

static void a_header_of_any_length_is_answered(void)
{
    enum { COUNT = 50000 };
    static char offers[COUNT * 40];
    static const struct {
        const char *name;
        const char *first;
        const char *repeated;
        const char *last;
        unsigned offer;
    } rows[] = {
        {"declined offers", "", NAME "; x,", NAME CLIENT_BITS, COUNT + 1},
        {"bare offers", "", NAME ",", NAME, COUNT + 1},
        {"other extensions", "", "foo; a=\"b\",", NAME, 1},
        {"empty elements", "", ", ", NAME, 1},
        {"whitespace", "", " \t", NAME, 1},
        {"parameters", "foo; ", "x;", "y, " NAME, 1},
        {"the same parameter", NAME, CLIENT_BITS, ", " NAME, 2},
        {"a name", "", "name", "," NAME, 1},
        {"a value", NAME SERVER_BITS "=", "10", ", " NAME, 2},
        {"a quoted value", NAME SERVER_BITS "=\"", "\\1", "\", " NAME, 2},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t first_bytes = strlen(rows[i].first);
        size_t piece_bytes = strlen(rows[i].repeated);
        size_t last_bytes = strlen(rows[i].last) + 1;
        struct deflate_answer answer;
        char *end = offers + first_bytes;

        CU_ASSERT_FATAL(first_bytes + COUNT * piece_bytes + last_bytes <= sizeof(offers));
        memcpy(offers, rows[i].first, first_bytes);
        for (size_t piece = 0; piece < COUNT; piece++, end += piece_bytes)
            memcpy(end, rows[i].repeated, piece_bytes);
        memcpy(end, rows[i].last, last_bytes);
        CHECK_ROW(!negotiate(offers, false, &answer), rows[i].name);
        CHECK_ROW(answer.offer == rows[i].offer, rows[i].name);
    }
}

/*
 * The grammar as a regular expression, to compare with on random headers.
 */

#define RE_SPACE "[ \t]*"
#define RE_CHAR "[]!#$%&'*+.^_`|~0-9A-Za-z-]"
#define RE_TOKEN RE_CHAR "+"
#define RE_VALUE "(" RE_TOKEN "|\"(\\\\?" RE_CHAR ")+\")"
#define RE_PARAMETER RE_TOKEN "(" RE_SPACE "=" RE_SPACE RE_VALUE ")?"
#define RE_EXTENSION RE_TOKEN "(" RE_SPACE ";" RE_SPACE RE_PARAMETER ")*"
#define RE_OFFERS "^[ \t,]*" RE_EXTENSION "(" RE_SPACE ",[ \t,]*" RE_EXTENSION ")*[ \t,]*$"

/* What random headers have shown. */
struct findings {
    unsigned refused;
    unsigned declined;
    unsigned taken;
    unsigned taken_later; /* not the first offer */
};

static uint32_t random_below(uint32_t *state, uint32_t limit)
{
    /* xorshift32 */
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;

    return *state % limit;
}

/* Copies the @number-th offer of permessage-deflate in @offers, which conforms, to @out. */
static bool find_offer(const char *offers, unsigned number, char *out, size_t size)
{
    while (*offers) {
        size_t length = strcspn(offers, ",");
        size_t blank = strspn(offers, " \t");
        size_t name = blank < length ? strcspn(offers + blank, " \t;,") : 0;

        if (name == strlen(NAME) && !memcmp(offers + blank, NAME, name) && !--number) {
            snprintf(out, size, "%.*s", (int)length, offers);
            return true;
        }
        offers += length + (offers[length] == ',');
    }

    return false;
}

static void check_random(const regex_t *grammar, const char *offers, bool no_context_takeover,
                         struct findings *findings)
{
    bool conforms = !regexec(grammar, offers, 0, NULL, 0);
    struct deflate_answer answer;
    char offer[400] = "";

    CHECK_ROW(negotiate(offers, no_context_takeover, &answer) == (conforms ? 0 : -1), offers);
    findings->refused += !conforms;
    if (!answer.offer) {
        CHECK_ROW(takes_none(&answer), offers);
        findings->declined += conforms;
        return;
    }

    CHECK_ROW(conforms, offers);
    CHECK_ROW(find_offer(offers, answer.offer, offer, sizeof(offer)), offers);
    check_legal(offer, &answer);
    CHECK_ROW(strchr(offer, ';') || answer.agreed.server_max_window_bits == 15, offers);
    CHECK_ROW(strchr(offer, ';') || no_context_takeover || !answer.parameters[0], offers);
    CHECK_ROW(strchr(offer, ';') || !find_offer(offers, answer.offer + 1, offer, sizeof(offer)),
              offers);
    findings->taken++;
    findings->taken_later += answer.offer > 1;
}

/* Strings of up to @pieces_max of the @pieces. */
static void check_random_strings(const char *const *pieces, uint32_t piece_count,
                                 uint32_t pieces_max, unsigned strings, struct findings *findings)
{
    uint32_t random = 20151201;
    regex_t grammar;

    CU_ASSERT_EQUAL_FATAL(regcomp(&grammar, RE_OFFERS, REG_EXTENDED | REG_NOSUB), 0);
    for (unsigned i = 0; i < strings; i++) {
        uint32_t left = random_below(&random, pieces_max + 1);
        char offers[400] = "";

        while (left--)
            strncat(offers, pieces[random_below(&random, piece_count)],
                    sizeof(offers) - 1 - strlen(offers));
        check_random(&grammar, offers, random_below(&random, 4) == 0, findings);
    }
    regfree(&grammar);
}

static void random_characters_are_judged_by_the_grammar(void)
{
    static const char *const pieces[] = {"a", "8", ";", ",", "=", "\"", "\\", " ", "\t", "\x80"};
    struct findings findings = {0};

    check_random_strings(pieces, sizeof(pieces) / sizeof(pieces[0]), 12, 20000, &findings);
    CU_ASSERT_TRUE(findings.refused > 1000);
    CU_ASSERT_TRUE(findings.declined > 100);
}

static void random_words_break_no_promise(void)
{
    static const char *const pieces[] = {
        NAME,
        ", " NAME,
        ", " NAME,
        "," NAME CLIENT_BITS,
        NAME SERVER_BITS,
        SERVER_TAKEOVER,
        CLIENT_TAKEOVER,
        SERVER_BITS "=1",
        SERVER_BITS "=8",
        SERVER_BITS "=\"1\\5\"",
        CLIENT_BITS,
        CLIENT_BITS "=9",
        CLIENT_BITS "=\"10\"",
        "client_max_window_bits",
        "=",
        "0",
        "1",
        "8",
        "9",
        "\"",
        "\\",
        ";",
        "; ",
        ",",
        " ",
        "\t",
        "=1",
    };
    struct findings findings = {0};

    check_random_strings(pieces, sizeof(pieces) / sizeof(pieces[0]), 9, 40000, &findings);
    CU_ASSERT_TRUE(findings.refused > 1000);
    CU_ASSERT_TRUE(findings.declined > 1000);
    CU_ASSERT_TRUE(findings.taken > 1000);
    CU_ASSERT_TRUE(findings.taken_later > 100);
}

static void a_header_cut_anywhere_is_judged_by_the_grammar(void)
{
    static const char whole[] =
        ", foo; a=\"\\b\" ;c = d, " NAME ", " NAME SERVER_TAKEOVER SERVER_BITS
        "=\"1\\0\"" CLIENT_BITS ",\t" NAME CLIENT_BITS "=12 ,";
    struct findings findings = {0};
    regex_t grammar;

    CU_ASSERT_EQUAL_FATAL(regcomp(&grammar, RE_OFFERS, REG_EXTENDED | REG_NOSUB), 0);
    for (size_t length = 0; length < sizeof(whole); length++) {
        char cut[sizeof(whole)];

        snprintf(cut, sizeof(cut), "%.*s", (int)length, whole);
        check_random(&grammar, cut, false, &findings);
    }
    regfree(&grammar);
    CU_ASSERT_TRUE(findings.refused > 10);
    CU_ASSERT_TRUE(findings.taken > 10);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(offers_of_known_clients_are_answered),
        TEST(contexts_are_taken_over_unless_someone_forbids_it),
        TEST(the_clients_window_is_made_as_small_as_ours),
        TEST(the_longest_answer_fills_its_room),
        TEST(every_combination_is_answered_legally_and_symmetrically_where_possible),
        TEST(the_window_is_not_made_smaller_than_symmetry_needs),
        TEST(only_a_client_within_our_limits_is_echoed_byte_by_byte),
        TEST(an_offer_that_the_rfc_does_not_define_is_declined),
        TEST(after_a_declined_offer_the_next_is_tried),
        TEST(the_first_acceptable_offer_is_taken),
        TEST(a_bare_offer_is_taken_only_if_it_is_the_last_for_deflate),
        TEST(nothing_of_an_offer_passed_over_gets_into_the_answer),
        TEST(what_has_to_be_read_is_told),
        TEST(values_may_be_quoted),
        TEST(every_window_is_understood),
        TEST(whitespace_and_empty_elements_do_not_matter),
        TEST(a_header_that_does_not_conform_is_refused),
        TEST(a_token_is_made_of_token_characters),
        TEST(a_header_of_any_length_is_answered),
        TEST(random_characters_are_judged_by_the_grammar),
        TEST(random_words_break_no_promise),
        TEST(a_header_cut_anywhere_is_judged_by_the_grammar),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"deflate_offer", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
