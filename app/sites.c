#include "sites.h"

#include "host_message.h"

#define SWEEP_MS 1000

static size_t tell(struct site *site, int message)
{
    size_t count = 0;

    site_tell(site, message, &count);

    return count;
}

/* Closes former sites that have no connection left. */
static void sweep(struct sites *sites)
{
    struct site **place = &sites->former;

    while (*place) {
        struct site *site = *place;

        if (tell(site, ECHO_HOST_COUNT)) {
            place = &site->next;
            continue;
        }
        *place = site->next;
        sites->former_count--;
        site_close(site);
    }
    if (!sites->former)
        uv_timer_stop(&sites->sweep);
}

static void on_sweep(uv_timer_t *timer)
{
    sweep(timer->data);
}

int sites_init(struct sites *sites, uv_loop_t *loop, struct site *first)
{
    *sites = (struct sites){.current = first};
    sites->sweep.data = sites;

    return uv_timer_init(loop, &sites->sweep);
}

bool sites_have_room(struct sites *sites)
{
    sweep(sites);

    return sites->former_count < SITES_FORMER_MAX;
}

void sites_change(struct sites *sites, struct site *site)
{
    sites->current->next = sites->former;
    sites->former = sites->current;
    sites->former_count++;
    sites->current = site;
    uv_timer_start(&sites->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

size_t sites_tell(struct sites *sites, int message)
{
    size_t count = tell(sites->current, message);

    for (struct site *site = sites->former; site; site = site->next)
        count += tell(site, message);

    return count;
}

void sites_close(struct sites *sites)
{
    uv_close((uv_handle_t *)&sites->sweep, NULL);
}
