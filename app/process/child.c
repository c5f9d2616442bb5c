#define _GNU_SOURCE /* sigabbrev_np() */

#include "process/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

/* For child_try(); below the usual period of a service manager's watchdog. */
#define TRY_PATIENCE_MS 10000

void child_describe_end(int status, char *out, size_t size)
{
    const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;

    if (name)
        snprintf(out, size, "was killed by SIG%s", name);
    else if (WIFSIGNALED(status))
        snprintf(out, size, "was killed by signal %d", WTERMSIG(status));
    else
        snprintf(out, size, "ended with exit status %d", WEXITSTATUS(status));
}

/* Waits for @pid, and kills it if it takes too long: it may read from a pipe that never ends. */
static void kill_late(pid_t pid)
{
    struct pollfd process = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    int ended;

    if (process.fd < 0)
        return; /* an old kernel */
    do
        ended = poll(&process, 1, TRY_PATIENCE_MS);
    while (ended < 0 && errno == EINTR);
    close(process.fd);
    if (!ended)
        kill(pid, SIGKILL);
}

int child_try(int (*task)(const void *data), const void *data)
{
    char words[40];
    pid_t pid;
    int end;

    fflush(NULL);
    pid = fork();
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        exit(task(data));
    }
    if (pid > 0)
        kill_late(pid);
    if (pid < 0 || waitpid(pid, &end, 0) != pid) {
        log_say(LLL_ERR, "cannot start a process: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    if (WIFEXITED(end))
        return WEXITSTATUS(end);
    child_describe_end(end, words, sizeof(words));
    log_say(LLL_ERR, "the process that checks the configuration %s", words);

    return EXIT_FAILURE;
}
