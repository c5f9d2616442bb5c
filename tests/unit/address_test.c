/* Addresses of peers, and proxies' word about them. */

#include <string.h>

#include "check_text.h"
#include "core/base/address.h"
#include "runner.h"

static struct address address_of(const char *text)
{
    struct address address = {{0}};

    CHECK_ROW(!*text || address_read(&address, text, strlen(text)), text);

    return address;
}

static void addresses_are_read_in_all_forms(void)
{
    static const struct {
        const char *text;
        const char *written;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.1:8080", "192.0.2.1"},
        {"192.0.2.1:65535", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"2001:db8::1", "2001:db8::1"},
        {"2001:DB8:0:0::1", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"[2001:db8::1]:443", "2001:db8::1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"[::ffff:192.0.2.1]:1", "192.0.2.1"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"::1", "::1"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct address address = address_of(rows[i].text);
        char text[ADDRESS_TEXT];

        address_write(&address, text);
        CHECK_TEXT(text, rows[i].written, rows[i].text);
    }
}

static void what_is_no_address_is_not_read(void)
{
    static const char *const rows[] = {
        "",
        "unknown",
        "_hidden",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1:",
        "192.0.2.1:x",
        "[::1",
        "[::1]x",
        "[::1]:",
        "[::1]:x",
        "::1]",
        "192.0.2.1 ",
        "192.0.2.1:123456",
        "[]",
        "::1::",
        "1.2.3.4.5",
        "example.org:80",
        ":80",
        "[192.0.2.1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:f", /* as long as the room for one */
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct address address = address_of("192.0.2.7");
        struct address before = address;

        CHECK_ROW(!address_read(&address, rows[i], strlen(rows[i])), rows[i]);
        CHECK_ROW(!memcmp(&address, &before, sizeof(before)), rows[i]);
    }
}

static void nothing_is_read_beyond_the_bytes(void)
{
    struct address wanted = address_of("192.0.2.1");
    struct address address;

    CU_ASSERT_FALSE(address_read(&address, "192.0.2.1", 7));
    CU_ASSERT_TRUE(address_read(&address, "192.0.2.123", 9));
    CHECK_ROW(!memcmp(&address, &wanted, sizeof(wanted)), "the first nine");
}

static void an_unknown_address_is_a_dash(void)
{
    struct address unknown = {{0}};
    char text[ADDRESS_TEXT];

    address_write(&unknown, text);
    CHECK_TEXT(text, "-", "unknown");
}

static void ipv6_users_have_a_network(void)
{
    static const char *const rows[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"::1", "-"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct address address = address_of(rows[i][0]);
        struct address network = address_network(&address);
        char text[ADDRESS_TEXT];

        address_write(&network, text);
        CHECK_TEXT(text, rows[i][1], rows[i][0]);
    }
}

static void lists_have_addresses_networks_and_unix(void)
{
    static const struct {
        const char *item;
        bool taken;
    } rows[] = {
        {"192.0.2.1", true},    {"192.0.2.0/24", true},  {"0.0.0.0/0", true},
        {"10.0.0.0/32", true},  {"2001:db8::/32", true}, {"::/0", true},
        {"::1/128", true},      {"unix", true},          {"Unix", false},
        {"10.0.0.0/33", false}, {"::/129", false},       {"10.0.0.0/", false},
        {"10.0.0.0/x", false},  {"10.0.0.0/-1", false},  {"10.0.0/8", false},
        {"/8", false},          {"localhost", false},    {"10.0.0.0/8/8", false},
        {"[::1]", false},       {"10.0.0.0:80", false},  {"10.0.0.0/0008", false},
        {"10.0.0.0/9", true},   {"10.0.0.0/:", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(!address_check_proxy(rows[i].item, strlen(rows[i].item)) == rows[i].taken,
                  rows[i].item);
}

static void proxies_are_known_by_their_networks(void)
{
    static const struct {
        const char *address; /* "": of a unix socket */
        const char *proxies;
        bool is_one;
    } rows[] = {
        {"10.1.2.3", "10.0.0.0/8", true},
        {"11.1.2.3", "10.0.0.0/8", false},
        {"10.1.2.3", "192.0.2.1,10.1.2.3", true},
        {"10.1.2.4", "192.0.2.1,10.1.2.3", false},
        {"10.1.2.4", "", false},
        {"10.255.0.0", "10.254.0.0/15", true},
        {"10.253.0.0", "10.254.0.0/15", false},
        {"10.1.2.3", "0.0.0.0/0", true},
        {"::1", "0.0.0.0/0", false},
        {"::1", "::/0", true},
        {"10.1.2.3", "::/0", true},
        {"10.1.2.3", "::ffff:10.0.0.0/104", true},
        {"2001:db8:8000::", "2001:db8:8000::/33", true},
        {"2001:db8:7fff::", "2001:db8:8000::/33", false},
        {"", "unix", true},
        {"", "::1,unix", true},
        {"", "::/0,0.0.0.0/0", false},
        {"10.1.2.3", "unix", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct address address = address_of(rows[i].address);

        CHECK_ROW(address_is_proxy(&address, rows[i].proxies) == rows[i].is_one, rows[i].address);
    }
}

static void the_last_stranger_is_the_origin(void)
{
    static const struct {
        const char *name;
        const char *peer;
        const char *forwarded;
        const char *origin;
    } rows[] = {
        {"one proxy", "10.0.0.1", "192.0.2.1", "192.0.2.1"},
        {"two proxies", "10.0.0.1", "192.0.2.1, 10.0.0.2", "192.0.2.1"},
        {"no spaces", "10.0.0.1", "192.0.2.1,10.0.0.2", "192.0.2.1"},
        {"tabs and spaces", "10.0.0.1", " \t192.0.2.1\t ,\t10.0.0.2 ", "192.0.2.1"},
        {"what the client has written before is no evidence", "10.0.0.1",
         "198.51.100.9, 192.0.2.1, 10.0.0.2", "192.0.2.1"},
        {"a stranger's word is not taken", "192.0.2.5", "198.51.100.9", "192.0.2.5"},
        {"proxies alone: the first of them", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
        {"empty", "10.0.0.1", "", "10.0.0.1"},
        {"not an address", "10.0.0.1", "unknown", "10.0.0.1"},
        {"not an address, before a proxy", "10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2"},
        {"an empty element", "10.0.0.1", "192.0.2.1,", "10.0.0.1"},
        {"an empty element between", "10.0.0.1", "192.0.2.1,,10.0.0.2", "10.0.0.2"},
        {"commas alone", "10.0.0.1", ",,,", "10.0.0.1"},
        {"ports", "10.0.0.1", "[2001:db8::1]:99, 10.0.0.2:80", "2001:db8::1"},
        {"by a unix socket", "", "192.0.2.1", "192.0.2.1"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct address peer = address_of(rows[i].peer);
        struct address origin = address_origin(&peer, rows[i].forwarded, "10.0.0.0/8,unix");
        char text[ADDRESS_TEXT];

        address_write(&origin, text);
        CHECK_TEXT(text, rows[i].origin, rows[i].name);
    }
}

static CU_TestInfo tests[] = {
    TEST(addresses_are_read_in_all_forms),
    TEST(what_is_no_address_is_not_read),
    TEST(nothing_is_read_beyond_the_bytes),
    TEST(an_unknown_address_is_a_dash),
    TEST(ipv6_users_have_a_network),
    TEST(lists_have_addresses_networks_and_unix),
    TEST(proxies_are_known_by_their_networks),
    TEST(the_last_stranger_is_the_origin),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"address", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
