/* Where sockets listen, as it is written. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "runner.h"
#include "sockets/listen_address.h"

/* Writes the name of a socket as "family address port", or "unix path". */
static void describe(const struct listen_address *endpoint, char *out, size_t size)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&endpoint->name;
    const struct sockaddr_in *four = (const struct sockaddr_in *)&endpoint->name;
    char address[INET6_ADDRSTRLEN];

    switch (endpoint->name.ss_family) {
    case AF_INET6:
        inet_ntop(AF_INET6, &six->sin6_addr, address, sizeof(address));
        snprintf(out, size, "6 %s %d%s", address, ntohs(six->sin6_port),
                 endpoint->any ? " any" : "");
        break;
    case AF_INET:
        inet_ntop(AF_INET, &four->sin_addr, address, sizeof(address));
        snprintf(out, size, "4 %s %d%s", address, ntohs(four->sin_port),
                 endpoint->any ? " any" : "");
        break;
    default:
        snprintf(out, size, "unix %s", listen_address_path(endpoint));
    }
}

#define TEN "0123456789"
#define LONGEST "/" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "012345"

static void addresses_are_read(void)
{
    static const struct {
        const char *text;
        uint64_t port;
        const char *name;
        const char *called;
    } rows[] = {
        {"", 5000, "6 :: 5000 any", "all interfaces, port 5000"},
        {"::", 0, "6 :: 0 any", ":: port 0"},
        {"0.0.0.0", 65535, "4 0.0.0.0 65535 any", "0.0.0.0 port 65535"},
        {"127.0.0.1", 80, "4 127.0.0.1 80", "127.0.0.1 port 80"},
        {"::1", 80, "6 ::1 80", "::1 port 80"},
        {"unix:/run/echo", 80, "unix /run/echo", "unix:/run/echo"},
        {"unix:" LONGEST, 0, "unix " LONGEST, "unix:" LONGEST},
    };
    struct listen_address endpoint;
    char name[200];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_ROW(!listen_address_parse(&endpoint, rows[i].text, rows[i].port), rows[i].text);
        describe(&endpoint, name, sizeof(name));
        CHECK_ROW(!strcmp(name, rows[i].name), name);
        CHECK_ROW(!strcmp(endpoint.text, rows[i].called), endpoint.text);
        CHECK_ROW((listen_address_path(&endpoint) != NULL) == !strncmp(name, "unix", 4), name);
    }
}

static void what_is_no_address_is_refused(void)
{
    static const char *const rows[] = {
        "localhost", "127.0.0.256",       "[::1]",     "127.0.0.1:80",   "unix:", "unix:/",
        "unix:echo", "unix:" LONGEST "6", "/run/echo", "UNIX:/run/echo", " ::1",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(listen_address_parse(NULL, rows[i], 80) != NULL, rows[i]);
}

static void addresses_with_their_ports_are_read(void)
{
    static const struct {
        const char *text;
        const char *name;
    } rows[] = {
        {"127.0.0.1:9090", "4 127.0.0.1 9090"}, {"[::1]:9090", "6 ::1 9090"},
        {"0.0.0.0:0", "4 0.0.0.0 0 any"},       {"[::]:65535", "6 :: 65535 any"},
        {"unix:/run/admin", "unix /run/admin"},
    };
    struct listen_address endpoint;
    char name[200];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_ROW(!listen_address_parse_admin(&endpoint, rows[i].text), rows[i].text);
        describe(&endpoint, name, sizeof(name));
        CHECK_ROW(!strcmp(name, rows[i].name), name);
    }
}

static void what_is_no_address_with_a_port_is_refused(void)
{
    static const char *const rows[] = {
        "",
        "9090",
        ":9090",
        "127.0.0.1",
        "127.0.0.1:",
        "::1:9090",
        "[::1]",
        "[::1]9090",
        "[127.0.0.1]:1",
        "127.0.0.1:65536",
        "[]:1",
        "127.0.0.1:-1",
        "127.0.0.1:+1",
        "127.0.0.1: 1",
        "127.0.0.1:1x",
        "unix:admin",
        "::1",
        "localhost:9090",
        "[::1:9090",
        "::1]:9090",
        "127.0.0.1:99999999999999999999",
        "[" TEN TEN TEN TEN TEN "]:1",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_ROW(listen_address_parse_admin(NULL, rows[i]) != NULL, rows[i]);
}

static CU_TestInfo tests[] = {
    TEST(addresses_are_read),
    TEST(what_is_no_address_is_refused),
    TEST(addresses_with_their_ports_are_read),
    TEST(what_is_no_address_with_a_port_is_refused),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"endpoint", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
