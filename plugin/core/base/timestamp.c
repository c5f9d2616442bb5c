#include "core/base/timestamp.h"

#include <stdio.h>
#include <time.h>

void timestamp_write(char out[TIMESTAMP_ROOM])
{
    struct timespec now;
    struct tm parts;
    size_t used;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    used = strftime(out, TIMESTAMP_ROOM, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out + used, TIMESTAMP_ROOM - used, ".%03dZ", (int)(now.tv_nsec / 1000000));
}
