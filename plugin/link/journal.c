#include "link/journal.h"

#include <string.h>

#include "core/base/timestamp.h"
#include "core/record.h"
#include "link/http.h"
#include "link/peer.h"

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

void journal_look(struct lws *wsi, struct vhost *vhost)
{
    struct thread *thread = &vhost->threads[lws_get_tsi(wsi)];

    /* a system call, which is made for somebody */
    if (lwsl_visible(LLL_INFO) || vhost->options.max_connections_per_address)
        thread->peer = peer_find(wsi, &vhost->options);
    else
        memset(&thread->peer, 0, sizeof(thread->peer));
}

int journal_open(struct connection *connection)
{
    struct thread *thread = connection->thread;
    struct address network;

    connection->peer = thread->peer;
    connection->opened_us = lws_now_usecs();
    if (thread->vhost->options.max_connections_per_address) {
        network = address_network(&connection->peer);
        if (address_counts_add(&thread->address_counts, &network))
            return -1;
    }
    thread->counters->open++;
    thread->counters->opened++;

    return 0;
}

void journal_ending(struct connection *connection, unsigned code, const char *why)
{
    if (connection->end_why)
        return;

    connection->end_code = (uint16_t)code;
    connection->end_why = why;
}

static void log_end(const struct connection *connection)
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

void journal_close(struct connection *connection)
{
    struct thread *thread = connection->thread;
    struct address network;

    journal_ending(connection, CLOSE_ABNORMAL, "connection lost");
    thread->counters->open--;
    thread->counters->closed[counters_close_kind(connection->end_code)]++;
    if (thread->vhost->options.max_connections_per_address) {
        network = address_network(&connection->peer);
        address_counts_remove(&thread->address_counts, &network);
    }
    if (lwsl_visible(LLL_INFO))
        log_end(connection);
}

static void log_refusal(struct lws *wsi, const struct vhost *vhost, enum refusal refusal,
                        unsigned status)
{
    struct address peer = peer_find(wsi, &vhost->options);
    const char *reason = counters_refusal_name(refusal);
    char line[RECORD_MAX];
    char time[TIMESTAMP_ROOM];

    timestamp_write(time);
    if ((is_json(vhost) ? record_write_refusal_json(&peer, reason, status, time, line, sizeof(line))
                        : record_write_refusal_text(&peer, reason, status, line, sizeof(line))) > 0)
        write_line(vhost, line);
}

int journal_refuse(struct lws *wsi, const struct vhost *vhost, enum refusal refusal,
                   unsigned status, const char *sentence)
{
    if (vhost) {
        vhost->threads[lws_get_tsi(wsi)].counters->refused[refusal]++;
        if (lwsl_visible(LLL_INFO))
            log_refusal(wsi, vhost, refusal, status);
    }

    return http_refuse(wsi, status, sentence);
}
