#include "config/path.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int written(int bytes, size_t size)
{
    return bytes < 0 || (size_t)bytes >= size ? -1 : 0;
}

/* Relative to the binary, not to a fixed prefix: the tree can be installed, or moved, anywhere. */
static int from_binary(const char *relative, char *out, size_t size)
{
    char binary[PATH_MAX];
    char joined[PATH_MAX];
    char *real;
    ssize_t bytes = readlink("/proc/self/exe", binary, sizeof(binary) - 1);

    if (bytes < 0)
        return -1;
    binary[bytes] = '\0';
    if (path_beside(binary, relative, joined, sizeof(joined)))
        return -1;

    real = realpath(joined, NULL);
    bytes = snprintf(out, size, "%s", real ? real : joined);
    free(real);

    return written((int)bytes, size);
}

int path_of_plugins(char *out, size_t size)
{
    return from_binary(ECHO_PLUGIN_DIR_FROM_BIN, out, size);
}

int path_of_page(char *out, size_t size)
{
    return from_binary(ECHO_PAGE_DIR_FROM_BIN, out, size);
}

int path_beside(const char *from, const char *path, char *out, size_t size)
{
    const char *slash = strrchr(from, '/');

    if (path[0] == '/' || !slash)
        return written(snprintf(out, size, "%s", path), size);

    return written(snprintf(out, size, "%.*s/%s", (int)(slash - from), from, path), size);
}
