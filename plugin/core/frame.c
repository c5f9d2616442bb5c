#include "core/frame.h"

#define FIN_BIT 0x80
#define LENGTH_16_BIT 126
#define LENGTH_64_BIT 127

static uint8_t *write_big_endian(uint8_t *out, uint64_t value, unsigned bytes)
{
    while (bytes--)
        *out++ = (uint8_t)(value >> (8 * bytes));

    return out;
}

size_t frame_header_size(uint64_t payload_bytes)
{
    if (payload_bytes < LENGTH_16_BIT)
        return 2;

    return payload_bytes <= UINT16_MAX ? 4 : FRAME_HEADER_MAX;
}

size_t frame_header_write(uint8_t *out, struct frame frame, uint64_t payload_bytes)
{
    uint8_t *p = out;

    *p++ = (uint8_t)(frame.opcode | (frame.fin ? FIN_BIT : 0) | (frame.rsv1 ? FRAME_RSV1_BIT : 0));

    switch (frame_header_size(payload_bytes)) {
    case 2:
        *p++ = (uint8_t)payload_bytes;
        break;
    case 4:
        *p++ = LENGTH_16_BIT;
        p = write_big_endian(p, payload_bytes, 2);
        break;
    default:
        *p++ = LENGTH_64_BIT;
        p = write_big_endian(p, payload_bytes, 8);
        break;
    }

    return (size_t)(p - out);
}
