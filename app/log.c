#include "log.h"

#include <stdio.h>
#include <string.h>

#include <libwebsockets.h>

static const struct {
    const char *name;
    int mask;
} levels[] = {
    {"error", LLL_ERR},
    {"warn", LLL_ERR | LLL_WARN},
    {"notice", LLL_ERR | LLL_WARN | LLL_NOTICE},
    {"info", LLL_ERR | LLL_WARN | LLL_NOTICE | LLL_INFO},
    {"debug", LLL_ERR | LLL_WARN | LLL_NOTICE | LLL_INFO | LLL_DEBUG},
};

int log_set_level(const char *level)
{
    for (size_t i = 0; i < LWS_ARRAY_SIZE(levels); i++)
        if (!strcmp(level, levels[i].name)) {
            lws_set_log_level(levels[i].mask, NULL);
            return 0;
        }

    return -1;
}

void log_set_silent(void)
{
    lws_set_log_level(0, NULL);
}

void log_levels(char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < LWS_ARRAY_SIZE(levels) && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", levels[i].name);
}
