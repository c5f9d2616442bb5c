/* Accepting connections, also more than the process has descriptors for. */

#define _GNU_SOURCE /* prlimit() */

#include <string.h>
#include <sys/resource.h>

#include "client.h"
#include "runner.h"
#include "server.h"

/* Starts a server where a process may have @files descriptors open, until it asks for more. */
static bool start_limited(struct server *server, rlim_t files)
{
    struct rlimit ours;
    struct rlimit low;
    bool started;

    getrlimit(RLIMIT_NOFILE, &ours);
    low = ours;
    low.rlim_cur = files;
    setrlimit(RLIMIT_NOFILE, &low);
    started = server_start(server, ON_FREE_PORT);
    setrlimit(RLIMIT_NOFILE, &ours);

    return started;
}

static bool is_upgraded(struct client *client)
{
    char response[1024];

    return client_request(client, "", response, sizeof(response)) &&
           !strncmp(response, "HTTP/1.1 101 ", 13);
}

/* They are accepted in the order in which they came, so the first are served before any ends. */
static void connections_beyond_the_descriptor_limit_wait_for_their_turn(void)
{
    enum { FILES = 64, CLIENTS = 100, FIRST = 30 };
    struct client clients[CLIENTS];
    const struct rlimit limit = {FILES, FILES};
    struct server server;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    CU_ASSERT_EQUAL(prlimit(server.pid, RLIMIT_NOFILE, &limit, NULL), 0);
    for (int c = 0; c < CLIENTS; c++) {
        if (!client_connect(&clients[c], server.port))
            return;
        client_send(&clients[c], HANDSHAKE, strlen(HANDSHAKE));
    }
    for (int c = 0; c < FIRST; c++)
        CU_ASSERT_TRUE(is_upgraded(&clients[c]));
    for (int c = 0; c < CLIENTS; c++) {
        if (c >= FIRST)
            CU_ASSERT_TRUE(is_upgraded(&clients[c]));
        client_say_goodbye(&clients[c]);
    }
    server_stop(&server);
    CU_ASSERT_PTR_NOT_NULL(strstr(server.text, "accepting pauses: Too many open files"));
}

static void a_low_limit_of_descriptors_is_raised(void)
{
    enum { FILES = 64, CLIENTS = 100 };
    struct client clients[CLIENTS];
    struct server server;

    if (!start_limited(&server, FILES))
        return;
    for (int c = 0; c < CLIENTS; c++)
        if (!client_open(&clients[c], server.port))
            return;
    for (int c = 0; c < CLIENTS; c++)
        client_say_goodbye(&clients[c]);
    server_stop(&server);
    CU_ASSERT_STRING_EQUAL(server.text, "");
}

static CU_TestInfo tests[] = {
    TEST(connections_beyond_the_descriptor_limit_wait_for_their_turn),
    TEST(a_low_limit_of_descriptors_is_raised),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"listen", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
