#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The real binary, started on a free port of the loopback interface: this build's, or the one that
 * the environment variable LWS_ECHO names.
 */
struct server {
    pid_t pid; /* of the started program; see server_serving() */
    uint16_t port;
    int out;          /* its standard output */
    int err;          /* and standard error */
    char text[65536]; /* its standard error, as far as it has been read */
    char config_file[64];
};

/* The members that every test's configuration begins with. */
#define ON_FREE_PORT "\"address\": \"127.0.0.1\", \"port\": 0"

/**
 * Says whether the tests run against the plugin in lwsws, started by the stand-in that LWS_ECHO
 * then names. lwsws reads 8 KiB at a time whatever "rx-buffer" says, and also checks UTF-8 itself.
 */
bool server_is_lwsws(void);

/**
 * Starts the app with the members @members in its configuration and waits until it is ready.
 *
 * Returns false, and fails the running test, when it does not become ready.
 */
bool server_start(struct server *server, const char *members);

/** Starts the app with the arguments in @argv (after its name, NULL at the end); does not wait. */
void server_spawn(struct server *server, const char *const *argv);

/** The same through the shell commands @shell, in which "$0" "$@" are the app and its arguments. */
void server_spawn_in_shell(struct server *server, const char *shell, const char *const *argv);

/** Waits for the ready line and reads the port from it, which is 0 for a unix socket. */
bool server_wait_ready(struct server *server);

/** Reads the port of "admin" from the next line of its standard output. */
uint16_t server_admin_port(struct server *server);

/** Reads one line of its standard output, without the line end. Returns false if none comes. */
bool server_read_line(struct server *server, char *line, size_t size);

/** Writes @members as the configuration that it reads on SIGHUP. */
void server_rewrite(const struct server *server, const char *members);

/** Adds to server->text what comes next on standard error. Returns false at its end or on timeout.
 */
bool server_hear(struct server *server);

/** Reads standard error until @text has come. Fails the test if it does not come. */
bool server_wait_said(struct server *server, const char *text);

/** Waits until the app ends by itself and returns its exit status, or -1 if it does not. */
int server_wait_exit(struct server *server);

/**
 * Sends SIGTERM and waits for the end.
 *
 * Returns false, and fails the running test, unless the app exits with 0 and no sanitizer
 * complained.
 */
bool server_stop(struct server *server);

/** Returns the process that serves: the started program, or the child of lwsws. */
pid_t server_serving(const struct server *server);

/**
 * Returns a figure in bytes from /proc/PID/status, such as "VmRSS", which some kernels update in
 * steps of 64 pages, or "Rss", which is exact. Returns 0 if ECHO_VALGRIND is in the environment, as
 * most of the memory would be valgrind's.
 */
uint64_t server_memory(const struct server *server, const char *what);

/** Returns how many file descriptors it holds. */
size_t server_descriptors(const struct server *server);

/** The same for any process; 0 if it has ended. */
size_t process_descriptors(pid_t pid);

/** Writes the pids of its workers to @pids, in the order of their start, and returns their count.
 */
size_t server_workers(const struct server *server, pid_t *pids, size_t max);

/** Resets "VmHWM" to the current "VmRSS". */
void server_reset_peak(const struct server *server);

/** Writes @content to a new temporary file and its name to @name. */
void write_temporary(char name[64], const char *content);

/* Defines the server that a suite's tests share, and the suite's start() and stop() for it. */
#define SUITE_SERVER(members)                                                                      \
    static struct server server;                                                                   \
                                                                                                   \
    static int start(void)                                                                         \
    {                                                                                              \
        return server_start(&server, members) ? 0 : 1;                                             \
    }                                                                                              \
                                                                                                   \
    static int stop(void)                                                                          \
    {                                                                                              \
        return server_stop(&server) ? 0 : 1;                                                       \
    }
