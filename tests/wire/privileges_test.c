/* Who the server is: it begins as root, takes what only root can have, and becomes another for
 * good.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "runner.h"
#include "server.h"

#define NOBODY ", \"user\": \"nobody\""

/* Returns what a line of /proc/PID/status says after its key, or "". */
static const char *status_of(pid_t pid, const char *key, char line[256])
{
    char name[64];
    FILE *status;

    snprintf(name, sizeof(name), "/proc/%d/status", (int)pid);
    status = fopen(name, "r");
    while (status && fgets(line, 256, status))
        if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':') {
            fclose(status);
            line[strcspn(line, "\n")] = '\0';
            return line + strlen(key) + 2;
        }
    if (status)
        fclose(status);

    return "";
}

static void check_is_nobody(pid_t pid, const char *row)
{
    const struct passwd *nobody = getpwnam("nobody");
    char wanted[64];
    char line[256];

    CU_ASSERT_PTR_NOT_NULL(nobody);
    if (!nobody)
        return;
    snprintf(wanted, sizeof(wanted), "%d\t%d\t%d\t%d", nobody->pw_uid, nobody->pw_uid,
             nobody->pw_uid, nobody->pw_uid);
    CHECK_ROW(!strcmp(status_of(pid, "Uid", line), wanted), row);
    snprintf(wanted, sizeof(wanted), "%d\t%d\t%d\t%d", nobody->pw_gid, nobody->pw_gid,
             nobody->pw_gid, nobody->pw_gid);
    CHECK_ROW(!strcmp(status_of(pid, "Gid", line), wanted), row);
    snprintf(wanted, sizeof(wanted), "%d ", nobody->pw_gid);
    CHECK_ROW(!strcmp(status_of(pid, "Groups", line), wanted), row);
    CHECK_ROW(!strcmp(status_of(pid, "CapEff", line), "0000000000000000"), row);
    CHECK_ROW(!strcmp(status_of(pid, "CapPrm", line), "0000000000000000"), row);
}

/* Returns a port below 1024 that nobody listens on. */
static unsigned low_port(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    for (unsigned port = 1023; port > 0; port--) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool is_free;

        name.sin_port = htons((uint16_t)port);
        is_free = !bind(fd, (const struct sockaddr *)&name, sizeof(name));
        close(fd);
        if (is_free)
            return port;
    }

    return 0;
}

static void all_processes_become_the_user(void)
{
    static const char *const rows[] = {NOBODY, NOBODY ", \"workers\": 2",
                                       NOBODY ", \"group\": \"nogroup\", \"tls\": \"self-signed\""};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;
        struct client client;
        char members[256];
        pid_t pids[2];
        size_t count;

        snprintf(members, sizeof(members), "\"address\": \"127.0.0.1\", \"port\": %u%s", low_port(),
                 rows[i]);
        if (!server_start(&server, members))
            continue;
        check_is_nobody(server.pid, rows[i]);
        count = server_workers(&server, pids, 2);
        CHECK_ROW(count == (i == 1 ? 2 : 0), rows[i]);
        for (size_t p = 0; p < count; p++)
            check_is_nobody(pids[p], rows[i]);
        if (i == 2 ? client_open_tls(&client, server.port) : client_open(&client, server.port)) {
            check_echo(&client, OPCODE_TEXT, "hello", 5, rows[i]);
            client_say_goodbye(&client);
        }
        server_stop(&server);
    }
}

static void a_unix_socket_is_the_user_s(void)
{
    const struct passwd *nobody = getpwnam("nobody");
    char directory[] = "/tmp/lws-echo-user-XXXXXX";
    char members[256];
    char path[64];
    struct server server;
    struct stat file;

    CU_ASSERT_PTR_NOT_NULL(nobody);
    if (!nobody)
        return;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    CU_ASSERT_EQUAL(chown(directory, nobody->pw_uid, nobody->pw_gid), 0);
    snprintf(path, sizeof(path), "%s/echo", directory);
    snprintf(members, sizeof(members), "\"address\": \"unix:%s\"" NOBODY, path);
    if (server_start(&server, members)) {
        CU_ASSERT_EQUAL(stat(path, &file), 0);
        CU_ASSERT_EQUAL(file.st_uid, nobody->pw_uid);
        CU_ASSERT_EQUAL(file.st_gid, nobody->pw_gid);
        CU_ASSERT_EQUAL(file.st_mode & 0777, 0660);
        server_stop(&server);
    }
    CU_ASSERT_EQUAL(rmdir(directory), 0); /* the user could remove its socket */
}

/* Runs a server that must not start, by the shell commands @shell. */
static void check_refused(const char *shell, const char *members, const char *says)
{
    struct server server;
    char config[64];
    char text[256];

    snprintf(text, sizeof(text), "{ " ON_FREE_PORT "%s }", members);
    write_temporary(config, text);
    CU_ASSERT_EQUAL(chmod(config, 0644), 0);
    server_spawn_in_shell(&server, shell, (const char *const[]){"-c", config, NULL});
    CHECK_ROW(server_wait_exit(&server) == EXIT_FAILURE, members);
    CHECK_ROW(strstr(server.text, says), server.text);
    unlink(config);
}

#define AS_STARTED "exec \"$0\" \"$@\""
#define AS_NOBODY "exec setpriv --reuid nobody --regid nogroup --clear-groups \"$0\" \"$@\""

static void users_that_cannot_be_are_refused(void)
{
    check_refused(AS_STARTED, ", \"user\": \"no-such-user\"",
                  "lws-echo: \"user\": \"no-such-user\": no such name on this system\n");
    check_refused(AS_STARTED, ", \"group\": \"no-such-group\"",
                  "lws-echo: \"group\": \"no-such-group\": no such name on this system\n");
    check_refused(AS_NOBODY, ", \"user\": \"root\"",
                  "lws-echo: \"user\": \"root\": only root can become another user\n");
    check_refused(AS_NOBODY, ", \"group\": \"root\"",
                  "lws-echo: \"group\": \"root\": only root can become another group\n");
}

/* A key that the user cannot read is found before anything listens, and named. */
static void a_key_that_the_user_cannot_read_stops_the_start(void)
{
    static const char *const rows[] = {"", ", \"workers\": 2"};
    char directory[] = "/tmp/lws-echo-key-XXXXXX";
    char command[512];
    char members[256];

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    snprintf(command, sizeof(command),
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
             "-subj /CN=localhost -keyout %s/key -out %s/cert 2>/dev/null && chmod 755 %s && "
             "chmod 600 %s/key",
             directory, directory, directory, directory);
    CU_ASSERT_EQUAL(system(command), 0); /* NOLINT(cert-env33-c) */
    for (size_t i = 0; i < 2; i++) {
        snprintf(members, sizeof(members),
                 NOBODY "%s, \"tls\": { \"cert\": \"%s/cert\", \"key\": \"%s/key\" }", rows[i],
                 directory, directory);
        check_refused(AS_STARTED, members,
                      "/key: the private key cannot be read: Permission denied\n");
    }
    snprintf(command, sizeof(command), "rm -r %s", directory);
    CU_ASSERT_EQUAL(system(command), 0); /* NOLINT(cert-env33-c) */
}

static CU_TestInfo tests[] = {
    TEST(all_processes_become_the_user),
    TEST(a_unix_socket_is_the_user_s),
    TEST(users_that_cannot_be_are_refused),
    TEST(a_key_that_the_user_cannot_read_stops_the_start),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"privileges", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

/* Says whether the tree is where others than root can read it. */
static bool nobody_can_run_it(void)
{
    struct server server;

    server_spawn_in_shell(&server, AS_NOBODY, (const char *const[]){"--check", NULL});

    return server_wait_exit(&server) == EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (geteuid() != 0 || !nobody_can_run_it()) {
        fprintf(stderr, "not root, or only root can read this directory: nothing is tested\n");
        return EXIT_SUCCESS;
    }

    return runner_main(argc, argv, suites);
}
