#pragma once

#include <stddef.h>

/* Child processes: how they end, and one that only tries something. */

/** Writes what @status, of waitpid(), means, as the end of a sentence: "was killed by SIGKILL". */
void child_describe_end(int status, char *out, size_t size);

/**
 * Runs @task in a child process, so that nothing that it loads stays, and waits for it; it is
 * killed if it takes too long.
 *
 * Returns its exit status, or EXIT_FAILURE after one line on standard error if it has none.
 */
int child_try(int (*task)(const void *data), const void *data);
