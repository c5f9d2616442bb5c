/* SIGHUP: the configuration is read again, for new connections, whole or not at all. */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "client.h"
#include "clock.h"
#include "runner.h"
#include "server.h"

#define LOGGING ", \"log-level\": \"notice\""
#define WORKERS ", \"workers\": 2"
#define LIMIT(bytes) ", \"echo\": { \"max-message\": " #bytes " }"

#define PATIENCE_MS 30000

/* Two workers get at least one each, but for 1 in 2^19 runs. */
#define TRIES 20

#define IN_FORCE ": in force for new connections\n"
#define UNCHANGED "the configuration is unchanged\n"

/* Counts how often @text has been said. */
static size_t count_said(const struct server *server, const char *text)
{
    size_t count = 0;

    for (const char *p = server->text; (p = strstr(p, text)); p += strlen(text))
        count++;

    return count;
}

/* Has @server read @members and waits until it, or all of its workers, have said @result. */
static void reload(struct server *server, const char *members, const char *result, size_t workers)
{
    server->text[0] = '\0';
    server_rewrite(server, members);
    kill(server->pid, SIGHUP);
    while (count_said(server, result) < workers && server_hear(server))
        ;
    CU_ASSERT_EQUAL(count_said(server, result), workers);
}

/* Says whether a message of @bytes is echoed, rather than answered with a Close. */
static bool echoes(struct client *client, size_t bytes)
{
    uint8_t *payload = random_bytes(1, bytes);
    struct received_frame frame;
    bool echoed;

    client_send_frame(client, FIN | OPCODE_BINARY, payload, bytes);
    echoed = client_read_frame(client, &frame) == READ_OK && frame.opcode == OPCODE_BINARY &&
             frame.bytes == bytes && !memcmp(frame.payload, payload, bytes);
    free(payload);

    return echoed;
}

static bool new_echoes(const struct server *server, size_t bytes)
{
    struct client client;
    bool echoed;

    if (!client_open(&client, server->port))
        return false;
    echoed = echoes(&client, bytes);
    client_close(&client);

    return echoed;
}

static void new_options_hold_for_new_connections(void)
{
    static const struct {
        const char *before;
        const char *after;
        size_t workers;
    } rows[] = {
        {ON_FREE_PORT LOGGING LIMIT(1000), ON_FREE_PORT LOGGING LIMIT(2000), 1},
        {ON_FREE_PORT LOGGING WORKERS LIMIT(1000), ON_FREE_PORT LOGGING WORKERS LIMIT(2000), 2},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct client old[20];
        struct server server;

        if (!server_start(&server, rows[i].before))
            continue;
        for (int c = 0; c < 20; c++)
            if (!client_open(&old[c], server.port))
                return;
        reload(&server, rows[i].after, IN_FORCE, rows[i].workers);
        for (int c = 0; c < 20; c++) {
            CU_ASSERT_TRUE(new_echoes(&server, 2000));
            CU_ASSERT_FALSE(new_echoes(&server, 2001));
        }
        for (int c = 0; c < 20; c++) {
            CU_ASSERT_TRUE(echoes(&old[c], 1000));
            CU_ASSERT_FALSE(echoes(&old[c], 1001));
            client_close(&old[c]);
        }
        server_stop(&server);
    }
}

/* The sweep for former configurations comes every second. */
static void no_connection_is_dropped(void)
{
    struct client clients[10];
    struct server server;

    if (!server_start(&server, ON_FREE_PORT LOGGING))
        return;
    for (int c = 0; c < 10; c++) {
        if (!client_open(&clients[c], server.port))
            return;
        reload(&server, ON_FREE_PORT LOGGING, IN_FORCE, 1);
    }
    for (int64_t end_ms = clock_ms() + 2500; clock_ms() < end_ms;)
        for (int c = 0; c < 10; c++)
            CU_ASSERT_TRUE_FATAL(echoes(&clients[c], 100));
    for (int c = 0; c < 10; c++)
        client_say_goodbye(&clients[c]);
    server_stop(&server);
}

static void a_stop_closes_the_connections_of_all_configurations(void)
{
    struct client clients[3];
    struct server server;
    struct received_frame frame;

    if (!server_start(&server, ON_FREE_PORT LOGGING))
        return;
    for (int c = 0; c < 3; c++) {
        if (c)
            reload(&server, ON_FREE_PORT LOGGING, IN_FORCE, 1);
        if (!client_open(&clients[c], server.port))
            return;
    }
    kill(server.pid, SIGTERM);
    for (int c = 0; c < 3; c++) {
        CU_ASSERT_EQUAL(client_read_frame(&clients[c], &frame), READ_OK);
        CU_ASSERT_EQUAL(frame.opcode, OPCODE_CLOSE);
        CU_ASSERT_EQUAL(memcmp(frame.payload, "\x03\xe9", 2), 0);
        client_close(&clients[c]);
    }
    CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
}

static void what_is_wrong_changes_nothing_and_says_so(void)
{
    static const struct {
        const char *members;
        const char *says;
    } rows[] = {
        {"nonsense", ":1:10: string or '}' expected near 'nonsense'\n"},
        {ON_FREE_PORT ", \"prot\": 1", ":1: \"prot\": unknown key; did you mean \"port\"?\n"},
        {ON_FREE_PORT ", \"echo\": { \"ping-interval\": -1 }", ":1: \"ping-interval\": "},
        {ON_FREE_PORT ", \"mount-origin\": \"/nowhere\"",
         "/nowhere/index.html: the page cannot be read: No such file or directory\n"},
        {"\"address\": \"127.0.0.1\", \"port\": 1",
         ": \"port\" has changed, which requires a restart\n"},
        {"\"address\": \"::1\", \"port\": 0",
         ": \"address\" has changed, which requires a restart\n"},
        {ON_FREE_PORT ", \"workers\": 3", ": \"workers\" has changed, which requires a restart\n"},
        {ON_FREE_PORT ", \"max-open-files\": 99",
         ": \"max-open-files\" has changed, which requires a restart\n"},
        {ON_FREE_PORT ", \"admin\": \"127.0.0.1:0\"",
         ": \"admin\" has changed, which requires a restart\n"},
        {ON_FREE_PORT ", \"user\": \"nobody\"",
         ": \"user\" has changed, which requires a restart\n"},
        {ON_FREE_PORT ", \"group\": \"nogroup\"",
         ": \"group\" has changed, which requires a restart\n"},
        {ON_FREE_PORT ", \"socket-mode\": \"600\"",
         ": \"socket-mode\" has changed, which requires a restart\n"},
        {ON_FREE_PORT ", \"plugin-dir\": \"/tmp\"",
         ": \"plugin-dir\" has changed, which requires a restart\n"},
        {ON_FREE_PORT ", \"tls\": \"self-signed\"",
         ": \"tls\" has changed, which requires a restart\n"},
        {ON_FREE_PORT ", \"echo\": { \"rx-buffer\": 262145 }",
         ": \"rx-buffer\" has grown, which requires a restart\n"},
    };
    static const char *const before[] = {ON_FREE_PORT LIMIT(1000),
                                         ON_FREE_PORT WORKERS LIMIT(1000)};

    for (size_t b = 0; b < 2; b++) {
        struct server server;

        if (!server_start(&server, before[b]))
            return;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            char members[512];

            snprintf(members, sizeof(members), "%s%s", rows[i].members,
                     b && !strstr(rows[i].members, "workers") ? WORKERS : "");
            reload(&server, members, UNCHANGED, 1);
            CHECK_ROW(strstr(server.text, rows[i].says), server.text);
            CHECK_ROW(new_echoes(&server, 1000), rows[i].members);
            CHECK_ROW(!new_echoes(&server, 1001), rows[i].members);
        }
        server_stop(&server);
    }
}

/* A message that a file is missing has no line. */
static void a_file_that_is_gone_changes_nothing(void)
{
    struct server server;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    unlink(server.config_file);
    kill(server.pid, SIGHUP);
    CU_ASSERT_TRUE(server_wait_said(&server, UNCHANGED));
    CU_ASSERT_PTR_NOT_NULL(strstr(server.text, ": cannot be read: No such file or directory\n"));
    CU_ASSERT_TRUE(new_echoes(&server, 10));
    server_stop(&server);
}

/* Whoever opens a FIFO waits for somebody who writes to it. */
static void what_may_never_end_is_not_read(void)
{
    struct server server;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    unlink(server.config_file);
    CU_ASSERT_FALSE(mkfifo(server.config_file, 0600));
    kill(server.pid, SIGHUP);
    CU_ASSERT_TRUE(server_wait_said(&server, UNCHANGED));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(server.text, ": is not a regular file, and can only be read at the start\n"));
    CU_ASSERT_TRUE(new_echoes(&server, 10));
    server_stop(&server);
}

static void without_a_file_nothing_is_read(void)
{
    static const char *const workers[] = {"1", "2"};

    for (size_t i = 0; i < 2; i++) {
        struct server server;

        server_spawn(&server, (const char *const[]){"--port", "0", "--workers", workers[i],
                                                    "--log-level", "notice", NULL});
        CU_ASSERT_TRUE(server_wait_ready(&server));
        kill(server.pid, SIGHUP);
        CU_ASSERT_TRUE(server_wait_said(&server, "SIGHUP: no configuration file to reload\n"));
        CU_ASSERT_TRUE(new_echoes(&server, 10));
        server_stop(&server);
    }
}

/* Closed with the last connection that has it, so that there is room for others again. */
static void a_former_configuration_ends_with_its_connections(void)
{
    enum { ROOM = 16 };
    struct client clients[ROOM + 1];
    struct server server;
    size_t before;

    if (!server_start(&server, ON_FREE_PORT LOGGING))
        return;
    for (int c = 0; c <= ROOM; c++) {
        if (!client_open(&clients[c], server.port))
            return;
        if (c < ROOM)
            reload(&server, ON_FREE_PORT LOGGING, IN_FORCE, 1);
    }
    reload(&server, ON_FREE_PORT LOGGING LIMIT(1), UNCHANGED, 1);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(server.text, "connections of 16 former configurations are still open\n"));
    before = server_descriptors(&server);
    client_say_goodbye(&clients[0]);
    while (server_descriptors(&server) == before)
        ; /* until the server has seen the end */
    reload(&server, ON_FREE_PORT LOGGING LIMIT(1), IN_FORCE, 1);
    CU_ASSERT_FALSE(new_echoes(&server, 2));
    for (int c = 1; c <= ROOM; c++)
        client_say_goodbye(&clients[c]);
    server_stop(&server);
}

static void memory_does_not_grow_with_each_reload(void)
{
    struct server server;
    uint64_t before = 0;

    if (!server_start(&server, ON_FREE_PORT LOGGING))
        return;
    for (int i = 0; i < 300; i++) {
        reload(&server, ON_FREE_PORT LOGGING, IN_FORCE, 1);
        if (i == 100)
            before = server_memory(&server, "VmRSS");
    }
    CU_ASSERT_TRUE(server_memory(&server, "VmRSS") < before + ((uint64_t)4 << 20));
    server_stop(&server);
}

/* Hears from a server, as a service manager, when it has dealt with a reload. */
struct manager {
    char path[40];
    int fd;
};

static void manager_open(struct manager *manager)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    snprintf(manager->path, sizeof(manager->path), "/tmp/lws-echo-notify-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(manager->path));
    snprintf(name.sun_path, sizeof(name.sun_path), "%s/s", manager->path);
    manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_EQUAL_FATAL(bind(manager->fd, (const struct sockaddr *)&name, sizeof(name)), 0);
    setenv("NOTIFY_SOCKET", name.sun_path, 1);
}

static void manager_close(struct manager *manager)
{
    char name[64];

    unsetenv("NOTIFY_SOCKET");
    close(manager->fd);
    snprintf(name, sizeof(name), "%s/s", manager->path);
    unlink(name);
    rmdir(manager->path);
}

static void wait_notified(const struct manager *manager, const char *line)
{
    struct pollfd readable = {.fd = manager->fd, .events = POLLIN};
    char heard[1024];
    ssize_t got;

    do {
        CU_ASSERT_FATAL(poll(&readable, 1, PATIENCE_MS) == 1);
        got = recv(manager->fd, heard, sizeof(heard) - 1, 0);
        heard[got > 0 ? got : 0] = '\0';
    } while (!strstr(heard, line));
}

/* Has the process that was started read @members and be done with that, whatever workers do. */
static void reload_in_supervisor(struct server *server, const struct manager *manager,
                                 const char *members)
{
    server_rewrite(server, members);
    kill(server->pid, SIGHUP);
    wait_notified(manager, "RELOADING=1");
    wait_notified(manager, "READY=1");
}

static void signal_all(const pid_t *pids, size_t count, int number)
{
    for (size_t i = 0; i < count; i++)
        kill(pids[i], number);
}

/* Connections are spread over the workers: each gets some of so many. */
static void check_limit(const struct server *server, size_t bytes)
{
    for (int c = 0; c < 20; c++) {
        CU_ASSERT_TRUE(new_echoes(server, bytes));
        CU_ASSERT_FALSE(new_echoes(server, bytes + 1));
    }
}

/* Waits until all workers take messages of so many bytes. */
static void wait_limit(const struct server *server, size_t bytes)
{
    int64_t deadline_ms = clock_ms() + PATIENCE_MS;

    for (int in_a_row = 0; in_a_row < 20 && clock_ms() < deadline_ms;)
        in_a_row = new_echoes(server, bytes) ? in_a_row + 1 : 0;
    CU_ASSERT_TRUE(clock_ms() < deadline_ms);
}

/* The workers do not run while the file changes once more: each would read what it is then. */
static void with_workers_the_file_is_read_once(void)
{
    static const char *const later[] = {ON_FREE_PORT LOGGING WORKERS LIMIT(3000), "nonsense"};
    struct manager manager;
    struct server server;
    pid_t workers[2];

    for (size_t i = 0; i < 2; i++) {
        manager_open(&manager);
        if (!server_start(&server, ON_FREE_PORT LOGGING WORKERS LIMIT(1000)))
            return;
        CU_ASSERT_EQUAL_FATAL(server_workers(&server, workers, 2), 2);
        wait_notified(&manager, "READY=1");
        signal_all(workers, 2, SIGSTOP);
        reload_in_supervisor(&server, &manager, ON_FREE_PORT LOGGING WORKERS LIMIT(2000));
        server_rewrite(&server, later[i]);
        signal_all(workers, 2, SIGCONT);
        while (count_said(&server, IN_FORCE) < 2 && server_hear(&server))
            ;
        check_limit(&server, 2000);
        CU_ASSERT_PTR_NULL(strstr(server.text, UNCHANGED));
        server_stop(&server);
        manager_close(&manager);
    }
}

static void a_worker_that_starts_later_has_what_is_in_force(void)
{
    struct server server;
    pid_t workers[2];
    pid_t successors[2] = {0};

    if (!server_start(&server, ON_FREE_PORT LOGGING WORKERS LIMIT(1000)))
        return;
    CU_ASSERT_EQUAL_FATAL(server_workers(&server, workers, 2), 2);
    reload(&server, ON_FREE_PORT LOGGING WORKERS LIMIT(2000), IN_FORCE, 2);
    server_rewrite(&server, "nonsense");
    signal_all(workers, 2, SIGKILL);
    while (server_workers(&server, successors, 2) < 2 || successors[0] == workers[0] ||
           successors[0] == workers[1] || successors[1] == workers[0] ||
           successors[1] == workers[1])
        ;
    check_limit(&server, 2000);
    server_stop(&server);
}

/* It is sent more than waits for it: the supervisor goes on, and sends it the last one again. */
static void a_worker_that_hangs_gets_the_newest_configuration_when_it_goes_on(void)
{
    enum { RELOADS = 20 };
    struct manager manager;
    struct server server;
    pid_t workers[2];

    manager_open(&manager);
    if (!server_start(&server, ON_FREE_PORT LOGGING WORKERS LIMIT(1000)))
        return;
    CU_ASSERT_EQUAL_FATAL(server_workers(&server, workers, 2), 2);
    wait_notified(&manager, "READY=1");
    kill(workers[1], SIGSTOP);
    for (int i = 0; i < RELOADS; i++)
        reload_in_supervisor(&server, &manager,
                             i == RELOADS - 1 ? ON_FREE_PORT LOGGING WORKERS LIMIT(2000)
                                              : ON_FREE_PORT LOGGING WORKERS LIMIT(1500));
    CU_ASSERT_TRUE(server_wait_said(
        &server, "worker 2 has not read the previous configuration yet; it gets this one later\n"));
    server.text[0] = '\0';
    kill(workers[1], SIGCONT);
    CU_ASSERT_TRUE(server_wait_said(&server, IN_FORCE)); /* of those that have waited */
    wait_limit(&server, 2000);                           /* of the one that is sent again */
    check_limit(&server, 2000);
    server_stop(&server);
    manager_close(&manager);
}

/* There is one process that reads the file, and one policy. */
static void a_worker_ignores_the_signal(void)
{
    struct server server;
    pid_t workers[2];
    pid_t later[2];

    if (!server_start(&server, ON_FREE_PORT LOGGING WORKERS LIMIT(1000)))
        return;
    CU_ASSERT_EQUAL_FATAL(server_workers(&server, workers, 2), 2);
    server_rewrite(&server, "nonsense");
    signal_all(workers, 2, SIGHUP);
    check_limit(&server, 1000);
    reload(&server, ON_FREE_PORT LOGGING WORKERS LIMIT(2000), IN_FORCE, 2);
    CU_ASSERT_PTR_NULL(strstr(server.text, UNCHANGED));
    CU_ASSERT_EQUAL(server_workers(&server, later, 2), 2);
    CU_ASSERT_EQUAL(memcmp(later, workers, sizeof(workers)), 0);
    server_stop(&server);
}

/* Certificates of two names, in one directory, as "cert" and "key" find them there. */
static char directory[] = "/tmp/lws-echo-reload-XXXXXX";

static void make_directory(void)
{
    memset(strchr(directory, '\0') - 6, 'X', 6);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
}

static void make_certificate(const char *name)
{
    char command[512];

    snprintf(command, sizeof(command),
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
             "-subj /CN=%s -keyout %s/new-key.pem -out %s/new-cert.pem 2>/dev/null && "
             "mv %s/new-key.pem %s/key.pem && mv %s/new-cert.pem %s/cert.pem",
             name, directory, directory, directory, directory, directory, directory);
    CU_ASSERT_EQUAL_FATAL(system(command), 0); /* NOLINT(cert-env33-c) */
}

/* Writes the name in the certificate that the server shows. */
static void shown_name(const struct server *server, char *name, int size)
{
    struct client client;
    X509 *certificate;

    name[0] = '\0';
    if (!client_connect_tls(&client, server->port, NULL))
        return;
    certificate = SSL_get1_peer_certificate(client.ssl);
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, size);
    X509_free(certificate);
    client_close(&client);
}

static void check_shown(const struct server *server, const char *expected)
{
    char name[64];

    for (int i = 0; i < 8; i++) { /* by each worker */
        shown_name(server, name, sizeof(name));
        CHECK_ROW(!strcmp(name, expected), name);
    }
}

/* Returns a session to be freed, or NULL. */
static SSL_SESSION *new_session(const struct server *server)
{
    struct client client;
    SSL_SESSION *session = NULL;

    if (client_open_tls(&client, server->port)) {
        check_echo(&client, OPCODE_TEXT, "behind the ticket", 17, "first");
        session = client_session(&client);
        client_say_goodbye(&client);
    }

    return session;
}

/* Returns in how many of so many connections the server, or any worker, takes up @session. */
static int count_resumed(const struct server *server, SSL_SESSION *session)
{
    int resumed = 0;

    for (int i = 0; i < TRIES; i++) {
        struct client client;

        if (!client_resume_tls(&client, server->port, TLS1_3_VERSION, session) ||
            !client_upgrade(&client, "/ws"))
            break;
        resumed += SSL_session_reused(client.ssl);
        client_say_goodbye(&client);
    }

    return resumed;
}

/* Nobody is spared the look at a new certificate. */
static void sessions_outlive_a_reload_but_not_their_certificate(void)
{
    static const char *const rows[] = {"", WORKERS};
    char command[128];

    make_directory();
    for (size_t i = 0; i < 2; i++) {
        struct server server;
        SSL_SESSION *session;
        char members[512];

        make_certificate("first");
        snprintf(members, sizeof(members),
                 ON_FREE_PORT LOGGING "%s, \"tls\": { \"cert\": \"%s/cert.pem\", "
                                      "\"key\": \"%s/key.pem\" }",
                 rows[i], directory, directory);
        if (!server_start(&server, members))
            break;
        session = new_session(&server);
        CU_ASSERT_PTR_NOT_NULL_FATAL(session);
        reload(&server, members, IN_FORCE, i + 1);
        CU_ASSERT_EQUAL(count_resumed(&server, session), TRIES);
        make_certificate("second");
        reload(&server, members, IN_FORCE, i + 1);
        CU_ASSERT_EQUAL(count_resumed(&server, session), 0);
        SSL_SESSION_free(session);
        server_stop(&server);
    }
    snprintf(command, sizeof(command), "rm -r %s", directory);
    CU_ASSERT_EQUAL(system(command), 0); /* NOLINT(cert-env33-c) */
}

static void certificates_are_read_again(void)
{
    static const char *const rows[] = {"", WORKERS};
    char command[128];

    make_directory();
    for (size_t i = 0; i < 2; i++) {
        struct client old;
        struct server server;
        char members[512];

        make_certificate("first");
        snprintf(members, sizeof(members),
                 ON_FREE_PORT LOGGING "%s, \"tls\": { \"cert\": \"%s/cert.pem\", "
                                      "\"key\": \"%s/key.pem\" }",
                 rows[i], directory, directory);
        if (!server_start(&server, members) || !client_open_tls(&old, server.port))
            return;
        check_shown(&server, "first");
        make_certificate("second");
        check_shown(&server, "first");
        reload(&server, members, IN_FORCE, i + 1);
        check_shown(&server, "second");

        snprintf(command, sizeof(command), "openssl genpkey -algorithm ED25519 -out %s/key.pem",
                 directory);
        CU_ASSERT_EQUAL(system(command), 0); /* NOLINT(cert-env33-c) */
        reload(&server, members, UNCHANGED, 1);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(server.text, "key.pem: the private key does not match the certificate"));
        check_shown(&server, "second");
        check_echo(&old, OPCODE_TEXT, "hello", 5, "opened under the first");
        client_say_goodbye(&old);
        server_stop(&server);
    }
    snprintf(command, sizeof(command), "rm -r %s", directory);
    CU_ASSERT_EQUAL(system(command), 0); /* NOLINT(cert-env33-c) */
}

/* The log itself is part of the configuration. */
static void the_log_changes_at_once(void)
{
    struct server server;

    if (!server_start(&server, ON_FREE_PORT LOGGING))
        return;
    reload(&server, ON_FREE_PORT ", \"log-level\": \"notice\", \"log-format\": \"json\"",
           ": in force for new connections\"}\n", 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(server.text, "{\"time\":\""));
    server_stop(&server);
}

/* What runs in a terminal ends with it, and does not stay behind with nobody to stop it. */
static void a_closed_terminal_is_a_stop(void)
{
    static const char *const rows[] = {"1", "2"};

    for (size_t i = 0; i < 2; i++) {
        struct server server;
        struct client client;
        struct received_frame frame;
        int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        char shell[128];

        CU_ASSERT_TRUE_FATAL(terminal >= 0 && !grantpt(terminal) && !unlockpt(terminal));
        /* a session of its own, whose terminal is the first that it opens */
        snprintf(shell, sizeof(shell),
                 "exec setsid --wait sh -c 'exec 5<>%s; exec \"$0\" \"$@\"' \"$0\" \"$@\"",
                 ptsname(terminal));
        server_spawn_in_shell(&server, shell,
                              (const char *const[]){"--port", "0", "--workers", rows[i], NULL});
        CHECK_ROW(server_wait_ready(&server), rows[i]);
        if (client_open(&client, server.port)) {
            close(terminal);
            CHECK_ROW(client_read_frame(&client, &frame) == READ_OK, rows[i]);
            CHECK_ROW(frame.opcode == OPCODE_CLOSE, rows[i]);
            client_close(&client);
        }
        CHECK_ROW(server_wait_exit(&server) == 0, rows[i]);
    }
}

static CU_TestInfo tests[] = {
    TEST(new_options_hold_for_new_connections),
    TEST(no_connection_is_dropped),
    TEST(a_stop_closes_the_connections_of_all_configurations),
    TEST(what_is_wrong_changes_nothing_and_says_so),
    TEST(a_file_that_is_gone_changes_nothing),
    TEST(what_may_never_end_is_not_read),
    TEST(without_a_file_nothing_is_read),
    TEST(a_former_configuration_ends_with_its_connections),
    TEST(memory_does_not_grow_with_each_reload),
    TEST(with_workers_the_file_is_read_once),
    TEST(a_worker_that_starts_later_has_what_is_in_force),
    TEST(a_worker_that_hangs_gets_the_newest_configuration_when_it_goes_on),
    TEST(a_worker_ignores_the_signal),
    TEST(certificates_are_read_again),
    TEST(sessions_outlive_a_reload_but_not_their_certificate),
    TEST(the_log_changes_at_once),
    TEST(a_closed_terminal_is_a_stop),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"reload", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
