#include "link/protocol.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "echo_host.h"
#include "link/closing.h"
#include "link/compression.h"
#include "link/output.h"
#include "link/pass.h"
#include "link/pinger.h"
#include "link/tail.h"
#include "link/upgrade.h"

/* Options that libwebsockets itself reads from the same list. */
static const char *const host_options[] = {"default", "raw", "status", "basic-auth"};

static bool is_host_option(const char *key)
{
    for (size_t i = 0; i < LWS_ARRAY_SIZE(host_options); i++)
        if (!strcmp(key, host_options[i]))
            return true;

    return false;
}

static int read_options(struct options *out, const struct lws_protocol_vhost_options *option,
                        struct setting_error *error)
{
    setting_defaults(options_table(), out);

    for (; option; option = option->next) {
        if (is_host_option(option->name))
            continue;
        if (setting_set(options_table(), out, option->name, option->value, error))
            return -1;
    }

    return options_check(out, false, error);
}

static bool has_option(const struct lws_protocol_vhost_options *option, const char *key)
{
    while (option && strcmp(option->name, key) != 0)
        option = option->next;

    return option != NULL;
}

/* Takes the host's board and log, or allocates counters for the threads of the vhost. */
static int board_init(struct vhost *vhost, const struct echo_host *host, size_t threads)
{
    if (host) {
        vhost->board = host->board;
        vhost->log = host->log;
        return 0;
    }

    vhost->slots = calloc(threads, sizeof(*vhost->slots));
    vhost->board = (struct counters_board){.slots = vhost->slots, .count = threads};

    return vhost->slots ? 0 : -1;
}

static int thread_init(struct thread *thread, struct vhost *vhost, struct lws_context *context,
                       int tsi)
{
    const struct options *options = &vhost->options;
    const struct keepalive_times times = {
        .interval_ms = options->ping_interval_ms,
        .pong_ms = options->pong_timeout_ms,
        .write_ms = options->write_timeout_ms,
    };
    size_t payload_max = options_read_bytes(options);
    uint64_t key;

    thread->vhost = vhost;
    thread->context = context;
    thread->tsi = tsi;
    thread->liveness_due_us = INT64_MAX;
    thread->on_pass_end = output_end_pass;
    thread->on_liveness_due = pinger_due;
    thread->on_tail_due = output_tail_due;
    thread->on_unusable = closing_unusable;
    thread->slot = &vhost->board.slots[vhost->slots ? (size_t)tsi : vhost->board.own];
    thread->counters = &thread->slot->counters;
    counters_begin(thread->slot, (uint64_t)getpid(), (uint64_t)time(NULL));
    if (lws_get_random(context, &key, sizeof(key)) != sizeof(key))
        return -1;
    address_counts_init(&thread->address_counts, key);
    keepalive_init(&thread->keepalive, times);
    if (options->compression != COMPRESSION_OFF && compression_thread_init(thread, &payload_max))
        return -1;

    return cork_init(&thread->cork, payload_max + TAIL_MAX_BYTES);
}

static void thread_fini(struct thread *thread)
{
    upgrade_end(&thread->upgrade);
    pass_cancel(thread);
    lws_sul_cancel(&thread->liveness_timer);
    lws_sul_cancel(&thread->tail_timer);
    cork_fini(&thread->cork);
    address_counts_fini(&thread->address_counts);
    compression_thread_fini(thread);
}

static void threads_fini(struct vhost *vhost)
{
    for (int tsi = 0; tsi < vhost->thread_count; tsi++)
        thread_fini(&vhost->threads[tsi]);
    free(vhost->threads);
    free(vhost->slots);
    vhost->threads = NULL;
    vhost->slots = NULL;
    vhost->thread_count = 0;
}

/* Returns 0, or -1 if memory or randomness is short; then nothing is held. */
static int threads_init(struct vhost *vhost, const struct echo_host *host,
                        struct lws_context *context)
{
    int count = lws_get_count_threads(context);

    vhost->threads = calloc((size_t)count, sizeof(*vhost->threads));
    if (!vhost->threads || board_init(vhost, host, (size_t)count))
        goto fail;

    for (int tsi = 0; tsi < count; tsi++) {
        vhost->thread_count = tsi + 1;
        if (thread_init(&vhost->threads[tsi], vhost, context, tsi))
            goto fail;
    }

    return 0;

fail:
    threads_fini(vhost);

    return -1;
}

/*
 * The vhost has its own copy of struct lws_protocols on the heap, so these sizes only apply to this
 * vhost.
 */
static void set_protocol_sizes(struct lws *wsi, const struct vhost *vhost)
{
    struct lws_protocols *protocol = (struct lws_protocols *)lws_get_protocol(wsi);

    protocol->rx_buffer_size = options_read_bytes(&vhost->options);
    /* send a whole cork at once: smaller sends multiply the CPU time of large messages */
    protocol->tx_packet_size = vhost->threads[0].cork.capacity_bytes;
}

int protocol_init(struct lws *wsi, const struct lws_protocol_vhost_options *options)
{
    const struct echo_host *host = lws_get_protocol(wsi)->user;
    struct setting_error error;
    struct vhost *vhost;

    if (!options)
        return 0;

    /* must come first: libwebsockets 4.1 crashes if a vhost without this is refused */
    vhost = lws_protocol_vh_priv_zalloc(lws_get_vhost(wsi), lws_get_protocol(wsi), sizeof(*vhost));
    if (!vhost)
        goto no_memory;

    if (host && strcmp(host->version, ECHO_VERSION) != 0) {
        lwsl_err(PROTOCOL_NAME ": the host is built for version %s of the plugin, and this is %s\n",
                 host->version, ECHO_VERSION);
        return -1;
    }
    if (host && host->options) {
        vhost->options = *host->options;
    } else if (read_options(&vhost->options, options, &error)) {
        lwsl_err(PROTOCOL_NAME ": \"%s\": %s\n", error.key, error.text);
        return -1;
    }

    if (threads_init(vhost, host, lws_get_context(wsi)))
        goto no_memory;
    set_protocol_sizes(wsi, vhost);
    vhost->may_rename = vhost->thread_count == 1 && !has_option(options, "basic-auth");

    return 0;

no_memory:
    lwsl_err(PROTOCOL_NAME ": out of memory\n");
    return -1;
}

int protocol_destroy(struct lws *wsi)
{
    struct vhost *vhost = vhost_get(wsi);

    if (vhost)
        threads_fini(vhost);

    return 0;
}
