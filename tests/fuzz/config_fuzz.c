/* The app's configuration file, with anything in it. */

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "fuzz.h"

static void check_loaded(const struct config *config, const struct config_error *error)
{
    struct setting_error wrong;

    (void)error;
    FUZZ_CHECK(config->port <= 65535);
    FUZZ_CHECK(!options_check(&config->options, config->tls != CONFIG_TLS_OFF, &wrong));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char name[64];
    struct config config;
    struct config_error error = {""};
    int file = memfd_create("config", 0);

    FUZZ_CHECK(file >= 0);
    FUZZ_CHECK(write(file, data, bytes) == (ssize_t)bytes);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
    if (!config_load(&config, name, &error)) {
        check_loaded(&config, &error);
    } else {
        FUZZ_CHECK(error.text[0] && memchr(error.text, '\0', sizeof(error.text)));
        /* one line, whatever is in the file */
        for (const char *c = error.text; *c; c++)
            FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
    }
    close(file);

    return 0;
}
