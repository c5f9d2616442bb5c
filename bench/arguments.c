#include "arguments.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN 24

/* A day: longer than anybody measures. */
#define SECONDS_MAX 86400

#define CONNECTIONS_MAX 1000000
#define IN_FLIGHT_MAX 65536
#define SIZE_MAX_BYTES 67108864
#define MESSAGES_MAX 1000000000000
#define PID_LIMIT 4194304 /* the largest kernel.pid_max */

/* A flag: takes its value, and returns 0, or -1 after saying on standard error what is wrong. */
struct flag {
    const char *name;
    const char *value; /* what the value is called, or NULL for none */
    const char *help;
    int (*take)(struct arguments *arguments, const struct flag *flag, const char *value);
    size_t offset; /* of the field in struct arguments */
    uint64_t min;  /* for numbers */
    uint64_t max;
    enum arguments_action action;
};

static void *field(struct arguments *arguments, const struct flag *flag)
{
    return (char *)arguments + flag->offset;
}

/* Returns 0, or -1 after saying what is wrong. */
static int read_number(const struct flag *flag, const char *value, uint64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoull(value, &end, 10);
    if (*value >= '0' && *value <= '9' && !*end && !errno && *number >= flag->min &&
        *number <= flag->max)
        return 0;
    fprintf(stderr, "echo-load: --%s: \"%s\" is not a number from %" PRIu64 " to %" PRIu64 "\n",
            flag->name, value, flag->min, flag->max);

    return -1;
}

static int take_number(struct arguments *arguments, const struct flag *flag, const char *value)
{
    return read_number(flag, value, field(arguments, flag));
}

static int take_seconds(struct arguments *arguments, const struct flag *flag, const char *value)
{
    double *seconds = field(arguments, flag);
    char *end;

    *seconds = strtod(value, &end);
    if (end != value && !*end && isfinite(*seconds) && *seconds >= 0 && *seconds <= SECONDS_MAX)
        return 0;
    fprintf(stderr, "echo-load: --%s: \"%s\" is not a number of seconds from 0 to %d\n", flag->name,
            value, SECONDS_MAX);

    return -1;
}

static int take_text(struct arguments *arguments, const struct flag *flag, const char *value)
{
    const char **text = field(arguments, flag);

    *text = value;
    if (*value && !strpbrk(value, " \t\r\n"))
        return 0;
    fprintf(stderr, "echo-load: --%s: \"%s\" is empty or has a space in it\n", flag->name, value);

    return -1;
}

static int take_switch(struct arguments *arguments, const struct flag *flag, const char *value)
{
    bool *on = field(arguments, flag);

    (void)value;
    *on = true;

    return 0;
}

static int take_action(struct arguments *arguments, const struct flag *flag, const char *value)
{
    (void)value;
    if (arguments->action != ARGUMENTS_LOAD && arguments->action != flag->action) {
        fputs("echo-load: --churn and --hold exclude each other\n", stderr);
        return -1;
    }
    arguments->action = flag->action;

    return 0;
}

static int take_type(struct arguments *arguments, const struct flag *flag, const char *value)
{
    static const char *const names[] = {
        [PAYLOAD_BINARY] = "binary", [PAYLOAD_ASCII] = "ascii", [PAYLOAD_MULTIBYTE] = "multibyte"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) != 0)
            continue;
        arguments->type = (enum payload_type)i;
        return 0;
    }
    fprintf(stderr, "echo-load: --%s: \"%s\" is not one of binary, ascii, multibyte\n", flag->name,
            value);

    return -1;
}

static int take_server(struct arguments *arguments, const struct flag *flag, const char *value)
{
    uint64_t pid;

    if (read_number(flag, value, &pid))
        return -1;
    if (arguments->server_count == ARGUMENTS_SERVERS_MAX) {
        fprintf(stderr, "echo-load: --%s: given more than %d times\n", flag->name,
                ARGUMENTS_SERVERS_MAX);
        return -1;
    }
    arguments->servers[arguments->server_count++] = (pid_t)pid;

    return 0;
}

static int take_help(struct arguments *arguments, const struct flag *flag, const char *value);

#define FIELD(name) offsetof(struct arguments, name)

static const struct flag flags[] = {
    {.name = "path",
     .value = "PATH",
     .help = "URL path of the server (default /ws)",
     .take = take_text,
     .offset = FIELD(path)},
    {.name = "subprotocol",
     .value = "NAME",
     .help = "offer this subprotocol and require it",
     .take = take_text,
     .offset = FIELD(subprotocol)},
    {.name = "tls",
     .help = "wss; the certificate is not checked",
     .take = take_switch,
     .offset = FIELD(tls)},
    {.name = "raw",
     .help = "no handshake: expect exactly the bytes of the frames back over TCP",
     .take = take_switch,
     .offset = FIELD(raw)},
    {.name = "compress",
     .help = "permessage-deflate: every message compressed on its own",
     .take = take_switch,
     .offset = FIELD(compress)},
    {.name = "type",
     .value = "TYPE",
     .help = "binary (default), ascii, or multibyte (text of 2 to 4 bytes a character)",
     .take = take_type},
    {.name = "size",
     .value = "BYTES",
     .help = "size of a message, up to 64 MiB (default 64)",
     .take = take_number,
     .offset = FIELD(size_bytes),
     .max = SIZE_MAX_BYTES},
    {.name = "connections",
     .value = "N",
     .help = "connections that send messages (default 64)",
     .take = take_number,
     .offset = FIELD(connections),
     .min = 1,
     .max = CONNECTIONS_MAX},
    {.name = "in-flight",
     .value = "N",
     .help = "messages on the way on each connection (default 1)",
     .take = take_number,
     .offset = FIELD(in_flight),
     .min = 1,
     .max = IN_FLIGHT_MAX},
    {.name = "idle",
     .value = "N",
     .help = "further connections, which only answer Pings (default 0)",
     .take = take_number,
     .offset = FIELD(idle),
     .max = CONNECTIONS_MAX},
    {.name = "warmup",
     .value = "SECONDS",
     .help = "run for this long before measuring (default 0.3)",
     .take = take_seconds,
     .offset = FIELD(warmup_s)},
    {.name = "seconds",
     .value = "SECONDS",
     .help = "measure for this long (default 1)",
     .take = take_seconds,
     .offset = FIELD(seconds)},
    {.name = "messages",
     .value = "N",
     .help = "measure this many messages, or connections with --churn, not a time",
     .take = take_number,
     .offset = FIELD(messages),
     .min = 1,
     .max = MESSAGES_MAX},
    {.name = "churn",
     .help = "connect, handshake, one message, closing handshake; again and again",
     .take = take_action,
     .action = ARGUMENTS_CHURN},
    {.name = "hold",
     .help = "read lines: N opens connections up to N, \"echo N\" sends N messages on each,\n"
             "                           \"closed CODE\" waits until the server has closed all",
     .take = take_action,
     .action = ARGUMENTS_HOLD},
    {.name = "patience",
     .value = "SECONDS",
     .help = "fail when the server sends nothing for this long (default 30)",
     .take = take_seconds,
     .offset = FIELD(patience_s)},
    {.name = "server-pid",
     .value = "PID",
     .help = "count the CPU time of this process; may be repeated",
     .take = take_server,
     .min = 1,
     .max = PID_LIMIT},
    {.name = "help", .help = "print this help, then exit", .take = take_help},
};

#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

/* What getopt_long() returns for flags[i]. */
#define FLAG_BASE 256

static int take_help(struct arguments *arguments, const struct flag *flag, const char *value)
{
    char left[64];

    (void)flag;
    (void)value;
    arguments->action = ARGUMENTS_EXIT;
    puts("Usage: echo-load [OPTION...] HOST:PORT\n"
         "Sends messages to an echo server, checks every byte that comes back, and prints what it\n"
         "measured as one line of JSON. HOST is an IPv4 address or an IPv6 one in brackets.\n");
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        snprintf(left, sizeof(left), "--%s%s%s", flags[i].name, flags[i].value ? " " : "",
                 flags[i].value ? flags[i].value : "");
        printf("  %-*s %s\n", COLUMN, left, flags[i].help);
    }
    puts("\nExit status: 0 if everything came back, 1 on failure, 2 for a wrong command line.");

    return 0;
}

static struct arguments wrong(struct arguments arguments)
{
    fputs("echo-load: try \"echo-load --help\"\n", stderr);
    arguments.action = ARGUMENTS_WRONG;

    return arguments;
}

/* Returns 0, or -1 unless the target is an address and a port. */
static int read_target(struct arguments *arguments)
{
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&arguments->address;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&arguments->address;
    const char *target = arguments->target;
    const char *colon = strrchr(target, ':');
    char host[INET6_ADDRSTRLEN + 2];
    char *end;
    unsigned long port;

    if (!colon || (size_t)(colon - target) >= sizeof(host) || colon[1] < '0' || colon[1] > '9')
        return -1;
    port = strtoul(colon + 1, &end, 10);
    if (*end || !port || port > UINT16_MAX)
        return -1;

    memcpy(host, target, (size_t)(colon - target));
    host[colon - target] = '\0';
    if (inet_pton(AF_INET, host, &ipv4->sin_addr) == 1) {
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = htons((uint16_t)port);
        arguments->address_bytes = sizeof(*ipv4);
        return 0;
    }
    if (host[0] != '[' || colon[-1] != ']')
        return -1;
    host[colon - target - 1] = '\0';
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons((uint16_t)port);
    arguments->address_bytes = sizeof(*ipv6);

    return inet_pton(AF_INET6, host + 1, &ipv6->sin6_addr) == 1 ? 0 : -1;
}

/* Says what is wrong with the flags as a whole, or returns NULL. */
static const char *find_contradiction(const struct arguments *arguments)
{
    if (arguments->raw && (arguments->tls || arguments->compress || arguments->subprotocol))
        return "--raw excludes --tls, --compress and --subprotocol";
    if (arguments->raw && arguments->action == ARGUMENTS_CHURN)
        return "--raw has no handshakes for --churn";
    if (arguments->action == ARGUMENTS_HOLD && arguments->idle)
        return "--hold reads how many connections to open: --idle does not go with it";

    return NULL;
}

static struct arguments check(struct arguments arguments, int argc, char **argv)
{
    const char *contradiction = find_contradiction(&arguments);

    if (contradiction) {
        fprintf(stderr, "echo-load: %s\n", contradiction);
        return wrong(arguments);
    }
    if (optind == argc) {
        fputs("echo-load: HOST:PORT is missing\n", stderr);
        return wrong(arguments);
    }
    if (optind + 1 < argc) {
        fprintf(stderr, "echo-load: unexpected argument \"%s\"\n", argv[optind + 1]);
        return wrong(arguments);
    }
    arguments.target = argv[optind];
    if (read_target(&arguments)) {
        fprintf(stderr,
                "echo-load: \"%s\" is not an IP address and a port, such as 127.0.0.1:5000 or "
                "[::1]:5000\n",
                arguments.target);
        return wrong(arguments);
    }

    return arguments;
}

struct arguments arguments_parse(int argc, char **argv)
{
    struct arguments arguments = {
        .action = ARGUMENTS_LOAD,
        .path = "/ws",
        .size_bytes = 64,
        .connections = 64,
        .in_flight = 1,
        .warmup_s = 0.3,
        .seconds = 1,
        .patience_s = 30,
    };
    struct option long_options[FLAG_COUNT + 1] = {0};
    int found;

    for (size_t i = 0; i < FLAG_COUNT; i++) {
        long_options[i].name = flags[i].name;
        long_options[i].has_arg = flags[i].value ? required_argument : no_argument;
        long_options[i].val = FLAG_BASE + (int)i;
    }

    while ((found = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        const struct flag *flag = found < FLAG_BASE ? NULL : &flags[found - FLAG_BASE];

        if (!flag || flag->take(&arguments, flag, optarg))
            return wrong(arguments);
        if (arguments.action == ARGUMENTS_EXIT)
            return arguments;
    }

    return check(arguments, argc, argv);
}
