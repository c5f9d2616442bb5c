#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * What the fuzz targets share. Each is a program of libFuzzer: it processes inputs, and ends with a
 * message if a result is wrong.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/** Ends the program, so that libFuzzer keeps the input, unless @condition holds. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* What is left of an input. */
struct fuzz_input {
    const uint8_t *data;
    size_t bytes;
};

/** Takes a byte off the front; 0 when none is left. */
static inline unsigned fuzz_byte(struct fuzz_input *input)
{
    if (!input->bytes)
        return 0;
    input->bytes--;

    return *input->data++;
}

/** Takes up to @bytes off the front, into a copy of exactly that size, so that a sanitizer notices
 * reads beyond it. Sets @bytes to its size. To be freed. */
static inline uint8_t *fuzz_copy(struct fuzz_input *input, size_t *bytes)
{
    uint8_t *copy;

    if (*bytes > input->bytes)
        *bytes = input->bytes;
    copy = malloc(*bytes ? *bytes : 1);
    FUZZ_CHECK(copy);
    for (size_t i = 0; i < *bytes; i++)
        copy[i] = input->data[i];
    input->data += *bytes;
    input->bytes -= *bytes;

    return copy;
}
