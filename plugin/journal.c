#include "journal.h"

#include <string.h>

#include "http.h"
#include "peer.h"
#include "record.h"
#include "timestamp.h"

static bool is_json(const struct echo_vhost *vhost)
{
    return vhost->options.log_format == ECHO_LOG_FORMAT_JSON;
}

static void write_line(const struct echo_vhost *vhost, const char *line)
{
    if (vhost->log)
        vhost->log(line);
    else
        lwsl_info("%s\n", line);
}

void echo_journal_look(struct lws *wsi, struct echo_vhost *vhost)
{
    struct echo_thread *thread = &vhost->threads[lws_get_tsi(wsi)];

    /* a system call, which is made for somebody */
    if (lwsl_visible(LLL_INFO) || vhost->options.max_connections_per_address)
        thread->peer = echo_peer_find(wsi, &vhost->options);
    else
        memset(&thread->peer, 0, sizeof(thread->peer));
}

int echo_journal_open(struct echo_connection *connection)
{
    struct echo_thread *thread = connection->thread;
    struct echo_address network;

    connection->peer = thread->peer;
    connection->opened_us = lws_now_usecs();
    if (thread->vhost->options.max_connections_per_address) {
        network = echo_address_network(&connection->peer);
        if (echo_census_add(&thread->census, &network))
            return -1;
    }
    thread->counters->open++;
    thread->counters->opened++;

    return 0;
}

void echo_journal_ending(struct echo_connection *connection, unsigned code, const char *why)
{
    if (connection->end_why)
        return;

    connection->end_code = (uint16_t)code;
    connection->end_why = why;
}

static void log_end(const struct echo_connection *connection)
{
    const struct echo_vhost *vhost = connection->thread->vhost;
    const struct echo_record record = {
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
    char line[ECHO_RECORD_MAX];
    char time[ECHO_TIMESTAMP_ROOM];

    echo_timestamp_write(time);
    if ((is_json(vhost) ? echo_record_write_json(&record, time, line, sizeof(line))
                        : echo_record_write_text(&record, line, sizeof(line))) > 0)
        write_line(vhost, line);
}

void echo_journal_close(struct echo_connection *connection)
{
    struct echo_thread *thread = connection->thread;
    struct echo_address network;

    echo_journal_ending(connection, ECHO_CLOSE_ABNORMAL, "connection lost");
    thread->counters->open--;
    thread->counters->closed[echo_counters_close_kind(connection->end_code)]++;
    if (thread->vhost->options.max_connections_per_address) {
        network = echo_address_network(&connection->peer);
        echo_census_remove(&thread->census, &network);
    }
    if (lwsl_visible(LLL_INFO))
        log_end(connection);
}

static void log_refusal(struct lws *wsi, const struct echo_vhost *vhost, enum echo_refusal refusal,
                        unsigned status)
{
    struct echo_address peer = echo_peer_find(wsi, &vhost->options);
    const char *reason = echo_counters_refusal_name(refusal);
    char line[ECHO_RECORD_MAX];
    char time[ECHO_TIMESTAMP_ROOM];

    echo_timestamp_write(time);
    if ((is_json(vhost) ? echo_refusal_write_json(&peer, reason, status, time, line, sizeof(line))
                        : echo_refusal_write_text(&peer, reason, status, line, sizeof(line))) > 0)
        write_line(vhost, line);
}

int echo_journal_refuse(struct lws *wsi, const struct echo_vhost *vhost, enum echo_refusal refusal,
                        unsigned status, const char *sentence)
{
    if (vhost) {
        vhost->threads[lws_get_tsi(wsi)].counters->refused[refusal]++;
        if (lwsl_visible(LLL_INFO))
            log_refusal(wsi, vhost, refusal, status);
    }

    return echo_http_refuse(wsi, status, sentence);
}
