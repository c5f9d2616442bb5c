#include "cpu.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

static uint64_t ns_of(struct timespec time)
{
    return (uint64_t)time.tv_sec * NS_A_SECOND + (uint64_t)time.tv_nsec;
}

int cpu_init(struct cpu *cpu, const pid_t *processes, size_t count)
{
    cpu->count = count;
    for (size_t i = 0; i < count; i++) {
        int failure = clock_getcpuclockid(processes[i], &cpu->clocks[i]);

        cpu->processes[i] = processes[i];
        if (failure) {
            fprintf(stderr, "echo-load: --server-pid %d: %s\n", (int)processes[i],
                    strerror(failure));
            return -1;
        }
    }

    return 0;
}

int cpu_read(const struct cpu *cpu, uint64_t *used_ns)
{
    struct timespec used;

    *used_ns = 0;
    for (size_t i = 0; i < cpu->count; i++) {
        if (clock_gettime(cpu->clocks[i], &used)) {
            fprintf(stderr, "echo-load: the server process %d has ended\n", (int)cpu->processes[i]);
            return -1;
        }
        *used_ns += ns_of(used);
    }

    return 0;
}

uint64_t cpu_own(void)
{
    struct timespec used = {0};

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);

    return ns_of(used);
}
