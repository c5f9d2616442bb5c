#include "writer.h"

#include <stdarg.h>
#include <stdio.h>

void echo_writer_put(struct echo_writer *writer, const char *format, ...)
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

void echo_writer_put_string(struct echo_writer *writer, const char *text, size_t bytes)
{
    echo_writer_put(writer, "\"");
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < ' ' || c == 0x7f)
            echo_writer_put(writer, "\\u%04x", c);
        else
            echo_writer_put(writer, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
    }
    echo_writer_put(writer, "\"");
}

bool echo_writer_is_whole(const struct echo_writer *writer)
{
    return writer->used < writer->size;
}
