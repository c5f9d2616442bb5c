#include "reference.h"

/* Says whether the bytes so far can begin a character, or are one: RFC 3629 section 4, line by
 * line. */
static bool can_begin(const uint8_t *bytes, unsigned count)
{
    static const struct {
        unsigned count;
        uint8_t from[4];
        uint8_t to[4];
    } lines[] = {
        {1, {0x00}, {0x7f}},
        {2, {0xc2, 0x80}, {0xdf, 0xbf}},
        {3, {0xe0, 0xa0, 0x80}, {0xe0, 0xbf, 0xbf}},
        {3, {0xe1, 0x80, 0x80}, {0xec, 0xbf, 0xbf}},
        {3, {0xed, 0x80, 0x80}, {0xed, 0x9f, 0xbf}},
        {3, {0xee, 0x80, 0x80}, {0xef, 0xbf, 0xbf}},
        {4, {0xf0, 0x90, 0x80, 0x80}, {0xf0, 0xbf, 0xbf, 0xbf}},
        {4, {0xf1, 0x80, 0x80, 0x80}, {0xf3, 0xbf, 0xbf, 0xbf}},
        {4, {0xf4, 0x80, 0x80, 0x80}, {0xf4, 0x8f, 0xbf, 0xbf}},
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        bool fits = count <= lines[i].count;

        for (unsigned b = 0; fits && b < count; b++)
            fits = bytes[b] >= lines[i].from[b] && bytes[b] <= lines[i].to[b];
        if (fits)
            return true;
    }

    return false;
}

/* How many bytes the character has that begins with @first. */
static unsigned bytes_of(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

bool reference_utf8_take(struct reference_utf8 *utf8, uint8_t byte)
{
    if (utf8->invalid)
        return false;

    utf8->bytes[utf8->count++] = byte;
    if (!can_begin(utf8->bytes, utf8->count))
        utf8->invalid = true;
    else if (utf8->count == bytes_of(utf8->bytes[0]))
        utf8->count = 0;

    return !utf8->invalid;
}

bool reference_utf8_is_whole(const struct reference_utf8 *utf8)
{
    return !utf8->invalid && !utf8->count;
}

unsigned reference_close_answer(const uint8_t *payload, size_t bytes)
{
    struct reference_utf8 reason = {.count = 0};
    unsigned code;

    if (!bytes)
        return 1000;
    if (bytes == 1)
        return 1002;
    code = (unsigned)payload[0] << 8 | payload[1];
    /* 1012 to 1014 are in the registry, not in the RFC */
    if (code < 1000 || code == 1004 || code == 1005 || code == 1006 ||
        (code > 1014 && code < 3000) || code > 4999)
        return 1002;
    for (size_t i = 2; i < bytes; i++)
        reference_utf8_take(&reason, payload[i]);

    return reference_utf8_is_whole(&reason) ? code : 1007;
}
