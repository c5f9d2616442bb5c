#include "process/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool terminal_is_there(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0)
        close(fd);

    return fd >= 0 || (errno != ENXIO && errno != ENOENT); /* not when out of descriptors */
}

bool terminal_is_gone(bool was_there)
{
    return was_there && !terminal_is_there();
}
