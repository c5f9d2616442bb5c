#include "server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "runner.h"

void write_temporary(char name[64], const char *content)
{
    int fd;

    snprintf(name, 64, "/tmp/lws-echo-test-XXXXXX");
    fd = mkstemp(name);
    if (fd < 0 || write(fd, content, strlen(content)) != (ssize_t)strlen(content)) {
        perror("temporary file");
        exit(EXIT_FAILURE);
    }
    close(fd);
}

#define ARGUMENTS_MAX 16

static void become_app(const char *shell, const char *const *argv, int out, int err)
{
    const char *other = getenv("LWS_ECHO");
    const char *full[ARGUMENTS_MAX + 1] = {"/bin/sh", "-c", shell};
    int count = shell ? 3 : 0;

    full[count++] = other ? other : ECHO_APP;
    for (int i = 0; argv[i] && count < ARGUMENTS_MAX; i++)
        full[count++] = argv[i];
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    setpgid(0, 0);                    /* a test may signal the whole group, as a terminal does */
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a killed test leaves no server behind */
    /* freed memory that the sanitizer keeps would look like growth */
    setenv("ASAN_OPTIONS", "quarantine_size_mb=1:detect_leaks=1", 1);
    execv(full[0], (char *const *)full);
    perror(full[0]);
    _exit(127);
}

/* CUnit counts assertions only in tests; a suite's start and stop report by their return values. */
static bool check(bool holds)
{
    if (CU_get_current_test())
        CU_ASSERT_TRUE(holds);

    return holds;
}

void server_spawn_in_shell(struct server *server, const char *shell, const char *const *argv)
{
    int out[2];
    int err[2];

    memset(server, 0, sizeof(*server));
    if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) {
        perror("pipe");
        exit(EXIT_FAILURE);
    }
    fflush(NULL);
    server->pid = fork();
    if (!server->pid)
        become_app(shell, argv, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    server->out = out[0];
    server->err = err[0];
}

void server_spawn(struct server *server, const char *const *argv)
{
    server_spawn_in_shell(server, NULL, argv);
}

bool server_read_line(struct server *server, char *line, size_t size)
{
    int64_t deadline_ms = clock_deadline_ms();
    size_t used = 0;

    while (used < size - 1) {
        struct pollfd readable = {.fd = server->out, .events = POLLIN};

        if (poll(&readable, 1, (int)(deadline_ms - clock_ms())) <= 0 ||
            read(server->out, line + used, 1) != 1)
            return false;
        if (line[used] == '\n')
            break;
        used++;
    }
    line[used] = '\0';

    return true;
}

#define READY "lws-echo is ready: open "

bool server_wait_ready(struct server *server)
{
    char line[256];

    if (!server_read_line(server, line, sizeof(line)) || strncmp(line, READY, strlen(READY)) != 0)
        return false;
    if (!strncmp(line + strlen(READY), "unix:/", 6))
        return true;
    server->port = (uint16_t)strtoul(strrchr(line, ':') + 1, NULL, 10);

    return server->port != 0;
}

uint16_t server_admin_port(struct server *server)
{
    char line[256] = "";

    CU_ASSERT_TRUE(server_read_line(server, line, sizeof(line)));
    CHECK_ROW(!strncmp(line, "lws-echo has health and metrics at http://127.0.0.1:", 52), line);

    return (uint16_t)strtoul(strrchr(line, ':') + 1, NULL, 10);
}

void server_rewrite(const struct server *server, const char *members)
{
    FILE *file = fopen(server->config_file, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fprintf(file, "{ %s }", members);
    fclose(file);
}

bool server_start(struct server *server, const char *members)
{
    char config[4096];
    char name[64];
    bool ready;

    snprintf(config, sizeof(config), "{ %s }", members);
    write_temporary(name, config);
    server_spawn(server, (const char *const[]){"-c", name, NULL});
    memcpy(server->config_file, name, sizeof(name));
    ready = check(server_wait_ready(server));
    if (!ready) {
        kill(server->pid, SIGKILL);
        server_wait_exit(server);
        fprintf(stderr, "not ready with %s: %s\n", config, server->text);
    }

    return ready;
}

/* Reads some of standard error. Returns false at its end, or when there is no room. */
static bool read_some(struct server *server)
{
    size_t used = strlen(server->text);
    ssize_t got = read(server->err, server->text + used, sizeof(server->text) - 1 - used);

    if (got > 0)
        server->text[used + (size_t)got] = '\0';

    return got > 0;
}

bool server_hear(struct server *server)
{
    struct pollfd readable = {.fd = server->err, .events = POLLIN};

    return poll(&readable, 1, clock_patience_ms()) > 0 && read_some(server);
}

bool server_wait_said(struct server *server, const char *text)
{
    while (!strstr(server->text, text))
        if (!server_hear(server)) {
            fprintf(stderr, "not said: %s; but: %s\n", text, server->text);
            return check(false);
        }

    return check(true);
}

static void read_rest(struct server *server)
{
    while (read_some(server))
        ;
    close(server->out);
    close(server->err);
}

int server_wait_exit(struct server *server)
{
    int64_t deadline_ms = clock_deadline_ms();
    int status;

    while (waitpid(server->pid, &status, WNOHANG) == 0) {
        if (!clock_tick(deadline_ms)) {
            kill(server->pid, SIGKILL);
            waitpid(server->pid, &status, 0);
            status = -1;
            break;
        }
    }
    read_rest(server);
    if (server->config_file[0])
        unlink(server->config_file);

    return status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool server_stop(struct server *server)
{
    bool clean;
    int status;

    kill(server->pid, SIGTERM);
    status = server_wait_exit(server);
    clean = !status && !strstr(server->text, "ERROR: ") && !strstr(server->text, "runtime error");
    if (!clean)
        fprintf(stderr, "exit status %d: %s\n", status, server->text);

    return check(clean);
}

/* Writes up to @max pids of the children of a process to @pids, and returns their count. */
static size_t children_of(pid_t pid, pid_t *pids, size_t max)
{
    char list[4096] = "";
    char *rest = list;
    char name[64];
    size_t count = 0;
    FILE *children;
    char *end;

    snprintf(name, sizeof(name), "/proc/%d/task/%d/children", (int)pid, (int)pid);
    children = fopen(name, "r");
    if (children && !fgets(list, sizeof(list), children))
        list[0] = '\0';
    if (children)
        fclose(children);

    for (; count < max; count++) {
        pids[count] = (pid_t)strtol(rest, &end, 10);
        if (end == rest)
            break;
        rest = end;
    }

    return count;
}

bool server_is_lwsws(void)
{
    return getenv("LWSWS") != NULL;
}

pid_t server_serving(const struct server *server)
{
    pid_t pid = server->pid;
    pid_t child;

    if (server_is_lwsws()) /* the stand-in runs lwsws, whose child serves */
        while (children_of(pid, &child, 1))
            pid = child;

    return pid;
}

uint64_t server_memory(const struct server *server, const char *what)
{
    char line[256];
    uint64_t kibibytes = 0;
    FILE *status;

    if (getenv("ECHO_VALGRIND"))
        return 0;
    snprintf(line, sizeof(line), "/proc/%d/%s", (int)server_serving(server),
             strncmp(what, "Vm", 2) ? "smaps_rollup" : "status");
    status = fopen(line, "r");
    while (status && fgets(line, sizeof(line), status))
        if (!strncmp(line, what, strlen(what)) && line[strlen(what)] == ':')
            kibibytes = strtoull(line + strlen(what) + 1, NULL, 10);
    if (status)
        fclose(status);
    CU_ASSERT_NOT_EQUAL(kibibytes, 0);

    return kibibytes * 1024;
}

size_t process_descriptors(pid_t pid)
{
    char name[64];
    const struct dirent *entry;
    size_t count = 0;
    DIR *directory;

    snprintf(name, sizeof(name), "/proc/%d/fd", (int)pid);
    directory = opendir(name);
    while (directory && (entry = readdir(directory)))
        count += entry->d_name[0] != '.';
    if (directory)
        closedir(directory);

    return count;
}

size_t server_descriptors(const struct server *server)
{
    size_t count = process_descriptors(server_serving(server));

    CU_ASSERT_NOT_EQUAL(count, 0);

    return count;
}

size_t server_workers(const struct server *server, pid_t *pids, size_t max)
{
    return children_of(server->pid, pids, max);
}

void server_reset_peak(const struct server *server)
{
    char name[64];
    FILE *refs;

    snprintf(name, sizeof(name), "/proc/%d/clear_refs", (int)server_serving(server));
    refs = fopen(name, "w");
    CU_ASSERT_PTR_NOT_NULL(refs);
    if (refs) {
        fputs("5", refs);
        fclose(refs);
    }
}
