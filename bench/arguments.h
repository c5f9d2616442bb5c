#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "payload.h"

#define ARGUMENTS_SERVERS_MAX 64

enum arguments_action {
    ARGUMENTS_LOAD,
    ARGUMENTS_CHURN,
    ARGUMENTS_HOLD,
    ARGUMENTS_EXIT,  /* the help has been printed */
    ARGUMENTS_WRONG, /* the fault has been reported */
};

/* The command line. Texts point into argv. */
struct arguments {
    enum arguments_action action;
    const char *target; /* HOST:PORT as given */
    struct sockaddr_storage address;
    socklen_t address_bytes;

    const char *path;
    const char *subprotocol; /* NULL: offers none */
    bool tls;
    bool raw;
    bool compress;

    enum payload_type type;
    uint64_t size_bytes;
    uint64_t connections;
    uint64_t in_flight;
    uint64_t idle;
    uint64_t messages; /* 0: no limit but the time */
    double warmup_s;
    double seconds;
    double patience_s;

    pid_t servers[ARGUMENTS_SERVERS_MAX];
    size_t server_count;
};

/** Reads the command line; prints the help, or what is wrong. */
struct arguments arguments_parse(int argc, char **argv);
