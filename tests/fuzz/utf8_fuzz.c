/* Texts in pieces: each verdict must be that of a check byte by byte. */

#include "core/base/utf8.h"
#include "fuzz.h"
#include "reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = {data, bytes};
    struct reference_utf8 reference = {.count = 0};
    struct utf8 utf8 = {0};

    while (input.bytes) {
        size_t piece_bytes = fuzz_byte(&input);
        uint8_t *piece;
        bool valid;

        if (piece_bytes == 255) /* long enough for code that takes many bytes a step */
            piece_bytes = SIZE_MAX;
        piece = fuzz_copy(&input, &piece_bytes);
        for (size_t i = 0; i < piece_bytes; i++)
            reference_utf8_take(&reference, piece[i]);
        valid = utf8_check(&utf8, piece, piece_bytes);
        free(piece);
        FUZZ_CHECK(valid == !reference.invalid);
        if (!valid)
            break;
        FUZZ_CHECK(utf8_is_whole(&utf8) == reference_utf8_is_whole(&reference));
    }

    return 0;
}
