#define _GNU_SOURCE /* setresuid(), setresgid() */

#include "process/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define UNCHANGED ((uid_t)-1)

static int fail(const char *key, const char *name, const char *why)
{
    log_say(LLL_ERR, "\"%s\": \"%s\": %s", key, name, why);

    return -1;
}

/* getpwnam() and getgrnam() leave errno 0 if they found nothing. */
static int fail_lookup(const char *key, const char *name)
{
    return fail(key, name, errno ? strerror(errno) : "no such name on this system");
}

int privileges_find(struct privileges *privileges, const struct config *config)
{
    const struct passwd *user = NULL;
    const struct group *group = NULL;

    *privileges = (struct privileges){.user = UNCHANGED, .group = UNCHANGED};
    memcpy(privileges->name, config->user, sizeof(privileges->name));
    errno = 0;
    if (config->user[0]) {
        user = getpwnam(config->user);
        if (!user)
            return fail_lookup("user", config->user);
        privileges->user = user->pw_uid;
        privileges->group = user->pw_gid;
    }
    if (config->group[0]) {
        group = getgrnam(config->group);
        if (!group)
            return fail_lookup("group", config->group);
        privileges->group = group->gr_gid;
    }

    if (geteuid() != 0 && privileges->user != UNCHANGED && privileges->user != geteuid())
        return fail("user", config->user, "only root can become another user");
    if (geteuid() != 0 && privileges->group != UNCHANGED && privileges->group != getegid())
        return fail("group", config->group[0] ? config->group : config->user,
                    "only root can become another group");

    return 0;
}

static int fail_drop(const char *what)
{
    log_say(LLL_ERR, "cannot %s: %s", what, strerror(errno));

    return -1;
}

int privileges_drop(const struct privileges *privileges)
{
    uid_t user = privileges->user;
    gid_t group = privileges->group;

    if (geteuid() != 0 || (user == UNCHANGED && group == UNCHANGED))
        return 0;

    if (user != UNCHANGED ? initgroups(privileges->name, group) : setgroups(1, &group))
        return fail_drop("set the groups");
    if (setresgid(group, group, group))
        return fail_drop("become the group");
    if (user != UNCHANGED && setresuid(user, user, user))
        return fail_drop("become the user");
    if (user != UNCHANGED && user != 0 && !setuid(0)) {
        errno = EPERM;
        return fail_drop("give up root's rights for good");
    }

    return 0;
}
