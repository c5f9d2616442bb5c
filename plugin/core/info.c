#include "info.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "writer.h"

static void put_list(struct echo_writer *writer, const char *rest)
{
    const char *comma = "";
    const char *item;
    size_t bytes;

    echo_writer_put(writer, "[");
    while (setting_list_next(&rest, &item, &bytes)) {
        echo_writer_put(writer, "%s", comma);
        echo_writer_put_string(writer, item, bytes);
        comma = ",";
    }
    echo_writer_put(writer, "]");
}

static void put_value(struct echo_writer *writer, const struct setting *row,
                      const struct echo_options *options)
{
    const char *text;

    switch (row->type) {
    case SETTING_NUMBER:
        echo_writer_put(writer, "%" PRIu64, setting_number(row, options));
        break;
    case SETTING_LIST:
        put_list(writer, setting_text(row, options));
        break;
    default:
        text = setting_text(row, options);
        echo_writer_put_string(writer, text, strlen(text));
    }
}

int echo_info_write(const struct echo_options *options, const char *version,
                    const char *libwebsockets, char *out, size_t size)
{
    struct setting_table table = echo_options_table();
    struct echo_writer writer = {.out = out, .size = size};
    const char *comma = "";

    echo_writer_put(&writer, "{\"name\":\"lws-echo\",\"version\":");
    echo_writer_put_string(&writer, version, strlen(version));
    echo_writer_put(&writer, ",\"libwebsockets\":");
    echo_writer_put_string(&writer, libwebsockets, strlen(libwebsockets));
    echo_writer_put(&writer, ",\"options\":{");
    for (size_t i = 0; i < table.count; i++) {
        if (!table.rows[i].published)
            continue;
        echo_writer_put(&writer, "%s\"%s\":", comma, table.rows[i].key);
        put_value(&writer, &table.rows[i], options);
        comma = ",";
    }
    echo_writer_put(&writer, "}}\n");

    return echo_writer_is_whole(&writer) ? (int)writer.used : -ENOBUFS;
}
