#include "info.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Text that grows up to a size, and knows when something did not fit. */
struct writer {
    char *out;
    size_t size;
    size_t used;
};

static void put(struct writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct writer *writer, const char *format, ...)
{
    va_list arguments;
    int bytes;

    if (writer->used >= writer->size)
        return;
    va_start(arguments, format);
    bytes = vsnprintf(writer->out + writer->used, writer->size - writer->used, format, arguments);
    va_end(arguments);
    writer->used = bytes < 0 ? writer->size : writer->used + (size_t)bytes;
}

/* Puts @bytes of text as a JSON string (RFC 8259 section 7). */
static void put_string(struct writer *writer, const char *text, size_t bytes)
{
    put(writer, "\"");
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < ' ')
            put(writer, "\\u%04x", c);
        else
            put(writer, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
    }
    put(writer, "\"");
}

static void put_list(struct writer *writer, const char *rest)
{
    const char *comma = "";
    const char *item;
    size_t bytes;

    put(writer, "[");
    while (setting_list_next(&rest, &item, &bytes)) {
        put(writer, "%s", comma);
        put_string(writer, item, bytes);
        comma = ",";
    }
    put(writer, "]");
}

static void put_value(struct writer *writer, const struct setting *row,
                      const struct echo_options *options)
{
    const char *text;

    switch (row->type) {
    case SETTING_NUMBER:
        put(writer, "%" PRIu64, setting_number(row, options));
        break;
    case SETTING_LIST:
        put_list(writer, setting_text(row, options));
        break;
    default:
        text = setting_text(row, options);
        put_string(writer, text, strlen(text));
    }
}

int echo_info_write(const struct echo_options *options, const char *version,
                    const char *libwebsockets, char *out, size_t size)
{
    struct setting_table table = echo_options_table();
    struct writer writer = {.out = out, .size = size};
    const char *comma = "";

    put(&writer, "{\"name\":\"lws-echo\",\"version\":");
    put_string(&writer, version, strlen(version));
    put(&writer, ",\"libwebsockets\":");
    put_string(&writer, libwebsockets, strlen(libwebsockets));
    put(&writer, ",\"options\":{");
    for (size_t i = 0; i < table.count; i++) {
        if (!table.rows[i].published)
            continue;
        put(&writer, "%s\"%s\":", comma, table.rows[i].key);
        put_value(&writer, &table.rows[i], options);
        comma = ",";
    }
    put(&writer, "}}\n");

    return writer.used < size ? (int)writer.used : -ENOBUFS;
}
