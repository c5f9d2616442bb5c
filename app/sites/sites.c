#include "sites/sites.h"

#include "base/log.h"
#include "echo_host.h"

#define SWEEP_MS 1000

static void push(struct site **list, struct site *site)
{
    site->next = *list;
    *list = site;
}

static struct site *pop(struct site **list)
{
    struct site *site = *list;

    if (site)
        *list = site->next;

    return site;
}

static void free_all(struct site **list)
{
    struct site *site;

    while ((site = pop(list)))
        site_free(site);
}

/*
 * libwebsockets closes a descriptor of each context twice: at once, and when libuv has closed its
 * handle. A descriptor opened in between could be closed by mistake. So closing starts here, just
 * before libuv closes handles. It takes two iterations of the loop: one for what was open, and one
 * for what that leaves.
 */
static void on_turn_end(uv_check_t *turn_end)
{
    struct sites *sites = turn_end->data;
    struct site *site;

    free_all(&sites->closed);
    sites->closed = sites->closing;
    sites->closing = NULL;
    while ((site = pop(&sites->doomed))) {
        site_close(site);
        push(&sites->closing, site);
    }
    if (!sites->closing && !sites->closed) {
        uv_check_stop(turn_end);
        uv_idle_stop(&sites->no_wait);
    }
}

static void do_nothing(uv_idle_t *idle)
{
    (void)idle;
}

/* Schedules @site for closing. */
static void doom(struct sites *sites, struct site *site)
{
    push(&sites->doomed, site);
    uv_check_start(&sites->turn_end, on_turn_end);
    uv_idle_start(&sites->no_wait, do_nothing); /* so that the loop does not wait for input */
}

/* Closes former sites without connections. */
static void close_unused(struct sites *sites)
{
    struct site *all = sites->former;
    struct site *site;

    sites->former = NULL;
    sites->former_count = 0;
    while ((site = pop(&all)))
        if (site_tell(site, ECHO_HOST_COUNT)) {
            push(&sites->former, site);
            sites->former_count++;
        } else {
            doom(sites, site);
        }
}

static void on_sweep(uv_timer_t *timer)
{
    struct sites *sites = timer->data;

    close_unused(sites);
    if (!sites->former)
        uv_timer_stop(timer);
}

void sites_init(struct sites *sites, struct host *host, const struct tls_common *tls,
                bool has_admin)
{
    *sites = (struct sites){.host = host, .tls = tls, .has_admin = has_admin};
    sites->sweep.data = sites->turn_end.data = sites;
    /* these always succeed */
    uv_check_init(&host->loop, &sites->turn_end);
    uv_idle_init(&host->loop, &sites->no_wait);
    uv_timer_init(&host->loop, &sites->sweep);
}

int sites_change(struct sites *sites, const struct config *config)
{
    struct site *site;
    int failure;

    close_unused(sites);
    if (sites->former_count == SITES_FORMER_MAX) {
        log_say(LLL_ERR, "connections of %d former configurations are still open",
                SITES_FORMER_MAX);
        return -1;
    }

    failure = site_open(&site, sites->host, config, sites->tls, sites->has_admin);
    if (failure && site) {
        doom(sites, site);
    } else if (!failure && sites->current) {
        push(&sites->former, sites->current);
        sites->former_count++;
    }
    if (!failure)
        sites->current = site;
    if (sites->former)
        uv_timer_start(&sites->sweep, on_sweep, SWEEP_MS, SWEEP_MS);

    return failure;
}

size_t sites_tell(struct sites *sites, int message)
{
    size_t count = site_tell(sites->current, message);

    for (struct site *site = sites->former; site; site = site->next)
        count += site_tell(site, message);

    return count;
}

void sites_close(struct sites *sites)
{
    struct site *site;

    if (sites->current)
        doom(sites, sites->current);
    sites->current = NULL;
    while ((site = pop(&sites->former)))
        doom(sites, site);
    uv_close((uv_handle_t *)&sites->sweep, NULL);
    uv_close((uv_handle_t *)&sites->turn_end, NULL);
    uv_close((uv_handle_t *)&sites->no_wait, NULL);
    on_turn_end(&sites->turn_end);
    uv_run(&sites->host->loop, UV_RUN_DEFAULT);
    free_all(&sites->closed);
    free_all(&sites->closing);
}
