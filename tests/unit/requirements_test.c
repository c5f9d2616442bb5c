/* What an opening handshake must fulfil, and the verdict on it. */

#include <stdint.h>
#include <string.h>

#include "check_text.h"
#include "core/requirements.h"
#include "runner.h"

#define OWN "lws-echo"

static void set(struct request_value *value, const char *text)
{
    value->present = value->readable = true;
    value->bytes = strlen(text);
    memcpy(value->text, text, value->bytes + 1);
}

static void make_unreadable(struct request_value *value)
{
    value->present = true;
    value->readable = false;
}

/* A request that is accepted. */
static void fill(struct request *request)
{
    memset(request, 0, sizeof(*request));
    request->has_endpoint = request->get = request->http_1_1 = request->has_host = true;
    request->upgrade = request->version_13 = request->offers_readable = true;
    request->no_body = true;
    request->peer.bytes[15] = 7;
    set(&request->key, "dGhlIHNhbXBsZSBub25jZQ==");
}

static void set_option(struct options *options, const char *key, const char *value)
{
    struct setting_error error;

    CU_ASSERT_FALSE(setting_set(options_table(), options, key, value, &error));
}

static void no_endpoint(struct request *request)
{
    request->has_endpoint = false;
}

static void post(struct request *request)
{
    request->get = false;
}

static void http_1_0(struct request *request)
{
    request->http_1_1 = false;
}

static void with_body(struct request *request)
{
    request->no_body = false;
}

static void no_host(struct request *request)
{
    request->has_host = false;
}

static void no_upgrade(struct request *request)
{
    request->upgrade = false;
}

static void version_8(struct request *request)
{
    request->version_13 = false;
}

static void no_key(struct request *request)
{
    memset(&request->key, 0, sizeof(request->key));
}

static void short_key(struct request *request)
{
    set(&request->key, "dGhlIHNhbXBsZSBub25jZ===");
}

static void long_key(struct request *request)
{
    make_unreadable(&request->key);
}

static void other_origin(struct request *request)
{
    set(&request->origin, "https://evil.example");
}

static void long_origin(struct request *request)
{
    make_unreadable(&request->origin);
}

static void unreadable_offers(struct request *request)
{
    request->offers_readable = false;
}

static void malformed_extensions(struct request *request)
{
    set(&request->extensions, "permessage-deflate;;");
}

static void long_forwarded_for(struct request *request)
{
    make_unreadable(&request->forwarded_for);
}

static void stream_without_key(struct request *request)
{
    no_key(request);
    request->stream = request->stream_works = true;
}

static void stream_that_does_not_work(struct request *request)
{
    stream_without_key(request);
    request->stream_works = false;
}

static void nothing(struct request *request)
{
    (void)request;
}

static void tls(struct request *request)
{
    request->tls = true;
}

static const struct row {
    const char *name;
    void (*change)(struct request *request);
    enum refusal reason;
    unsigned status;
    const char *says; /* part of the sentence */
} rows[] = {
    {"path", no_endpoint, REFUSAL_PATH, 404, "accepted at /echo only"},
    {"streams", stream_that_does_not_work, REFUSAL_HTTP_VERSION, 505, "HTTP/1.1 only"},
    {"method", post, REFUSAL_METHOD, 400, "GET"},
    {"HTTP/1.0", http_1_0, REFUSAL_HTTP_VERSION, 400, "HTTP/1.1"},
    {"body", with_body, REFUSAL_BODY, 400, "body"},
    {"Host", no_host, REFUSAL_HOST, 400, "Host"},
    {"Connection", no_upgrade, REFUSAL_CONNECTION, 400, "Upgrade"},
    {"version", version_8, REFUSAL_VERSION, 426, "13"},
    {"no key", no_key, REFUSAL_KEY, 400, "Sec-WebSocket-Key"},
    {"key of other bytes", short_key, REFUSAL_KEY, 400, "Sec-WebSocket-Key"},
    {"key too long to be read", long_key, REFUSAL_KEY, 400, "Sec-WebSocket-Key"},
    {"origin", other_origin, REFUSAL_ORIGIN, 403, "origin"},
    {"origin too long to be read", long_origin, REFUSAL_ORIGIN, 403, "origin"},
    {"subprotocols", unreadable_offers, REFUSAL_SUBPROTOCOL, 400, "Sec-WebSocket-Protocol"},
    {"extensions", malformed_extensions, REFUSAL_EXTENSIONS, 400, "Sec-WebSocket-Extensions"},
    {"forwarded", long_forwarded_for, REFUSAL_FORWARDED, 400, "X-Forwarded-For"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct requirements_load none;

static void set_all(struct options *options)
{
    setting_defaults(options_table(), options);
    set_option(options, "path", "/echo");
    set_option(options, "allowed-origins", "https://good.example");
    set_option(options, "trusted-proxies", "127.0.0.1");
}

static void each_requirement_has_its_refusal(void)
{
    const struct handshake_refusal *refusal;
    struct handshake handshake;
    struct options options;
    struct request request;

    set_all(&options);
    for (size_t i = 0; i < ROWS; i++) {
        fill(&request);
        rows[i].change(&request);
        refusal = requirements_check(&request, &options, &none, OWN, &handshake);
        CHECK_ROW(refusal && refusal->reason == rows[i].reason, rows[i].name);
        CHECK_ROW(refusal && refusal->status == rows[i].status, rows[i].name);
        CHECK_ROW(refusal && strstr(refusal->sentence, rows[i].says), rows[i].name);
        CHECK_ROW(refusal && !refusal->complaint[0], rows[i].name);
        CHECK_ROW(handshake.peer.bytes[15] == 7, rows[i].name); /* for the log */
    }
}

/* Whoever offends against several is told of the first. */
static void the_first_one_that_is_not_met_is_told(void)
{
    const struct handshake_refusal *refusal;
    struct handshake handshake;
    struct options options;
    struct request request;

    set_all(&options);
    fill(&request);
    for (size_t i = ROWS; i-- > 0;) {
        rows[i].change(&request);
        refusal = requirements_check(&request, &options, &none, OWN, &handshake);
        CHECK_ROW(refusal && refusal->reason == rows[i].reason, rows[i].name);
    }
}

static void limits_of_connections_hold(void)
{
    static const struct {
        const char *name;
        const char *max;
        const char *max_per_address;
        struct requirements_load load;
        unsigned status; /* 0: accepted */
    } limits[] = {
        {"no limits", "0", "0", {1000000, 1000000}, 0},
        {"the last one", "5", "2", {4, 1}, 0},
        {"one too many", "5", "0", {5, 1}, 503},
        {"one of the address too many", "0", "2", {4, 2}, 429},
        {"both: the first", "4", "2", {4, 2}, 503},
    };
    const struct handshake_refusal *refusal;
    struct handshake handshake;
    struct options options;
    struct request request;

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        setting_defaults(options_table(), &options);
        set_option(&options, "max-connections", limits[i].max);
        set_option(&options, "max-connections-per-address", limits[i].max_per_address);
        fill(&request);
        refusal = requirements_check(&request, &options, &limits[i].load, OWN, &handshake);
        CHECK_ROW((refusal ? refusal->status : 0) == limits[i].status, limits[i].name);
    }
}

static void options_that_do_not_fit_tls_are_the_servers_fault(void)
{
    const struct handshake_refusal *refusal;
    struct handshake handshake;
    struct options options;
    struct request request;

    setting_defaults(options_table(), &options);
    set_option(&options, "rx-buffer", "4096");
    fill(&request);
    CU_ASSERT_PTR_NULL(requirements_check(&request, &options, &none, OWN, &handshake));
    tls(&request);
    refusal = requirements_check(&request, &options, &none, OWN, &handshake);
    CU_ASSERT_PTR_NOT_NULL(refusal);
    if (!refusal)
        return;
    CU_ASSERT_EQUAL(refusal->reason, REFUSAL_OPTIONS);
    CU_ASSERT_EQUAL(refusal->status, 500);
    CU_ASSERT_PTR_NOT_NULL(strstr(refusal->complaint, "\"rx-buffer\": 4096"));
}

static void what_does_not_matter_is_not_required(void)
{
    static const struct {
        const char *name;
        void (*change)(struct request *request);
    } accepted[] = {
        {"as it is", nothing},
        {"any origin", other_origin},
        {"the key, on a stream", stream_without_key},
        {"X-Forwarded-For of nobody who is trusted", long_forwarded_for},
    };
    struct handshake handshake;
    struct options options;
    struct request request;

    setting_defaults(options_table(), &options);
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        fill(&request);
        accepted[i].change(&request);
        CHECK_ROW(!requirements_check(&request, &options, &none, OWN, &handshake),
                  accepted[i].name);
    }
}

static void the_first_known_subprotocol_is_chosen(void)
{
    static const struct {
        const char *offers; /* NULL: no header */
        const char *chosen;
    } choices[] = {
        {NULL, ""},
        {"x", ""},
        {"chat", "chat"},
        {"x,chat", "chat"},
        {"CHAT", ""},
        {"mqtt,chat", "mqtt"},
        {OWN, OWN},
        {"x," OWN ",chat", OWN},
        {"chatter", ""},
        {"cha", ""},
        {"lws-echo2,chat", "chat"},
    };
    struct handshake handshake;
    struct options options;
    struct request request;
    char chosen[64];

    setting_defaults(options_table(), &options);
    set_option(&options, "subprotocols", "chat, mqtt");
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        fill(&request);
        if (choices[i].offers)
            set(&request.offers, choices[i].offers);
        CU_ASSERT_PTR_NULL(requirements_check(&request, &options, &none, OWN, &handshake));
        snprintf(chosen, sizeof(chosen), "%.*s", (int)handshake.subprotocol.bytes,
                 handshake.subprotocol.bytes ? handshake.subprotocol.name : "");
        CHECK_TEXT(chosen, choices[i].chosen, choices[i].chosen);
    }
    /* it stays: it lies in the options, not in the request */
    CU_ASSERT_TRUE(handshake.subprotocol.name >= options.subprotocols &&
                   handshake.subprotocol.name <
                       options.subprotocols + sizeof(options.subprotocols));
}

static void the_answer_to_the_extensions_is_part_of_the_verdict(void)
{
    static const struct {
        const char *name;
        const char *compression;
        const char *offers;
        unsigned offer;
    } answers[] = {
        {"off", "off", "permessage-deflate", 0},
        {"on", "on", "permessage-deflate", 1},
        {"the second", "on", "x, permessage-deflate; y, permessage-deflate", 2},
        {"after a tab, which libwebsockets takes for a comma", "on", "x,\tpermessage-deflate", 0},
        {"none offered", "on", NULL, 0},
    };
    struct handshake handshake;
    struct options options;
    struct request request;

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        setting_defaults(options_table(), &options);
        set_option(&options, "compression", answers[i].compression);
        fill(&request);
        if (answers[i].offers)
            set(&request.extensions, answers[i].offers);
        memset(&handshake, 0xff, sizeof(handshake));
        CHECK_ROW(!requirements_check(&request, &options, &none, OWN, &handshake), answers[i].name);
        CHECK_ROW(handshake.deflate.offer == answers[i].offer, answers[i].name);
    }
}

static void extensions_are_as_long_as_libwebsockets_can_read(void)
{
    static const struct {
        const char *name;
        const char *first;
        size_t bytes;
        bool accepted;
        bool mended;
    } lengths[] = {
        {"all of it is read", "", 254, true, false},
        {"one more", "", 255, false, false},
        {"the one that is taken ends early", "permessage-deflate; client_max_window_bits=9, ", 399,
         true, false},
        {"more than is copied", "permessage-deflate; client_max_window_bits=9, ", 400, false,
         false},
        {"a tab", "permessage-deflate;\tclient_max_window_bits=9, ", 255, false, false},
        {"mended: one more", "", 255, true, true},
        {"mended: a tab", "permessage-deflate;\tclient_max_window_bits=9, ", 399, true, true},
        {"mended: the longest there is", "permessage-deflate; client_max_window_bits=9, ",
         REQUEST_VALUE_MAX, true, true},
    };
    struct handshake handshake;
    struct options options;
    struct request request;
    char offers[REQUEST_VALUE_MAX + 1];

    setting_defaults(options_table(), &options);
    set_option(&options, "compression", "on");
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t first = strlen(lengths[i].first);

        memcpy(offers, lengths[i].first, first);
        memset(offers + first, 'x', lengths[i].bytes - first);
        offers[lengths[i].bytes] = '\0';
        fill(&request);
        request.reads_extensions = lengths[i].mended;
        set(&request.extensions, offers);
        CHECK_ROW(!requirements_check(&request, &options, &none, OWN, &handshake) ==
                      lengths[i].accepted,
                  lengths[i].name);
    }
}

static CU_TestInfo tests[] = {
    TEST(each_requirement_has_its_refusal),
    TEST(the_first_one_that_is_not_met_is_told),
    TEST(limits_of_connections_hold),
    TEST(options_that_do_not_fit_tls_are_the_servers_fault),
    TEST(what_does_not_matter_is_not_required),
    TEST(the_first_known_subprotocol_is_chosen),
    TEST(the_answer_to_the_extensions_is_part_of_the_verdict),
    TEST(extensions_are_as_long_as_libwebsockets_can_read),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"requirements", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
