/*
 * A service manager: the test is it. It hands sockets over (sd_listen_fds(3)) and is told how the
 * server stands (sd_notify(3)).
 */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"
#include "runner.h"
#include "server.h"

/* Where a shell finds what is to become descriptors 3 and 4: it has names of one digit only. */
#define FIRST 8
#define SECOND 9

/* Returns a socket of the loopback interface that listens, and its port. */
static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(name);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CU_ASSERT_EQUAL(bind(fd, (const struct sockaddr *)&name, bytes), 0);
    CU_ASSERT_EQUAL(listen(fd, SOMAXCONN), 0);
    CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&name, &bytes), 0);
    *port = ntohs(name.sin_port);

    return fd;
}

/* Starts a server as a service manager does, with @shell before it, and @fds to hand over. */
static void spawn(struct server *server, const char *shell, const int fds[2],
                  const char *const *argv)
{
    char all[256];

    snprintf(all, sizeof(all), "%s exec \"$0\" \"$@\"", shell);
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            dup2(fds[i], FIRST + i); /* inherited, unlike the original */
    server_spawn_in_shell(server, all, argv);
    close(FIRST);
    close(SECOND);
}

#define ONE_SOCKET "exec 3<&8 8<&-; export LISTEN_PID=$$ LISTEN_FDS=1;"
#define TWO_SOCKETS                                                                                \
    "exec 3<&8 4<&9 8<&- 9<&-; export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=admin:echo;"

static const char *const alone[] = {NULL};
static const char *const workers[] = {"--workers", "2", NULL};

static void check_echo_at(uint16_t port, const char *row)
{
    struct client client;

    if (client_open(&client, port)) {
        check_echo(&client, OPCODE_TEXT, "hello", 5, row);
        client_say_goodbye(&client);
    }
}

static void a_socket_that_is_handed_over_is_served(void)
{
    static const char *const *const rows[] = {alone, workers};

    for (size_t i = 0; i < 2; i++) {
        const char *row = i ? "two workers" : "alone";
        struct server server;
        uint16_t port;
        int fd = listen_somewhere(&port);

        spawn(&server, ONE_SOCKET, (const int[]){fd, -1}, rows[i]);
        CHECK_ROW(server_wait_ready(&server), row);
        CHECK_ROW(server.port == port, row);
        for (int c = 0; c < 20; c++)
            check_echo_at(port, row);
        CHECK_ROW(server_stop(&server), row);
        CHECK_ROW(can_connect(port), row); /* it is still the service manager's */
        close(fd);
    }
}

static void sockets_may_have_names(void)
{
    struct server server;
    char response[4096];
    struct client client;
    uint16_t admin;
    uint16_t port;
    int fds[2] = {listen_somewhere(&admin), listen_somewhere(&port)};

    spawn(&server, TWO_SOCKETS, fds, alone);
    CU_ASSERT_TRUE(server_wait_ready(&server));
    CU_ASSERT_EQUAL(server.port, port);
    check_echo_at(port, "echo");
    if (client_connect(&client, admin)) {
        CU_ASSERT_TRUE(client_request(&client, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", response,
                                      sizeof(response)));
        CU_ASSERT_EQUAL(strncmp(response, "HTTP/1.1 200 ", 13), 0);
        client_close(&client);
    }
    server_stop(&server);
    close(fds[0]);
    close(fds[1]);
}

static void other_sockets_are_refused(void)
{
    static const struct {
        const char *name;
        const char *shell;
        int type;
    } rows[] = {
        {"datagrams", ONE_SOCKET, SOCK_DGRAM},
        {"it does not listen", ONE_SOCKET, SOCK_STREAM},
        {"only one for admin", ONE_SOCKET "export LISTEN_FDNAMES=admin;", SOCK_STREAM},
        {"two without a name", TWO_SOCKETS "unset LISTEN_FDNAMES;", SOCK_STREAM},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int fds[2] = {socket(AF_INET, rows[i].type, 0), socket(AF_INET, rows[i].type, 0)};
        struct server server;

        if (i >= 2)
            listen(fds[0], 1), listen(fds[1], 1);
        spawn(&server, rows[i].shell, fds, alone);
        CHECK_ROW(server_wait_exit(&server) == EXIT_FAILURE, rows[i].name);
        CHECK_ROW(strstr(server.text, "expected is one stream socket that listens"), server.text);
        close(fds[0]);
        close(fds[1]);
    }
}

/* Connects, is echoed and leaves, until @stop is closed. Exits with 0 if all went well. */
static void connect_on_and_on(uint16_t port, int stop)
{
    struct pollfd stopped = {.fd = stop};
    bool well = true;
    unsigned count = 0;

    while (well && !poll(&stopped, 1, 0)) {
        struct client client;
        struct received_frame frame;

        well = client_open(&client, port);
        if (!well)
            fprintf(stderr, "connection %u was refused or cut off in its handshake\n", count);
        /* a server that stops may close a connection at any time, with 1001 */
        client_send_frame(&client, FIN | OPCODE_TEXT, "hello", 5);
        if (well && client_read_frame(&client, &frame) == READ_OK && frame.opcode == OPCODE_TEXT)
            client_send_frame(&client, FIN | OPCODE_CLOSE, "\x03\xe8", 2);
        client_close(&client);
        count++;
    }
    _exit(well && count > 20 ? 0 : 1);
}

static void no_connection_is_refused_while_the_server_is_replaced(void)
{
    static const char *const *const rows[] = {alone, workers};

    for (size_t i = 0; i < 2; i++) {
        const char *row = i ? "two workers" : "alone";
        struct server server;
        uint16_t port;
        int fd = listen_somewhere(&port);
        int stop[2];
        pid_t clients;
        int status;

        CU_ASSERT_EQUAL(pipe2(stop, O_CLOEXEC), 0);
        spawn(&server, ONE_SOCKET, (const int[]){fd, -1}, rows[i]);
        CHECK_ROW(server_wait_ready(&server), row);
        fflush(NULL);
        clients = fork();
        if (!clients) {
            close(stop[1]);
            connect_on_and_on(port, stop[0]);
        }
        close(stop[0]);
        for (int restart = 0; restart < 10; restart++) {
            for (int c = 0; c < 5; c++)
                check_echo_at(port, row);
            server_stop(&server);
            spawn(&server, ONE_SOCKET, (const int[]){fd, -1}, rows[i]);
            CHECK_ROW(server_wait_ready(&server), row);
        }
        close(stop[1]);
        CHECK_ROW(waitpid(clients, &status, 0) == clients && status == 0, row);
        server_stop(&server);
        close(fd);
    }
}

/* What the server tells. */
struct manager {
    char directory[32];
    char path[64];
    int fd;
    char heard[4096]; /* all so far */
};

static void manager_open(struct manager *manager)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    memset(manager, 0, sizeof(*manager));
    strcpy(manager->directory, "/tmp/lws-echo-notify-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(manager->directory));
    snprintf(manager->path, sizeof(manager->path), "%s/socket", manager->directory);
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", manager->path);
    manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_EQUAL(bind(manager->fd, (const struct sockaddr *)&name, sizeof(name)), 0);
    setenv("NOTIFY_SOCKET", manager->path, 1);
}

static void manager_close(struct manager *manager)
{
    unsetenv("NOTIFY_SOCKET");
    close(manager->fd);
    unlink(manager->path);
    rmdir(manager->directory);
}

/* Forgets what was heard and listens until a message has the line @line. */
static void check_hears(struct manager *manager, const char *line)
{
    struct pollfd readable = {.fd = manager->fd, .events = POLLIN};

    for (;;) {
        ssize_t got;

        if (poll(&readable, 1, clock_patience_ms()) <= 0) {
            CHECK_ROW(false, line);
            return;
        }
        got = recv(manager->fd, manager->heard, sizeof(manager->heard) - 1, 0);
        manager->heard[got > 0 ? got : 0] = '\0';
        if (strstr(manager->heard, line))
            return;
    }
}

static void the_service_manager_is_told_how_the_server_stands(void)
{
    static const char *const rows[] = {ON_FREE_PORT, ON_FREE_PORT ", \"workers\": 2"};

    for (size_t i = 0; i < 2; i++) {
        struct manager manager;
        struct server server;

        manager_open(&manager);
        if (server_start(&server, rows[i])) {
            check_hears(&manager, "READY=1\nSTATUS=http://127.0.0.1:");
            kill(server.pid, SIGHUP);
            check_hears(&manager, "RELOADING=1\nMONOTONIC_USEC=");
            check_hears(&manager, "READY=1\n");
            server_rewrite(&server, "nonsense");
            kill(server.pid, SIGHUP);
            check_hears(&manager, "RELOADING=1\nMONOTONIC_USEC=");
            check_hears(&manager, "READY=1\n"); /* with the old configuration */
            kill(server.pid, SIGTERM);
            check_hears(&manager, "STOPPING=1\nEXTEND_TIMEOUT_USEC=");
            CHECK_ROW(server_wait_exit(&server) == 0, rows[i]);
        }
        manager_close(&manager);
    }
}

static void the_watchdog_is_fed(void)
{
    static const char *const rows[] = {ON_FREE_PORT, ON_FREE_PORT ", \"workers\": 2"};

    setenv("WATCHDOG_USEC", "100000", 1);
    for (size_t i = 0; i < 2; i++) {
        struct manager manager;
        struct server server;

        manager_open(&manager);
        if (server_start(&server, rows[i])) {
            for (int beats = 0; beats < 5; beats++)
                check_hears(&manager, "WATCHDOG=1");
            /* nobody hears the further ones, and a full queue would keep the server from ending */
            manager_close(&manager);
            server_stop(&server);
        } else {
            manager_close(&manager);
        }
    }
    unsetenv("WATCHDOG_USEC");
}

static CU_TestInfo tests[] = {
    TEST(a_socket_that_is_handed_over_is_served),
    TEST(sockets_may_have_names),
    TEST(other_sockets_are_refused),
    TEST(no_connection_is_refused_while_the_server_is_replaced),
    TEST(the_service_manager_is_told_how_the_server_stands),
    TEST(the_watchdog_is_fed),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"activation", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
