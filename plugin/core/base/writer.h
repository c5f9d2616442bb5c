#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Appends text to a buffer of the caller, and remembers when something did not fit. */
struct writer {
    char *out;
    size_t size;
    size_t used; /* bytes, without the NUL; @size after something did not fit */
};

/** Appends formatted text and a NUL. If it does not fit, all later calls do nothing. */
void writer_put(struct writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Appends @bytes of @text as a JSON string (RFC 8259 section 7). Non-ASCII bytes are copied. */
void writer_put_string(struct writer *writer, const char *text, size_t bytes);

/** Says whether everything fitted. */
bool writer_is_whole(const struct writer *writer);
