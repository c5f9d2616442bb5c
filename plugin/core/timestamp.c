#include "timestamp.h"

#include <stdio.h>
#include <time.h>

void echo_timestamp_write(char out[ECHO_TIMESTAMP_ROOM])
{
    struct timespec now;
    struct tm parts;
    size_t used;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    used = strftime(out, ECHO_TIMESTAMP_ROOM, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out + used, ECHO_TIMESTAMP_ROOM - used, ".%03dZ", (int)(now.tv_nsec / 1000000));
}
