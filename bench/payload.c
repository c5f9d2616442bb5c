#include "payload.h"

#include <string.h>

/* Marsaglia's xorshift: cheap, and irregular enough that no compressor finds much. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;

    return *state;
}

static void fill_binary(uint8_t *out, size_t bytes, uint32_t *state)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(next_random(state) >> 24);
}

/* Roughly as frequent as in prose, so that the text compresses about as well as prose. */
static void fill_ascii(uint8_t *out, size_t bytes, uint32_t *state)
{
    static const char letters[] = "eeeeeeetttttaaaaoooooiiiinnnnsssshhhrrrddlllucmwfgypbvk        ";

    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)letters[(next_random(state) >> 16) % (sizeof(letters) - 1)];
}

static void fill_multibyte(uint8_t *out, size_t bytes, uint32_t *state)
{
    static const char *const characters[] = {
        "\u00e9", "\u0436", "\u05d0",     "\u03c9",     "\u20ac",     "\u65e5",
        "\u3042", "\ud55c", "\U0001f600", "\U0001f680", "\U00010348", "\U00020000",
    };
    size_t used = 0;

    while (bytes - used > 1) {
        const char *character =
            characters[(next_random(state) >> 16) % (sizeof(characters) / sizeof(characters[0]))];
        size_t length = strlen(character);

        if (length > bytes - used)
            break;
        while (*character)
            out[used++] = (uint8_t)*character++;
    }
    memset(out + used, '.', bytes - used);
}

void payload_fill(enum payload_type type, uint8_t *out, size_t bytes)
{
    uint32_t state = 2463534242;

    switch (type) {
    case PAYLOAD_BINARY:
        fill_binary(out, bytes, &state);
        break;
    case PAYLOAD_ASCII:
        fill_ascii(out, bytes, &state);
        break;
    case PAYLOAD_MULTIBYTE:
        fill_multibyte(out, bytes, &state);
        break;
    }
}
