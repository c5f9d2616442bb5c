#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A host of libwebsockets, in a process of its own, whose endpoints take bodies. It answers
 * with one line, "[PATH:BYTES:BODY]". What a path contains decides when:
 *
 * - "early": at once, whatever the body (405); "large" makes it a response of BODY_HOST_LARGE
 *   bytes
 * - "first": with the first piece of the body (413)
 * - "park": a GET, or a POST whose body is complete, when body_host_release() says so
 *   "detached" gives its headers back meanwhile
 * - otherwise: a GET at once, a POST when its body is complete
 *
 * Requests reach these endpoints in three ways: at /take through a mount of the callback, at /with
 * through a mount that has a protocol too, and at /none without a mount. /files has the files
 * "small" ("small\n") and "large" (BODY_HOST_LARGE bytes).
 */

/* How many requests have room for their headers at once. */
#define BODY_HOST_HEADERS 4

#define BODY_HOST_LARGE ((size_t)16 << 20)

/* What the host tells, in memory that both processes share. */
struct body_host_seen {
    atomic_ulong turns;    /* of its loop */
    atomic_ulong ticks;    /* of another thread, every few milliseconds */
    atomic_ulong requests; /* that have reached an endpoint */
    atomic_ulong bodies;   /* that are complete */
    atomic_ulong parked;   /* requests that have been parked */
    atomic_ulong dropped;  /* of these, those whose connection has ended */
    atomic_bool released;
};

/* What it runs on. */
enum body_host_kind { BODY_HOST_POLL, BODY_HOST_LIBUV, BODY_HOST_TLS_LIBUV, BODY_HOST_KINDS };

struct body_host {
    enum body_host_kind kind;
    pid_t pid;
    uint16_t port;
    char files[32]; /* the directory of /files */
    struct body_host_seen *seen;
};

/** Starts the host. Returns false, and fails the test, when that fails. */
bool body_host_start(struct body_host *host, enum body_host_kind kind);

/** Ends the host, which fails the test if it has ended by itself. */
void body_host_stop(struct body_host *host);

/** Waits until @count has reached @least; fails the test, naming @row, if it does not. */
void body_host_wait(const atomic_ulong *count, unsigned long least, const char *row);

/** Answers what is parked from now on, or no longer. */
void body_host_release(struct body_host *host, bool released);

/** Fails the test, naming @row, unless the host's loop turns all the time. */
void body_host_check_spins(const struct body_host *host, const char *row);

/** Fails the test, naming @row, if the host's loop turns while there is nothing to do. */
void body_host_check_rests(const struct body_host *host, const char *row);
