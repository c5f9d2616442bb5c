/* The libwebsockets that runs is the one that was built with, whichever that is. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"
#include "server.h"

static void the_version_is_that_of_the_build(void)
{
    struct server server;
    char out[1024];
    size_t used = 0;
    ssize_t got;

    server_spawn(&server, (const char *const[]){"--version", NULL});
    while (used < sizeof(out) - 1 &&
           (got = read(server.out, out + used, sizeof(out) - 1 - used)) > 0)
        used += (size_t)got;
    out[used] = '\0';
    CHECK_ROW(strstr(out, "(libwebsockets " ECHO_LWS_VERSION ",") != NULL, out);
    CU_ASSERT_EQUAL(server_wait_exit(&server), 0);
}

/* Says whether the program that is tested has a libwebsockets of its own in an installation. */
static bool is_installed(void)
{
    const char *program = getenv("LWS_ECHO");

    return program && strstr(program, "/installed/");
}

/* Checks the file that a line of /proc/PID/maps names; says whether it is a libwebsockets. */
static bool is_library(const char *line)
{
    const char *path = strchr(line, '/');
    const char *slash = path ? strrchr(path, '/') : NULL;
    const char *dir =
        is_installed() && ECHO_LWS_IS_OURS ? "/installed/" ECHO_LWS_INSTALLED_DIR : ECHO_LWS_DIR;

    if (!slash || strncmp(slash + 1, "libwebsockets", 13) != 0)
        return false;
    CHECK_ROW((size_t)(slash - path) >= strlen(dir) &&
                  !strncmp(slash - strlen(dir), dir, strlen(dir)),
              path);

    return true;
}

/*
 * The distribution's event library is a plugin, sought where libwebsockets was itself to be
 * installed; ours is built in.
 */
static void the_library_and_its_event_library_are_of_the_build(void)
{
    bool library = false;
    struct server server;
    char name[64];
    char line[4096];
    FILE *maps;

    if (!server_start(&server, ON_FREE_PORT))
        return;
    snprintf(name, sizeof(name), "/proc/%d/maps", server.pid);
    maps = fopen(name, "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(maps);
    while (fgets(line, sizeof(line), maps))
        library |= is_library(line);
    fclose(maps);
    CU_ASSERT_TRUE(library);
    server_stop(&server);
}

static CU_TestInfo tests[] = {
    TEST(the_version_is_that_of_the_build),
    TEST(the_library_and_its_event_library_are_of_the_build),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"library", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
