#include "process/open_files.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "core/base/setting.h"
#include "log.h"

/*
 * Shells keep the limit low for programs that use select(), containers set it to a million. But
 * libwebsockets has a table of that size, and with assertions, as Debian builds it, looks all of it
 * through whenever a connection ends: at 16384 that takes about a quarter of the time for
 * opening and closing one.
 */
#define UNASKED 16384

int open_files_limit(uint64_t wanted, size_t *limit)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files)) {
        log_say(LLL_ERR, "the limit of open files cannot be read: %s", strerror(errno));
        return -1;
    }
    if (wanted == SETTING_WORD)
        wanted = files.rlim_max < UNASKED ? files.rlim_max : UNASKED;

    files.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &files)) {
        log_say(LLL_ERR,
                "\"max-open-files\": the system does not allow %" PRIu64 " open files, but %" PRIu64
                " (see \"ulimit -Hn\")",
                wanted, (uint64_t)files.rlim_max);
        return -1;
    }
    *limit = (size_t)wanted;

    return 0;
}
