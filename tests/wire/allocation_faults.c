/*
 * Preloaded into a server: allocations of the program, its plugin and the libraries that these call
 * directly fail, the one that ALLOCATION_FAULT numbers, or every so many while the file
 * ALLOCATION_FAULTS_WHILE exists. When one has, there is a file ALLOCATION_FAULT_SEEN.
 *
 * libwebsockets, libuv and OpenSSL are left alone: what they do without memory is theirs. All of
 * libwebsockets' memory comes from realloc(), which the program calls for it.
 */

#define _GNU_SOURCE /* dladdr() */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);

static bool is_of_ours(const void *caller)
{
    static const char *const names[] = {"/lws-echo", "/libprotocol_lws_echo.so", "/libjansson.so",
                                        "/libz.so"};
    Dl_info object;

    if (!dladdr(caller, &object) || !object.dli_fname)
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strstr(object.dli_fname, names[i]))
            return true;

    return false;
}

static bool fails(const void *caller)
{
    static unsigned long count;
    const char *which = getenv("ALLOCATION_FAULT");
    const char *when = getenv("ALLOCATION_FAULTS_WHILE");
    const char *seen = getenv("ALLOCATION_FAULT_SEEN");
    unsigned long number = which ? strtoul(which, NULL, 10) : 0;

    if (!number || (when && access(when, F_OK)) || !is_of_ours(caller))
        return false;
    count++;
    if (when ? count % number : count != number)
        return false;
    if (seen)
        close(open(seen, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    errno = ENOMEM;

    return true;
}

void *malloc(size_t bytes)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, bytes);
}
