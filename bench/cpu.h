#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "arguments.h"

/* The CPU clocks of processes, covering all their threads. */
struct cpu {
    pid_t processes[ARGUMENTS_SERVERS_MAX];
    clockid_t clocks[ARGUMENTS_SERVERS_MAX];
    size_t count;
};

/** Finds the clocks. Returns 0, or -1 after saying which process does not exist. */
int cpu_init(struct cpu *cpu, const pid_t *processes, size_t count);

/** Adds up the nanoseconds they have used. Returns 0, or -1 after saying which one has ended. */
int cpu_read(const struct cpu *cpu, uint64_t *used_ns);

/** Returns the nanoseconds that this process has used. */
uint64_t cpu_own(void);
