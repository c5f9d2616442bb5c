#include "core/info.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/writer.h"

#define MS_PER_S 1000

static void put_list(struct writer *writer, const char *rest)
{
    const char *comma = "";
    const char *item;
    size_t bytes;

    writer_put(writer, "[");
    while (setting_list_next(&rest, &item, &bytes)) {
        writer_put(writer, "%s", comma);
        writer_put_string(writer, item, bytes);
        comma = ",";
    }
    writer_put(writer, "]");
}

/* Whole seconds are written as integers, as most configurations write them. */
static void put_seconds(struct writer *writer, uint64_t ms)
{
    writer_put(writer, "%" PRIu64, ms / MS_PER_S);
    if (ms % MS_PER_S)
        writer_put(writer, ".%03u", (unsigned)(ms % MS_PER_S));
}

static void put_value(struct writer *writer, const struct setting *row,
                      const struct options *options)
{
    const char *text;

    switch (row->type) {
    case SETTING_NUMBER:
    case SETTING_SIZE:
        writer_put(writer, "%" PRIu64, setting_number(row, options));
        break;
    case SETTING_TIME:
        put_seconds(writer, setting_number(row, options));
        break;
    case SETTING_LIST:
        put_list(writer, setting_text(row, options));
        break;
    default:
        text = setting_text(row, options);
        writer_put_string(writer, text, strlen(text));
    }
}

int info_write(const struct options *options, const char *version, const char *libwebsockets,
               char *out, size_t size)
{
    struct setting_table table = options_table();
    struct writer writer = {.out = out, .size = size};
    const char *comma = "";

    writer_put(&writer, "{\"name\":\"lws-echo\",\"version\":");
    writer_put_string(&writer, version, strlen(version));
    writer_put(&writer, ",\"libwebsockets\":");
    writer_put_string(&writer, libwebsockets, strlen(libwebsockets));
    writer_put(&writer, ",\"options\":{");
    for (size_t i = 0; i < table.count; i++) {
        if (!table.rows[i].published)
            continue;
        writer_put(&writer, "%s\"%s\":", comma, table.rows[i].key);
        put_value(&writer, &table.rows[i], options);
        comma = ",";
    }
    writer_put(&writer, "}}\n");

    return writer_is_whole(&writer) ? (int)writer.used : -1;
}
