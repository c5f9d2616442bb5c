#include "sites/page.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"

/* More are not checked, so that the start stays fast. */
#define FILES_MAX 10000

/* Says whether @path is in the directory @root; both come from realpath(). */
static bool is_inside(const char *path, const char *root)
{
    size_t bytes = strlen(root);

    return !strncmp(path, root, bytes) && (path[bytes] == '/' || !path[bytes]);
}

static void check_link(const char *link, const char *root)
{
    char *target = realpath(link, NULL);

    if (target && !is_inside(target, root))
        log_say(LLL_WARN, "%s: this link leads out of \"mount-origin\": %s is served", link,
                target);
    free(target);
}

static void check_links(char *mount_origin)
{
    char *const start[] = {mount_origin, NULL};
    char *root = realpath(mount_origin, NULL);
    FTS *files = fts_open(start, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
    FTSENT *file;

    for (int count = 0; root && files && count < FILES_MAX && (file = fts_read(files)); count++)
        if (file->fts_info == FTS_SL)
            check_link(file->fts_accpath, root);
    if (files)
        fts_close(files);
    free(root);
}

int page_check(const char *mount_origin)
{
    char file[CONFIG_MOUNT_ORIGIN_MAX + sizeof("/" PAGE_FILE)];

    snprintf(file, sizeof(file), "%s/" PAGE_FILE, mount_origin);
    if (access(file, R_OK)) {
        log_say(LLL_ERR, "%s: the page cannot be read: %s", file, strerror(errno));
        return -1;
    }
    file[strlen(mount_origin)] = '\0';
    check_links(file);

    return 0;
}
