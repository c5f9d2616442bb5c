#include "core/base/writer.h"

#include <stdarg.h>
#include <stdio.h>

void writer_put(struct writer *writer, const char *format, ...)
{
    va_list arguments;
    int bytes;

    if (writer->used >= writer->size)
        return;
    va_start(arguments, format);
    bytes = vsnprintf(writer->out + writer->used, writer->size - writer->used, format, arguments);
    va_end(arguments);
    if (bytes < 0 || (size_t)bytes >= writer->size - writer->used)
        writer->used = writer->size;
    else
        writer->used += (size_t)bytes;
}

void writer_put_string(struct writer *writer, const char *text, size_t bytes)
{
    writer_put(writer, "\"");
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < ' ' || c == 0x7f)
            writer_put(writer, "\\u%04x", c);
        else
            writer_put(writer, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
    }
    writer_put(writer, "\"");
}

bool writer_is_whole(const struct writer *writer)
{
    return writer->used < writer->size;
}
