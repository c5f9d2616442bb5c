#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "files.h"
#include "load.h"
#include "modes.h"
#include "report.h"
#include "window.h"

#define LINE_MAX_BYTES 64

/* What has come on standard input. */
struct commands {
    char text[LINE_MAX_BYTES];
    size_t bytes;
    unsigned line;
    bool ended;
};

static int opened(struct load *load, struct connection *connection)
{
    (void)load;
    (void)connection;

    return 0;
}

/* Each connection sends its quota, one message at a time. */
static int came(struct load *load, struct connection *connection, uint64_t messages)
{
    load->done += messages;
    if (connection->released == connection->quota)
        return 0;

    return connection_release(load, connection, 1, load->now_ns);
}

static int ended(struct load *load, struct connection *connection)
{
    connection_drop(connection);
    load->open--;

    return 0;
}

static const struct load_mode mode = {.opened = opened, .came = came, .ended = ended};

static int open_up_to(struct load *load, uint64_t count)
{
    struct window window;
    size_t before = load->open;

    if (count > load->room) {
        fprintf(stderr, "echo-load: %llu connections do not fit: %zu do (ulimit -Hn)\n",
                (unsigned long long)count, load->room);
        return -1;
    }
    if (window_begin(&window, load) || load_open(load, count) || window_end(&window, load))
        return -1;

    return report_print_open(load, &window, load->open - before);
}

static int echo_on_all(struct load *load, uint64_t count)
{
    uint64_t wanted = load->done + count * load->open;

    load->heard_ns = clock_ns();
    load->now_ns = load->heard_ns;
    for (size_t i = 0; i < load->open && count; i++) {
        struct connection *connection = &load->connections[i];

        connection->quota = connection->released + count;
        if (connection_release(load, connection, 1, load->now_ns))
            return -1;
    }
    while (load->done < wanted)
        if (load_step(load, UINT64_MAX))
            return -1;

    return report_print_echoed(count * load->open);
}

/* Waits until the server has closed all connections with @code. */
static int be_closed(struct load *load, uint64_t code)
{
    size_t count = load->open;
    uint64_t pings = UINT64_MAX;

    for (size_t i = 0; i < count; i++)
        if (load->connections[i].pings < pings)
            pings = load->connections[i].pings;
    load->farewell = (unsigned)code;
    if (report_print_awaiting(count, pings))
        return -1;

    load->heard_ns = clock_ns();
    while (load->open)
        if (load_step(load, UINT64_MAX))
            return -1;

    return report_print_closed(count);
}

/* Reads a number that ends the line. Returns 0 or -1. */
static int read_count(const char *text, uint64_t *count)
{
    char *end;

    errno = 0;
    *count = strtoull(text, &end, 10);

    return isdigit((unsigned char)*text) && !*end && !errno ? 0 : -1;
}

static int act(struct load *load, const char *line, unsigned number)
{
    static const char echo[] = "echo ";
    static const char closed[] = "closed ";
    uint64_t count;

    if (!read_count(line, &count))
        return open_up_to(load, count);
    if (!strncmp(line, echo, sizeof(echo) - 1) && !read_count(line + sizeof(echo) - 1, &count) &&
        count <= UINT32_MAX)
        return echo_on_all(load, count);
    if (!strncmp(line, closed, sizeof(closed) - 1) &&
        !read_count(line + sizeof(closed) - 1, &count) && count <= UINT16_MAX)
        return be_closed(load, count);
    fprintf(stderr,
            "echo-load: standard input: line %u: \"%s\" is not a number of connections, \"echo N\" "
            "or \"closed CODE\"\n",
            number, line);

    return -1;
}

/* Takes a line from the input. Returns whether there was one. */
static bool take_line(struct commands *commands, char line[LINE_MAX_BYTES])
{
    char *end = memchr(commands->text, '\n', commands->bytes);
    size_t bytes = end ? (size_t)(end - commands->text) : commands->bytes;

    if (!end && !(commands->ended && bytes) && bytes < LINE_MAX_BYTES - 1)
        return false;
    memcpy(line, commands->text, bytes);
    line[bytes] = '\0';
    bytes += end != NULL;
    commands->bytes -= bytes;
    memmove(commands->text, commands->text + bytes, commands->bytes);
    commands->line++;

    return true;
}

/* Waits for more on standard input while serving the connections. Returns 0 or -1. */
static int read_more(struct load *load, struct commands *commands, bool is_watched)
{
    ssize_t got;

    load->command_waits = !is_watched;
    while (!load->command_waits)
        if (load_step(load, UINT64_MAX))
            return -1;
    /* room for a terminating zero: a line of this length is taken before more is read */
    got =
        read(STDIN_FILENO, commands->text + commands->bytes, LINE_MAX_BYTES - 1 - commands->bytes);
    if (got < 0) {
        perror("echo-load: standard input");
        return -1;
    }
    commands->bytes += (size_t)got;
    commands->ended = !got;

    return 0;
}

static int obey(struct load *load)
{
    struct epoll_event event = {.events = EPOLLIN};
    struct commands commands = {0};
    char line[LINE_MAX_BYTES];
    /* epoll cannot watch a regular file, which is always readable */
    bool is_watched = !epoll_ctl(load->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event);

    while (!commands.ended) {
        if (read_more(load, &commands, is_watched))
            return -1;
        while (take_line(&commands, line))
            if (act(load, line, commands.line))
                return -1;
    }

    return 0;
}

int hold(const struct arguments *arguments)
{
    size_t files = files_raise_limit();

    return load_run(arguments, &mode, files > FILES_OTHER ? files - FILES_OTHER : 0, obey);
}
