/* Unix sockets: who may connect, what is there before, and what is left behind. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "runner.h"
#include "server.h"

static char directory[] = "/tmp/lws-echo-local-XXXXXX";
static char path[64];

static int start(void)
{
    if (!mkdtemp(directory))
        return 1;
    snprintf(path, sizeof(path), "%s/echo", directory);

    return 0;
}

static int stop(void)
{
    return rmdir(directory); /* fails if anything is left */
}

/* Starts a server that listens at the path, with further @members. */
static bool start_local(struct server *server, const char *members)
{
    char all[256];

    snprintf(all, sizeof(all), "\"address\": \"unix:%s\"%s", path, members);

    return server_start(server, all);
}

static bool open_local(struct client *client)
{
    return client_connect_local(client, path) && client_upgrade(client, "/ws");
}

static void check_local_echo(const char *row)
{
    struct client client;

    if (open_local(&client)) {
        check_echo(&client, OPCODE_TEXT, "hello", 5, row);
        client_say_goodbye(&client);
    }
}

static void messages_come_back(void)
{
    enum { LARGE = 3 << 20 };
    static const char *const rows[] = {"", ", \"workers\": 2",
                                       ", \"echo\": {\"compression\": \"on\"}"};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;
        struct client client;
        uint8_t *large = random_bytes(1, LARGE);
        uint8_t *frame = malloc(LARGE + 14);

        if (start_local(&server, rows[i])) {
            for (int c = 0; c < 10; c++)
                check_local_echo(rows[i]);
            if (open_local(&client)) {
                /* a unix socket holds little: it has to be read meanwhile */
                client_send_reading(&client, frame,
                                    compose_frame(frame, FIN | OPCODE_BINARY, large, LARGE));
                check_message(&client, OPCODE_BINARY, large, LARGE, rows[i]);
                client_say_goodbye(&client);
            }
            server_stop(&server);
        }
        free(frame);
        free(large);
    }
}

static void the_file_has_the_mode_that_is_set_and_goes_with_the_server(void)
{
    static const struct {
        const char *members;
        mode_t mode;
    } rows[] = {
        {"", 0660},
        {", \"socket-mode\": \"600\"", 0600},
        {", \"socket-mode\": \"0666\", \"workers\": 2", 0666},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;
        struct stat file;

        if (!start_local(&server, rows[i].members))
            continue;
        CHECK_ROW(!stat(path, &file) && S_ISSOCK(file.st_mode), rows[i].members);
        CHECK_ROW((file.st_mode & 0777) == rows[i].mode, rows[i].members);
        server_stop(&server);
        CHECK_ROW(stat(path, &file), rows[i].members);
    }
}

static void what_a_dead_server_has_left_is_replaced(void)
{
    struct server dead;
    struct server server;

    if (!start_local(&dead, ""))
        return;
    kill(dead.pid, SIGKILL);
    CU_ASSERT_EQUAL(server_wait_exit(&dead), -1);
    if (start_local(&server, "")) {
        check_local_echo("after a crash");
        server_stop(&server);
    }
}

/* Runs a server that must not start with @path as its address. */
static void check_in_use(const char *why)
{
    char config[64];
    char text[256];
    struct server server;

    snprintf(text, sizeof(text), "{ \"address\": \"unix:%s\" }", path);
    write_temporary(config, text);
    server_spawn(&server, (const char *const[]){"-c", config, NULL});
    CHECK_ROW(server_wait_exit(&server) == EXIT_FAILURE, why);
    snprintf(text, sizeof(text), "lws-echo: cannot listen on unix:%s: Address already in use\n",
             path);
    CHECK_ROW(!strcmp(server.text, text), server.text);
    unlink(config);
}

static void what_is_in_use_is_not_replaced(void)
{
    struct server server;
    struct stat before;
    struct stat after;
    FILE *file;

    if (start_local(&server, "")) {
        check_in_use("by another server");
        check_local_echo("which goes on");
        server_stop(&server);
    }

    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fclose(file);
    CU_ASSERT_EQUAL(stat(path, &before), 0);
    check_in_use("by a file that is no socket");
    CU_ASSERT_EQUAL(stat(path, &after), 0);
    CU_ASSERT_EQUAL(before.st_ino, after.st_ino);
    unlink(path);
}

/* As when a successor has begun before the predecessor is gone. */
static void the_file_of_another_server_is_left_alone(void)
{
    struct server former;
    struct server server;

    if (!start_local(&former, ""))
        return;
    unlink(path);
    if (start_local(&server, "")) {
        server_stop(&former);
        check_local_echo("the successor");
        server_stop(&server);
    }
}

static CU_TestInfo tests[] = {
    TEST(messages_come_back),
    TEST(the_file_has_the_mode_that_is_set_and_goes_with_the_server),
    TEST(what_a_dead_server_has_left_is_replaced),
    TEST(what_is_in_use_is_not_replaced),
    TEST(the_file_of_another_server_is_left_alone),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"local", start, stop, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
