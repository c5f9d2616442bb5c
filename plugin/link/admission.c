#include "link/admission.h"

#include "link/access_log.h"
#include "link/http.h"

bool admission_needs_peer(const struct vhost *vhost)
{
    return access_log_is_on() || vhost->options.max_connections_per_address;
}

struct requirements_load admission_load(const struct thread *thread, const struct address *peer)
{
    struct requirements_load load = {.open = thread->counters->open};
    struct address network;

    if (thread->vhost->options.max_connections_per_address) {
        network = address_network(peer);
        load.open_of_peer = address_counts_get(&thread->address_counts, &network);
    }

    return load;
}

int admission_enter(struct connection *connection)
{
    struct thread *thread = connection->thread;
    struct address network;

    if (thread->vhost->options.max_connections_per_address) {
        network = address_network(&connection->peer);
        if (address_counts_add(&thread->address_counts, &network))
            return -1;
    }
    thread->counters->open++;
    thread->counters->opened++;

    return 0;
}

void admission_leave(struct connection *connection)
{
    struct thread *thread = connection->thread;
    struct address network;

    thread->counters->open--;
    thread->counters->closed[counters_close_kind(connection->end_code)]++;
    if (thread->vhost->options.max_connections_per_address) {
        network = address_network(&connection->peer);
        address_counts_remove(&thread->address_counts, &network);
    }
    if (access_log_is_on())
        access_log_end(connection);
}

int admission_refuse(struct lws *wsi, const struct vhost *vhost, const struct address *peer,
                     enum refusal refusal, unsigned status, const char *sentence)
{
    if (vhost) {
        thread_of(wsi, vhost)->counters->refused[refusal]++;
        if (access_log_is_on())
            access_log_refusal(vhost, peer, refusal, status);
    }

    return http_refuse(wsi, status, sentence);
}
