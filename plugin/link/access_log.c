#include "link/access_log.h"

#include "core/base/timestamp.h"
#include "core/record.h"

static bool is_json(const struct vhost *vhost)
{
    return vhost->options.log_format == LOG_FORMAT_JSON;
}

static void write_line(const struct vhost *vhost, const char *line)
{
    if (vhost->log)
        vhost->log(line);
    else
        lwsl_info("%s\n", line);
}

bool access_log_is_on(void)
{
    return lwsl_visible(LLL_INFO);
}

void access_log_end(const struct connection *connection)
{
    const struct vhost *vhost = connection->thread->vhost;
    const struct record record = {
        .peer = connection->peer,
        .path = vhost->options.path,
        .subprotocol = connection->subprotocol.name,
        .subprotocol_bytes = connection->subprotocol.bytes,
        .compression = connection->compression ? "on" : "off",
        .duration_us = lws_now_usecs() - connection->opened_us,
        .received_messages = connection->received_messages,
        .received_bytes = connection->received_bytes,
        .sent_messages = connection->sent_messages,
        .sent_bytes = connection->sent_bytes,
        .code = connection->end_code,
        .why = connection->end_why,
    };
    char line[RECORD_MAX];
    char time[TIMESTAMP_ROOM];

    timestamp_write(time);
    if ((is_json(vhost) ? record_write_json(&record, time, line, sizeof(line))
                        : record_write_text(&record, line, sizeof(line))) > 0)
        write_line(vhost, line);
}

void access_log_refusal(const struct vhost *vhost, const struct address *peer, enum refusal refusal,
                        unsigned status)
{
    const char *reason = counters_refusal_name(refusal);
    char line[RECORD_MAX];
    char time[TIMESTAMP_ROOM];

    timestamp_write(time);
    if ((is_json(vhost) ? record_write_refusal_json(peer, reason, status, time, line, sizeof(line))
                        : record_write_refusal_text(peer, reason, status, line, sizeof(line))) > 0)
        write_line(vhost, line);
}
