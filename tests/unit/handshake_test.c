#include <string.h>

#include "core/handshake.h"
#include "runner.h"

static void a_key_is_16_bytes_in_base64(void)
{
    static const struct {
        const char *name;
        const char *key;
        bool valid;
    } rows[] = {
        {"of RFC 6455 section 1.2", "dGhlIHNhbXBsZSBub25jZQ==", true},
        {"all zero", "AAAAAAAAAAAAAAAAAAAAAA==", true},
        {"all ones", "/////////////////////w==", true},
        {"bits beyond the 16 bytes", "//////////////////////==", true},
        {"capital letters", "ABCDEFGHIJKLMNOPQRSTUA==", true},
        {"the other capital letters", "VWXYZVWXYZVWXYZVWXYZVA==", true},
        {"small letters", "abcdefghijklmnopqrstuv==", true},
        {"the other small letters", "wxyzwxyzwxyzwxyzwxyzwx==", true},
        {"digits and signs", "0123456789+/0123456789==", true},

        {"empty", "", false},
        {"padding only", "==", false},
        {"15 bytes", "AAAAAAAAAAAAAAAAAAAA", false},
        {"17 bytes", "AAAAAAAAAAAAAAAAAAAAAAA=", false},
        {"18 bytes", "AAAAAAAAAAAAAAAAAAAAAAAA", false},
        {"19 bytes", "AAAAAAAAAAAAAAAAAAAAAAAAAA==", false},
        {"13 bytes", "AAAAAAAAAAAAAAAAAA==", false},
        {"a character too few", "AAAAAAAAAAAAAAAAAAAAA==", false},
        {"a character too many", "AAAAAAAAAAAAAAAAAAAAAAA==", false},
        {"no padding", "AAAAAAAAAAAAAAAAAAAAAA", false},
        {"half the padding", "AAAAAAAAAAAAAAAAAAAAAA=", false},
        {"padding too long", "AAAAAAAAAAAAAAAAAAAAAA===", false},
        {"padding and more", "AAAAAAAAAAAAAAAAAAAAAA==A", false},
        {"padding in the middle", "AAAAAAAAAA==AAAAAAAAAA==", false},
        {"padding first", "==AAAAAAAAAAAAAAAAAAAAAA", false},
        {"space after", "dGhlIHNhbXBsZSBub25jZQ== ", false},
        {"space before", " dGhlIHNhbXBsZSBub25jZQ==", false},
        {"space instead of a character", "dGhlIHNhbXBsZSB b25jZQ==", false},
        {"line end after", "dGhlIHNhbXBsZSBub25jZQ==\r\n", false},
        {"URL's 62nd character", "AAAAAAAAAA-AAAAAAAAAAA==", false},
        {"URL's 63rd character", "AAAAAAAAAA_AAAAAAAAAAA==", false},
        {"below \"+\"", "AAAAAAAAAA*AAAAAAAAAAA==", false},
        {"below \"/\"", "AAAAAAAAAA.AAAAAAAAAAA==", false},
        {"after \"9\"", "AAAAAAAAAA:AAAAAAAAAAA==", false},
        {"below \"A\"", "AAAAAAAAAA@AAAAAAAAAAA==", false},
        {"after \"Z\"", "AAAAAAAAAA[AAAAAAAAAAA==", false},
        {"below \"a\"", "AAAAAAAAAA`AAAAAAAAAAA==", false},
        {"after \"z\"", "AAAAAAAAAA{AAAAAAAAAAA==", false},
        {"no ASCII", "AAAAAAAAAA\xC3\x84GGGGGGGGGG==", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(handshake_key_is_valid(rows[i].key) == rows[i].valid, rows[i].name);
}

static void a_page_of_an_allowed_origin_may_connect(void)
{
    static const char two[] = "https://example.org,http://localhost:8080";
    static const struct {
        const char *name;
        const char *allowed;
        const char *origin;
        bool may;
    } rows[] = {
        {"no list", "", "https://example.org", true},
        {"no list, empty origin", "", "", true},
        {"no list, no origin", "", NULL, true},
        {"all", "*", "https://example.org", true},
        {"all, \"null\"", "*", "null", true},
        {"all, empty origin", "*", "", true},
        {"all, no origin", "*", NULL, true},
        {"all, first of two", "*,http://localhost", "https://example.org", true},
        {"all, last of two", "http://localhost,*", "https://example.org", true},
        {"all, in the middle", "http://a,*,http://b", "https://example.org", true},

        {"no page", two, NULL, true},
        {"the only one", "https://example.org", "https://example.org", true},
        {"first", two, "https://example.org", true},
        {"last", two, "http://localhost:8080", true},
        {"middle", "http://a,https://example.org,http://b", "https://example.org", true},
        {"\"null\"", "https://example.org,null", "null", true},
        {"address", "http://[::1]:81", "http://[::1]:81", true},

        {"scheme in capitals", two, "HTTPS://example.org", true},
        {"host in capitals", two, "https://EXAMPLE.ORG", true},
        {"list in capitals", "HTTPS://EXAMPLE.ORG", "https://example.org", true},

        {"empty origin", two, "", false},
        {"another host", two, "https://example.net", false},
        {"another scheme", two, "http://example.org", false},
        {"another port", two, "http://localhost:8081", false},
        {"port missing", two, "http://localhost", false},
        {"port not listed", two, "https://example.org:8443", false},
        {"default port written out", two, "https://example.org:443", false},
        {"port cut", two, "http://localhost:808", false},
        {"beginning of a listed one", two, "https://example.or", false},
        {"longer than a listed one", two, "https://example.organic", false},
        {"with a path", two, "https://example.org/", false},
        {"end of a listed one", two, "example.org", false},
        {"subdomain", two, "https://www.example.org", false},
        {"ends in a listed one", two, "https://evil.org#https://example.org", false},
        {"space after", two, "https://example.org ", false},
        {"the whole list", two, two, false},
        {"\"null\" is not listed", two, "null", false},
        {"only \"null\" is", "null", "https://example.org", false},
        {"a star as origin", two, "*", false},
        {"as short as a star", "a", "b", false},
        {"begins with a star", "*.org", "https://example.org", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(handshake_origin_is_allowed(rows[i].allowed, rows[i].origin) == rows[i].may,
                  rows[i].name);
}

static void a_listed_subprotocol_is_known(void)
{
    static const char three[] = "mqtt,chat.v2,wamp";
    static const struct {
        const char *name;
        const char *known;
        const char *offered;
        bool is_known;
    } rows[] = {
        {"the only one", "mqtt", "mqtt", true},
        {"first", three, "mqtt", true},
        {"middle", three, "chat.v2", true},
        {"last", three, "wamp", true},
        {"after one that it begins", "chat.v2,chat", "chat", true},
        {"after one that begins it", "chat,chat.v2", "chat.v2", true},

        {"no list", "", "mqtt", false},
        {"no list, empty name", "", "", false},
        {"empty name", three, "", false},
        {"another", three, "soap", false},
        {"another of the same length", three, "mqtT", false},
        {"capitals", three, "MQTT", false},
        {"list in capitals", "MQTT", "mqtt", false},
        {"beginning of the first", three, "mqt", false},
        {"beginning of the middle", three, "chat", false},
        {"beginning of the last", three, "wam", false},
        {"longer than the first", three, "mqtts", false},
        {"longer than the last", three, "wampx", false},
        {"end of one", three, "v2", false},
        {"the comma as well", three, "mqtt,", false},
        {"the whole list", three, three, false},
        {"a star", three, "*", false},
        {"in a list of a star", "*", "mqtt", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t bytes = handshake_choose_subprotocol(rows[i].known, "own", rows[i].offered).bytes;

        CHECK_ROW((bytes && bytes == strlen(rows[i].offered)) == rows[i].is_known, rows[i].name);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(a_key_is_16_bytes_in_base64),
        TEST(a_page_of_an_allowed_origin_may_connect),
        TEST(a_listed_subprotocol_is_known),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"handshake", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
