#include "base/open_files.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "core/base/setting.h"

/*
 * Shells keep the limit low for programs that use select(), containers set it to a million. But
 * libwebsockets has a table of that size, and Debian's build, with assertions, searches all of it
 * whenever a connection ends: at 16384 that is about a quarter of the time that opening and closing
 * a connection takes.
 */
#define AUTO_MAX 16384

int open_files_limit(uint64_t wanted, size_t *limit)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files)) {
        log_say(LLL_ERR, "cannot read the limit of open files: %s", strerror(errno));
        return -1;
    }
    if (wanted == SETTING_WORD)
        wanted = files.rlim_max < AUTO_MAX ? files.rlim_max : AUTO_MAX;

    files.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &files)) {
        log_say(LLL_ERR,
                "\"max-open-files\": the system allows %" PRIu64 " open files, not %" PRIu64
                " (see \"ulimit -Hn\")",
                (uint64_t)files.rlim_max, wanted);
        return -1;
    }
    *limit = (size_t)wanted;

    return 0;
}
