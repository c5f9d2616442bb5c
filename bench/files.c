#include "files.h"

#include <stdint.h>
#include <sys/resource.h>

/* Used when there is no limit: the kernel's default for fs.nr_open. */
#define FILES_UNLIMITED ((rlim_t)1048576)

size_t files_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return 0;
    limit.rlim_cur = limit.rlim_max;
    /* if this is refused, the soft limit stays, and is read again */
    setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return 0;

    return (size_t)(limit.rlim_cur == RLIM_INFINITY ? FILES_UNLIMITED : limit.rlim_cur);
}
