#pragma once

#include <stdio.h>
#include <string.h>

#include "runner.h"

/* Fails the running test, showing both texts, unless @got is @wanted word for word. */
#define CHECK_TEXT(got, wanted, row) check_text((got), (wanted), (row), __LINE__, __FILE__)

static inline void check_text(const char *got, const char *wanted, const char *row, unsigned line,
                              const char *file)
{
    char said[400];

    snprintf(said, sizeof(said), "%.60s: got '%.160s', wanted '%.160s'", row, got, wanted);
    runner_check_row(!strcmp(got, wanted), line, "the text is the wanted one", file, said);
}
