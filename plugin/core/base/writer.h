#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Text that grows up to a size, and knows when something did not fit. */
struct writer {
    char *out;
    size_t size;
    size_t used; /* bytes, without the NUL; @size once something did not fit */
};

/** Appends the formatted words. */
void writer_put(struct writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Appends @bytes of @text as a JSON string (RFC 8259 section 7); what is not ASCII as it is. */
void writer_put_string(struct writer *writer, const char *text, size_t bytes);

/** Says whether all fitted. */
bool writer_is_whole(const struct writer *writer);
