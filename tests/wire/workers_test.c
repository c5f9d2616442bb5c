/* Several processes that share the port, and the supervisor that looks after them. */

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "client.h"
#include "clock.h"
#include "runner.h"
#include "server.h"
#include "stream.h"

#define GOING_AWAY "\x03\xe9"
#define PIDS_MAX 8

#define TWO_WORKERS ON_FREE_PORT ", \"workers\": 2"

/* Enough that both of two workers get some: one gets none in 1 of 2^39 runs. */
#define CLIENTS 40

/* The two workers of a server, and how many descriptors each has without a client. */
struct pair {
    pid_t pids[2];
    size_t idle[2];
};

static bool start_two(struct server *server, struct pair *pair, const char *members)
{
    if (!server_start(server, members))
        return false;
    CU_ASSERT_EQUAL_FATAL(server_workers(server, pair->pids, 2), 2);
    for (int i = 0; i < 2; i++)
        pair->idle[i] = process_descriptors(pair->pids[i]);

    return true;
}

/* Waits for the worker that takes the place of one of @pair, and returns its pid or 0. */
static pid_t wait_successor(const struct server *server, const struct pair *pair)
{
    int64_t deadline_ms = clock_deadline_ms();
    pid_t pids[PIDS_MAX];

    do {
        size_t count = server_workers(server, pids, PIDS_MAX);

        for (size_t i = 0; i < count; i++)
            if (pids[i] != pair->pids[0] && pids[i] != pair->pids[1])
                return pids[i];
    } while (clock_tick(deadline_ms));
    CU_FAIL("no successor");

    return 0;
}

/* Waits until the kernel has closed all that @pid had. */
static void wait_dead(pid_t pid)
{
    int64_t deadline_ms = clock_deadline_ms();

    while (process_descriptors(pid) && clock_tick(deadline_ms))
        ;
    CU_ASSERT_EQUAL(process_descriptors(pid), 0);
}

static bool open_clients(struct client *clients, size_t count, const struct server *server)
{
    for (size_t c = 0; c < count; c++)
        if (!client_open(&clients[c], server->port))
            return false;

    return true;
}

/* Reads the 1001, answers, and reads on to the end. Returns false if it does not come. */
static bool goes_away(struct client *client)
{
    struct received_frame frame;
    bool told = client_read_frame(client, &frame) == READ_OK && frame.opcode == OPCODE_CLOSE &&
                frame.bytes == 2 && !memcmp(frame.payload, GOING_AWAY, 2);

    if (told) {
        client_send_frame(client, FIN | OPCODE_CLOSE, GOING_AWAY, 2);
        told = client_read_frame(client, &frame) == READ_END;
    }
    client_close(client);

    return told;
}

/* Checks that all of them are told; one that is not is enough. */
static void check_going_away(struct client *clients, size_t count)
{
    bool told = true;

    for (size_t c = 0; c < count && told; c++)
        told = goes_away(&clients[c]);
    CU_ASSERT_TRUE(told);
}

static void check_gone(const struct pair *pair)
{
    for (int i = 0; i < 2; i++)
        CU_ASSERT_TRUE(kill(pair->pids[i], 0) == -1 && errno == ESRCH);
}

static size_t count_in(const char *text, const char *part)
{
    size_t count = 0;

    while ((text = strstr(text, part))) {
        text += strlen(part);
        count++;
    }

    return count;
}

/* Each of the two gets less than a quarter in 1 of 10^12 runs. */
static void connections_are_spread_over_the_workers(void)
{
    enum { MANY = 200, LEAST = 50 };
    static struct client clients[MANY];
    struct server server;
    struct pair pair;

    if (!start_two(&server, &pair, TWO_WORKERS))
        return;
    if (open_clients(clients, MANY, &server)) {
        size_t first = process_descriptors(pair.pids[0]) - pair.idle[0];
        size_t second = process_descriptors(pair.pids[1]) - pair.idle[1];

        CU_ASSERT_EQUAL(first + second, MANY);
        CU_ASSERT_TRUE(first >= LEAST && second >= LEAST);
        for (int c = 0; c < MANY; c++)
            check_echo(&clients[c], OPCODE_TEXT, "spread", 6, "spread");
        for (int c = 0; c < MANY; c++)
            client_say_goodbye(&clients[c]);
    }
    server_stop(&server);
    CU_ASSERT_STRING_EQUAL(server.text, "");
}

static void as_many_workers_run_as_are_asked_for(void)
{
    static const struct {
        const char *members;
        size_t workers;
    } rows[] = {
        {ON_FREE_PORT, 0},
        {ON_FREE_PORT ", \"workers\": 1", 0},
        {ON_FREE_PORT ", \"workers\": 2", 2},
        {ON_FREE_PORT ", \"workers\": 5", 5},
    };
    struct server server;
    pid_t pids[PIDS_MAX];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!server_start(&server, rows[i].members))
            return;
        CHECK_ROW(server_workers(&server, pids, PIDS_MAX) == rows[i].workers, rows[i].members);
        server_stop(&server);
    }
}

/* The supervisor holds a socket of each, and more than that. */
static void more_workers_run_than_descriptors_were_allowed_at_first(void)
{
    enum { FILES = 20, WORKERS = 16 };
    struct server server;
    struct rlimit ours;
    struct rlimit low;
    pid_t pids[WORKERS];
    bool started;

    getrlimit(RLIMIT_NOFILE, &ours);
    low = ours;
    low.rlim_cur = FILES;
    setrlimit(RLIMIT_NOFILE, &low);
    started = server_start(&server, ON_FREE_PORT ", \"workers\": 16");
    setrlimit(RLIMIT_NOFILE, &ours);
    if (!started)
        return;
    CU_ASSERT_EQUAL(server_workers(&server, pids, WORKERS), WORKERS);
    server_stop(&server);
}

static void auto_is_a_worker_for_each_processor(void)
{
    enum { MANY = 256 };
    static pid_t pids[MANY];
    struct server server;
    cpu_set_t all;
    cpu_set_t one;
    size_t processors;

    CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof(all), &all), 0);
    processors = (size_t)CPU_COUNT(&all);
    server_spawn(&server, (const char *const[]){"--workers", "auto", "--port", "0", NULL});
    CU_ASSERT_TRUE(server_wait_ready(&server));
    CU_ASSERT_EQUAL(server_workers(&server, pids, MANY), processors > 1 ? processors : 0);
    server_stop(&server);

    CPU_ZERO(&one);
    for (size_t i = 0; !CPU_COUNT(&one); i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &one);
    sched_setaffinity(0, sizeof(one), &one);
    server_spawn(&server, (const char *const[]){"--workers", "auto", "--port", "0", NULL});
    sched_setaffinity(0, sizeof(all), &all);
    CU_ASSERT_TRUE(server_wait_ready(&server));
    CU_ASSERT_EQUAL(server_workers(&server, pids, MANY), 0);
    server_stop(&server);
}

static void it_says_once_that_it_is_ready(void)
{
    struct server server;
    char rest[64];

    if (!server_start(&server, ON_FREE_PORT ", \"workers\": 4"))
        return;
    kill(server.pid, SIGTERM);
    CU_ASSERT_EQUAL(read(server.out, rest, sizeof(rest)), 0);
    CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
    CU_ASSERT_STRING_EQUAL(server.text, "");
}

/* Counts, by an echo that does not come, the clients that have ended; releases those. */
static size_t drop_ended(struct client *clients, size_t count)
{
    struct message message;
    size_t ended = 0;

    for (size_t c = 0; c < count; c++) {
        client_send_frame(&clients[c], FIN | OPCODE_TEXT, "alive", 5);
        if (client_read_message(&clients[c], &message) == READ_OK) {
            CU_ASSERT_EQUAL(message.bytes, 5);
            message_free(&message);
            client_say_goodbye(&clients[c]);
        } else {
            ended++;
            client_close(&clients[c]);
        }
    }

    return ended;
}

static void a_worker_that_dies_takes_only_its_connections_along(void)
{
    static const struct {
        const char *name;
        int signal;
        const char *says;
    } rows[] = {
        {"SIGKILL", SIGKILL, "was killed by SIGKILL; restarting it in 100 ms\n"},
        {"SIGABRT", SIGABRT, "was killed by SIGABRT; restarting it in 100 ms\n"},
#ifdef __SANITIZE_ADDRESS__
        {"SIGSEGV", SIGSEGV, "ended with exit status 1; restarting it in 100 ms\n"},
#else
        {"SIGSEGV", SIGSEGV, "was killed by SIGSEGV; restarting it in 100 ms\n"},
#endif
    };
    struct client clients[CLIENTS];
    struct server server;
    struct pair pair;
    size_t served;
    char line[128];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!start_two(&server, &pair, TWO_WORKERS) || !open_clients(clients, CLIENTS, &server))
            return;
        served = process_descriptors(pair.pids[1]) - pair.idle[1];

        CHECK_ROW(served > 0 && served < CLIENTS, rows[i].name);
        kill(pair.pids[1], rows[i].signal);
        wait_dead(pair.pids[1]);
        CHECK_ROW(drop_ended(clients, CLIENTS) == served, rows[i].name);
        CHECK_ROW(wait_successor(&server, &pair), rows[i].name);
        kill(server.pid, SIGTERM);
        CHECK_ROW(server_wait_exit(&server) == 0, rows[i].name);
        snprintf(line, sizeof(line), "lws-echo: worker 2 (pid %d) %s", (int)pair.pids[1],
                 rows[i].says);
        CHECK_ROW(strstr(server.text, line), server.text);
    }
}

/* The supervisor is halted, so that the worker stays dead while they arrive. */
static void connections_to_a_dead_worker_wait_for_its_successor(void)
{
    enum { MANY = 64, LEAST = 10 }; /* fewer of them arrive at it in 1 of 10^8 runs */
    struct client clients[MANY];
    char response[1024];
    struct server server;
    struct pair pair;
    pid_t successor;

    if (!start_two(&server, &pair, TWO_WORKERS))
        return;
    kill(server.pid, SIGSTOP);
    kill(pair.pids[0], SIGKILL);
    wait_dead(pair.pids[0]);
    for (int c = 0; c < MANY; c++) {
        if (!client_connect(&clients[c], server.port))
            return;
        client_send(&clients[c], HANDSHAKE, strlen(HANDSHAKE));
    }
    kill(server.pid, SIGCONT);
    for (int c = 0; c < MANY; c++) {
        CU_ASSERT_TRUE(client_request(&clients[c], "", response, sizeof(response)));
        CU_ASSERT_EQUAL(strncmp(response, "HTTP/1.1 101 ", 13), 0);
    }

    successor = wait_successor(&server, &pair);
    CU_ASSERT_TRUE(process_descriptors(successor) >= pair.idle[0] + LEAST);
    for (int c = 0; c < MANY; c++)
        client_say_goodbye(&clients[c]);
    server_stop(&server);
}

static bool is_readable(const struct client *client)
{
    struct pollfd readable = {.fd = client->fd, .events = POLLIN};

    return poll(&readable, 1, 0) == 1;
}

static void a_worker_that_is_stopped_alone_is_replaced(void)
{
    int64_t deadline_ms = clock_deadline_ms();
    struct client clients[CLIENTS];
    size_t open = CLIENTS;
    struct server server;
    struct pair pair;
    size_t others;

    if (!start_two(&server, &pair, TWO_WORKERS) || !open_clients(clients, CLIENTS, &server))
        return;
    others = process_descriptors(pair.pids[1]) - pair.idle[1];
    kill(pair.pids[0], SIGTERM);
    do
        for (size_t c = 0; c < open; c++)
            if (is_readable(&clients[c])) {
                check_going_away(&clients[c], 1);
                clients[c--] = clients[--open];
            }
    while (open > others && clock_tick(deadline_ms));

    CU_ASSERT_TRUE(wait_successor(&server, &pair));
    for (size_t c = 0; c < open; c++) {
        check_echo(&clients[c], OPCODE_TEXT, "of the other", 12, "of the other");
        client_say_goodbye(&clients[c]);
    }
    server_stop(&server);
    CU_ASSERT_PTR_NOT_NULL(strstr(server.text, " ended with exit status 0; restarting it"));
}

static void however_often_one_is_stopped_alone_it_is_no_failure(void)
{
    struct server server;
    struct pair pair;

    if (!start_two(&server, &pair, TWO_WORKERS))
        return;
    for (int i = 0; i < 8; i++) {
        kill(pair.pids[0], SIGTERM);
        pair.pids[0] = wait_successor(&server, &pair);
        CU_ASSERT_FATAL(pair.pids[0]);
    }
    server_stop(&server);
    CHECK_ROW(count_in(server.text, "exit status 0; restarting it in 100 ms\n") == 8, server.text);
}

/* Kills @count workers other than @survivor, each as soon as it is there. */
static void kill_successors(const struct server *server, pid_t survivor, unsigned count)
{
    int64_t deadline_ms = clock_deadline_ms();
    pid_t pids[PIDS_MAX];
    pid_t last = 0;

    do {
        size_t running = server_workers(server, pids, PIDS_MAX);

        for (size_t i = 0; i < running; i++)
            if (pids[i] != survivor && pids[i] != last) {
                last = pids[i];
                kill(last, SIGKILL);
                count--;
            }
    } while (count && clock_tick(deadline_ms));
    CU_ASSERT_EQUAL(count, 0);
}

static void it_gives_up_on_a_worker_that_fails_again_and_again(void)
{
    struct client client;
    struct server server;
    struct pair pair;
    int survivor;

    if (!start_two(&server, &pair, TWO_WORKERS) || !client_open(&client, server.port))
        return;
    survivor = process_descriptors(pair.pids[0]) > pair.idle[0] ? 0 : 1;

    kill_successors(&server, pair.pids[survivor], 7);
    check_going_away(&client, 1);
    CU_ASSERT_EQUAL(server_wait_exit(&server), 1);
    CHECK_ROW(count_in(server.text, "restarting it in ") == 6, server.text);
    CHECK_ROW(strstr(server.text, "restarting it in 100 ms\n") &&
                  strstr(server.text, "restarting it in 3200 ms\n"),
              server.text);
    CHECK_ROW(strstr(server.text, "was killed by SIGKILL; it has failed 7 times in a row; giving "
                                  "up and stopping all workers\n"),
              server.text);
    CHECK_ROW(count_in(server.text, "\n") == 7, server.text);
    check_gone(&pair);
}

static void a_stop_closes_the_connections_of_all_workers_with_1001(void)
{
    static const int signals[] = {SIGTERM, SIGINT};
    struct client clients[CLIENTS];
    struct server server;
    struct pair pair;

    for (size_t s = 0; s < 2; s++) {
        if (!start_two(&server, &pair, TWO_WORKERS) || !open_clients(clients, CLIENTS, &server))
            return;
        for (int i = 0; i < 2; i++)
            CU_ASSERT_TRUE(process_descriptors(pair.pids[i]) > pair.idle[i]);
        kill(server.pid, signals[s]);
        check_going_away(clients, CLIENTS);
        CU_ASSERT_FALSE(can_connect(server.port));
        CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
        CU_ASSERT_STRING_EQUAL(server.text, "");
        check_gone(&pair);
    }
}

/* Then each worker gets two, one of them from the supervisor. The second would cut the echoes. */
static void a_signal_to_the_whole_group_is_one_stop(void)
{
    struct stream stream;
    struct server server;
    struct client client;
    struct pair pair;

    if (!start_two(&server, &pair, TWO_WORKERS))
        return;
    if (client_open(&client, server.port)) {
        stream_init(&stream, &client, 1 << 20, 64);
        stream_push(&stream);
        kill(-server.pid, SIGINT);
        while (can_connect(server.port)) /* until the signals have been seen */
            ;
        for (int i = 0; i < 2; i++)
            kill(pair.pids[i], SIGTERM);
        CU_ASSERT_TRUE(stream_read_to_close(&stream));
        CU_ASSERT_PTR_NULL(stream.fault);
        client_send_frame(&client, FIN | OPCODE_CLOSE, GOING_AWAY, 2);
        client_close(&client);
    }
    CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
    CU_ASSERT_STRING_EQUAL(server.text, "");
    check_gone(&pair);
}

/* It does not wait for a worker that would be waited for after one signal, as in the next test. */
static void a_second_signal_ends_all_workers_at_once(void)
{
    struct server server;
    struct pair pair;

    if (!start_two(&server, &pair, TWO_WORKERS))
        return;
    kill(pair.pids[0], SIGSTOP);
    kill(server.pid, SIGTERM);
    wait_dead(pair.pids[1]); /* the first has been seen */
    kill(server.pid, SIGTERM);
    CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
    CU_ASSERT_STRING_EQUAL(server.text, "");
    check_gone(&pair);
}

static void a_worker_that_hangs_is_killed_in_the_end(void)
{
    struct server server;
    struct pair pair;

    if (!start_two(&server, &pair, TWO_WORKERS))
        return;
    kill(pair.pids[0], SIGSTOP);
    kill(server.pid, SIGTERM);
    CU_ASSERT_EQUAL(server_wait_exit(&server), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        server.text, " error: lws-echo: workers did not stop in time (1 of 2); killing them\n"));
    check_gone(&pair);
}

/* A service manager's watchdog decides how soon. */
static void a_worker_that_hangs_is_replaced(void)
{
    struct client clients[CLIENTS];
    struct server server;
    struct pair pair;
    size_t served;
    char line[80];

    setenv("WATCHDOG_USEC", "1000000", 1);
    if (start_two(&server, &pair, TWO_WORKERS) && open_clients(clients, CLIENTS, &server)) {
        served = process_descriptors(pair.pids[1]) - pair.idle[1];
        kill(pair.pids[1], SIGSTOP);
        CU_ASSERT_NOT_EQUAL(wait_successor(&server, &pair), 0);
        CU_ASSERT_EQUAL(drop_ended(clients, CLIENTS), served);
        kill(server.pid, SIGTERM);
        CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
        snprintf(line, sizeof(line),
                 " error: lws-echo: worker 2 (pid %d) does not respond; killing it\n",
                 (int)pair.pids[1]);
        CU_ASSERT_PTR_NOT_NULL(strstr(server.text, line));
    }
    unsetenv("WATCHDOG_USEC");
}

/* The workers become this process' children when their supervisor has gone. */
static void without_their_supervisor_workers_stop(void)
{
    struct client clients[CLIENTS];
    struct server server;
    struct pair pair;
    int end;

    if (!start_two(&server, &pair, TWO_WORKERS) || !open_clients(clients, CLIENTS, &server))
        return;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    kill(server.pid, SIGKILL);
    check_going_away(clients, CLIENTS);
    for (int i = 0; i < 2; i++) {
        int64_t deadline_ms = clock_deadline_ms();
        pid_t ended;

        do
            ended = waitpid(pair.pids[i], &end, WNOHANG);
        while (ended != pair.pids[i] && clock_tick(deadline_ms));
        CU_ASSERT_EQUAL(ended, pair.pids[i]);
        CU_ASSERT_EQUAL(end, 0);
        kill(pair.pids[i], SIGKILL); /* no test is to leave it behind */
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    CU_ASSERT_EQUAL(server_wait_exit(&server), -1);
    CU_ASSERT_FALSE(can_connect(server.port));
}

static void all_workers_show_the_same_self_signed_certificate(void)
{
    struct server server;
    struct client client;
    struct pair pair;
    X509 *first = NULL;

    if (!start_two(&server, &pair, TWO_WORKERS ", \"tls\": \"self-signed\""))
        return;
    for (int c = 0; c < CLIENTS && client_open_tls(&client, server.port); c++) {
        X509 *cert = SSL_get1_peer_certificate(client.ssl);

        if (first) {
            CU_ASSERT_EQUAL(X509_cmp(cert, first), 0);
            X509_free(cert);
        } else {
            first = cert;
        }
        check_echo(&client, OPCODE_TEXT, "wss", 3, "wss");
        client_say_goodbye(&client);
    }
    X509_free(first);
    server_stop(&server);
}

static void a_taken_port_is_not_shared_with_another_server(void)
{
    static const struct {
        const char *name;
        const char *first;
        const char *second;
    } rows[] = {
        {"workers, then workers", "2", "2"},
        {"workers, then one", "2", "1"},
        {"one, then workers", "1", "2"},
    };
    struct server first;
    struct server second;
    char expected[128];
    char members[80];
    char port[8];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(members, sizeof(members), "\"port\": 0, \"workers\": %s", rows[i].first);
        if (!server_start(&first, members))
            return;
        snprintf(port, sizeof(port), "%u", first.port);
        server_spawn(&second,
                     (const char *const[]){"--workers", rows[i].second, "--port", port, NULL});
        CHECK_ROW(!server_wait_ready(&second), rows[i].name);
        CHECK_ROW(server_wait_exit(&second) == 1, rows[i].name);
        snprintf(expected, sizeof(expected),
                 "lws-echo: cannot listen on all interfaces, port %s: Address already in use\n",
                 port);
        CHECK_ROW(!strcmp(second.text, expected), second.text);
        server_stop(&first);
    }
}

static CU_TestInfo tests[] = {
    TEST(connections_are_spread_over_the_workers),
    TEST(as_many_workers_run_as_are_asked_for),
    TEST(more_workers_run_than_descriptors_were_allowed_at_first),
    TEST(auto_is_a_worker_for_each_processor),
    TEST(it_says_once_that_it_is_ready),
    TEST(a_worker_that_dies_takes_only_its_connections_along),
    TEST(connections_to_a_dead_worker_wait_for_its_successor),
    TEST(a_worker_that_is_stopped_alone_is_replaced),
    TEST(however_often_one_is_stopped_alone_it_is_no_failure),
    TEST(it_gives_up_on_a_worker_that_fails_again_and_again),
    TEST(a_stop_closes_the_connections_of_all_workers_with_1001),
    TEST(a_signal_to_the_whole_group_is_one_stop),
    TEST(a_second_signal_ends_all_workers_at_once),
    TEST(a_worker_that_hangs_is_killed_in_the_end),
    TEST(a_worker_that_hangs_is_replaced),
    TEST(without_their_supervisor_workers_stop),
    TEST(all_workers_show_the_same_self_signed_certificate),
    TEST(a_taken_port_is_not_shared_with_another_server),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"workers", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
