#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "clock.h"
#include "files.h"

#define EVENTS_MAX 512

/* Handshakes at a time: more would only fill the server's backlog. */
#define OPENING_MAX 64

/* How often to check whether the server is silent. */
#define LOOK_MS 500

static int no_memory(void)
{
    fputs("echo-load: no memory\n", stderr);

    return -1;
}

static int check_room(size_t room)
{
    size_t files = files_raise_limit();

    if (room + FILES_OTHER <= files)
        return 0;
    fprintf(stderr,
            "echo-load: %zu connections do not fit: this process may open %zu files, which leaves "
            "%zu (ulimit -Hn)\n",
            room, files, files > FILES_OTHER ? files - FILES_OTHER : 0);

    return -1;
}

static int allocate(struct load *load, size_t room)
{
    uint64_t ring = 1;

    while (ring < load->arguments->in_flight)
        ring *= 2;
    load->stamp_mask = ring - 1;
    load->room = room;
    load->connections = calloc(room, sizeof(*load->connections));
    load->stamps = calloc(room * ring, sizeof(*load->stamps));
    load->input = malloc(LOAD_INPUT_BYTES);
    if (!load->connections || !load->stamps || !load->input)
        return -1;
    for (size_t i = 0; i < room; i++) {
        load->connections[i].index = (unsigned)i;
        load->connections[i].stamps = load->stamps + i * ring;
    }

    return 0;
}

static int load_init(struct load *load, const struct arguments *arguments,
                     const struct load_mode *mode, size_t room)
{
    memset(load, 0, sizeof(*load));
    load->arguments = arguments;
    load->mode = mode;
    histogram_init(&load->latency);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load->epoll < 0) {
        perror("echo-load: epoll");
        return -1;
    }
    if (check_room(room) || cpu_init(&load->cpu, arguments->servers, arguments->server_count))
        return -1;
    if (handshake_init(&load->handshake, arguments)) {
        fputs("echo-load: the path or the subprotocol is too long\n", stderr);
        return -1;
    }
    if (arguments->tls && !(load->tls = transport_tls()))
        return no_memory();
    if (allocate(load, room) ||
        frames_init(&load->frames, arguments->type, arguments->size_bytes, arguments->in_flight,
                    arguments->compress) ||
        receiver_rules_init(&load->rules, &load->frames, arguments->raw, arguments->compress))
        return no_memory();
    load->heard_ns = clock_ns();

    return 0;
}

static void load_fini(struct load *load)
{
    for (size_t i = 0; load->connections && i < load->room; i++)
        if (load->connections[i].state != CONNECTION_NONE)
            connection_drop(&load->connections[i]);
    if (load->epoll >= 0)
        close(load->epoll);
    receiver_rules_fini(&load->rules);
    frames_fini(&load->frames);
    SSL_CTX_free(load->tls);
    free(load->connections);
    free(load->stamps);
    free(load->input);
}

/* Says what @connection waits for. Returns whether it waits for anything. */
static bool report_missing(const struct load *load, const struct connection *connection)
{
    const struct receiver *receiver = &connection->receiver;
    const char *missing = NULL;

    switch (connection->state) {
    case CONNECTION_NONE:
        break;
    case CONNECTION_CONNECTING:
        missing = "it is not connected";
        break;
    case CONNECTION_SECURING:
        missing = "its TLS handshake is not complete";
        break;
    case CONNECTION_UPGRADING:
        missing = "its opening handshake is not answered";
        break;
    case CONNECTION_CLOSING:
        missing = connection->closed ? "its end" : "its Close is not answered";
        break;
    case CONNECTION_OPEN:
        break;
    }
    if (missing)
        fprintf(stderr, "echo-load: connection %u: nothing came for %g s: %s\n", connection->index,
                load->arguments->patience_s, missing);
    else if (connection_outstanding(connection))
        fprintf(stderr,
                "echo-load: connection %u: nothing came for %g s: message %" PRIu64
                " is missing from byte %zu on, and %" PRIu64 " were to be sent\n",
                connection->index, load->arguments->patience_s, receiver->received, receiver->place,
                connection->released);

    return missing || connection_outstanding(connection);
}

/* Returns -1 if a connection has waited in vain for too long. */
static int check_patience(struct load *load)
{
    if (load->heard) {
        load->heard = false;
        load->heard_ns = load->now_ns;
    }
    if (load->now_ns - load->heard_ns <= clock_ns_of_seconds(load->arguments->patience_s))
        return 0;
    load->heard_ns = load->now_ns;
    for (size_t i = 0; i < load->room; i++)
        if (report_missing(load, &load->connections[i]))
            return -1;

    return 0;
}

static int wait_ms(uint64_t until_ns)
{
    uint64_t now_ns = clock_ns();

    if (until_ns <= now_ns)
        return 0;
    if (until_ns - now_ns >= (uint64_t)LOOK_MS * NS_A_MILLISECOND)
        return LOOK_MS;

    return (int)((until_ns - now_ns + NS_A_MILLISECOND - 1) / NS_A_MILLISECOND);
}

int load_step(struct load *load, uint64_t until_ns)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(load->epoll, events, EVENTS_MAX, wait_ms(until_ns));

    if (count < 0 && errno != EINTR) {
        perror("echo-load: epoll");
        return -1;
    }
    load->now_ns = clock_ns();
    for (int i = 0; i < count; i++) {
        struct connection *connection = events[i].data.ptr;

        if (!connection)
            load->command_waits = true;
        else if (connection_event(load, connection, events[i].events))
            return -1;
    }

    return check_patience(load);
}

int load_step_for(struct load *load, double seconds)
{
    uint64_t until_ns = clock_ns() + clock_ns_of_seconds(seconds);

    do
        if (load_step(load, until_ns))
            return -1;
    while (load->now_ns < until_ns);

    return 0;
}

int load_open(struct load *load, size_t count)
{
    load->heard_ns = clock_ns();
    while (load->open < count) {
        while (load->begun < count && load->opening < OPENING_MAX)
            if (connection_begin(load, &load->connections[load->begun++]))
                return -1;
        if (load_step(load, UINT64_MAX))
            return -1;
    }

    return 0;
}

/* Says whether a message, a handshake or a Close is on the way. */
static bool is_busy(const struct load *load)
{
    for (size_t i = 0; i < load->room; i++) {
        const struct connection *connection = &load->connections[i];

        if (connection->state != CONNECTION_NONE &&
            (connection->state != CONNECTION_OPEN || connection_outstanding(connection)))
            return true;
    }

    return false;
}

int load_drain(struct load *load)
{
    load->budget = 0;
    while (is_busy(load))
        if (load_step(load, UINT64_MAX))
            return -1;

    return 0;
}

void load_count(struct load *load, const struct connection *connection, uint64_t messages,
                uint64_t now_ns)
{
    uint64_t end = connection->receiver.received;
    uint64_t first = end - messages;
    uint64_t next;

    load->done += messages;
    /* those that were released together are counted together */
    for (; load->measuring && first < end; first = next) {
        uint64_t stamp = connection->stamps[first & load->stamp_mask];

        next = first + 1;
        while (next < end && connection->stamps[next & load->stamp_mask] == stamp)
            next++;
        histogram_record(&load->latency, now_ns - stamp, next - first);
    }
}

uint64_t load_spend(struct load *load, uint64_t count)
{
    uint64_t spent = count < load->budget ? count : load->budget;

    if (load->budget != LOAD_UNLIMITED)
        load->budget -= spent;

    return spent;
}

int load_run(const struct arguments *arguments, const struct load_mode *mode, size_t room,
             int (*work)(struct load *load))
{
    struct load load;
    int result = load_init(&load, arguments, mode, room);

    if (!result)
        result = work(&load);
    load_fini(&load);

    return result;
}
