#include "log.h"

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

const char *log_levels(void)
{
    return "error, warn, notice, info, debug";
}
