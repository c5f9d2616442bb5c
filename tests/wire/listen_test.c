/* Accepting connections, also more than the process has descriptors for. */

#define _GNU_SOURCE /* prlimit() */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client.h"
#include "runner.h"
#include "server.h"

/* Starts a server where a process may have @soft descriptors open, until it asks for more. */
static bool start_limited(struct server *server, rlim_t soft, const char *members)
{
    struct rlimit ours;
    struct rlimit low;
    bool started;

    getrlimit(RLIMIT_NOFILE, &ours);
    low = ours;
    low.rlim_cur = soft;
    setrlimit(RLIMIT_NOFILE, &low);
    started = server_start(server, members);
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
static void connections_beyond_the_limit_of_open_files_wait_for_their_turn(void)
{
    enum { CLIENTS = 100, FIRST = 30 };
    struct client clients[CLIENTS];
    struct server server;

    if (!server_start(&server, ON_FREE_PORT ", \"max-open-files\": 64"))
        return;
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
    CU_ASSERT_PTR_NOT_NULL(strstr(server.text, "accepting is paused: Too many open files"));
}

/* What watches the server, and what changes it, works when there is room for nobody else. */
static void at_the_limit_admin_and_a_reload_have_descriptors(void)
{
    enum { CLIENTS = 70 };
    static const char members[] = ON_FREE_PORT
        ", \"log-level\": \"notice\", \"max-open-files\": 64, \"admin\": \"127.0.0.1:0\"";
    struct client clients[CLIENTS];
    struct client watcher;
    struct server server;
    char response[4096];
    uint16_t admin;

    if (!server_start(&server, members))
        return;
    admin = server_admin_port(&server);
    for (int c = 0; c < CLIENTS; c++) {
        if (!client_connect(&clients[c], server.port))
            return;
        client_send(&clients[c], HANDSHAKE, strlen(HANDSHAKE));
    }
    server_wait_said(&server, "accepting is paused: Too many open files");
    if (client_connect(&watcher, admin)) {
        CU_ASSERT_TRUE(client_request(&watcher, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
                                      response, sizeof(response)));
        CU_ASSERT_FALSE(strncmp(response, "HTTP/1.1 200 ", 13));
        client_close(&watcher);
    }
    server_rewrite(&server, members);
    kill(server.pid, SIGHUP);
    server_wait_said(&server, ": in force for new connections");
    for (int c = 0; c < CLIENTS; c++)
        client_close(&clients[c]);
    server_stop(&server);
}

/* Low ones are raised, and those of a million, which cost time, are not taken. */
static void the_limit_of_open_files_is_set(void)
{
    static const struct {
        const char *name;
        const char *members;
        rlim_t soft;
        rlim_t expected;
    } rows[] = {
        {"more than there were", ON_FREE_PORT ", \"max-open-files\": 300", 64, 300},
        {"fewer than there were", ON_FREE_PORT ", \"max-open-files\": 300", 400, 300},
        {"auto, raised", ON_FREE_PORT, 64, 16384},
        {"auto, lowered", ON_FREE_PORT, RLIM_INFINITY, 16384},
    };
    struct rlimit ours;

    getrlimit(RLIMIT_NOFILE, &ours);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rlim_t soft = rows[i].soft < ours.rlim_max ? rows[i].soft : ours.rlim_max;
        rlim_t expected = rows[i].expected < ours.rlim_max ? rows[i].expected : ours.rlim_max;
        struct rlimit found;
        struct server server;

        if (!start_limited(&server, soft, rows[i].members))
            continue;
        CHECK_ROW(!prlimit(server.pid, RLIMIT_NOFILE, NULL, &found), rows[i].name);
        CHECK_ROW(found.rlim_cur == expected, rows[i].name);
        server_stop(&server);
    }
}

/* A shell sets the hard limit, because no process could raise its own again. */
static void more_open_files_than_the_system_allows_are_refused(void)
{
    struct server server;
    char config[64];

    write_temporary(config, "{ " ON_FREE_PORT ", \"max-open-files\": 129 }");
    server_spawn_in_shell(&server, "ulimit -n 128 && exec \"$0\" \"$@\"",
                          (const char *const[]){"-c", config, NULL});
    CU_ASSERT_EQUAL(server_wait_exit(&server), EXIT_FAILURE);
    CU_ASSERT_STRING_EQUAL(server.text, "lws-echo: \"max-open-files\": the system allows 128 open "
                                        "files, not 129 (see \"ulimit -Hn\")\n");
    unlink(config);
}

static CU_TestInfo tests[] = {
    TEST(connections_beyond_the_limit_of_open_files_wait_for_their_turn),
    TEST(at_the_limit_admin_and_a_reload_have_descriptors),
    TEST(the_limit_of_open_files_is_set),
    TEST(more_open_files_than_the_system_allows_are_refused),
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
