#include "status/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/info.h"
#include "core/metrics.h"
#include "link/http.h"
#include "link/thread.h"

static int fail(struct lws *wsi)
{
    return http_refuse(wsi, HTTP_STATUS_INTERNAL_SERVER_ERROR,
                       "The server has more to say than fits.");
}

static int serve_info(struct lws *wsi, const struct vhost *vhost)
{
    char body[LWS_PRE + INFO_MAX];
    int bytes = info_write(&vhost->options, ECHO_VERSION, lws_get_library_version(), body + LWS_PRE,
                           INFO_MAX);

    return bytes < 0 ? fail(wsi)
                     : http_serve(wsi, HTTP_STATUS_OK, "application/json",
                                  (unsigned char *)body + LWS_PRE, (size_t)bytes);
}

static int serve_health(struct lws *wsi, const struct vhost *vhost)
{
    bool draining = vhost->going_away || thread_of(wsi, vhost)->slot->draining;
    unsigned status = draining ? HTTP_STATUS_SERVICE_UNAVAILABLE : HTTP_STATUS_OK;
    unsigned char body[LWS_PRE + 16];
    int bytes = snprintf((char *)body + LWS_PRE, sizeof(body) - LWS_PRE, "%s\n",
                         draining ? "draining" : "ok");

    return http_serve(wsi, status, "text/plain; charset=utf-8", body + LWS_PRE, (size_t)bytes);
}

/* Returns the resident memory of a process in bytes, or 0 if there is no such process. */
static uint64_t resident_bytes(uint64_t pid)
{
    char name[48];
    char line[128] = "";
    FILE *statm;
    char *resident;

    snprintf(name, sizeof(name), "/proc/%" PRIu64 "/statm", pid);
    statm = fopen(name, "re");
    if (!statm)
        return 0;
    if (!fgets(line, sizeof(line), statm))
        line[0] = '\0';
    fclose(statm);
    resident = strchr(line, ' '); /* the second number, in pages */

    return resident ? strtoull(resident, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static int serve_metrics(struct lws *wsi, const struct vhost *vhost)
{
    struct metrics_facts facts = {
        .version = ECHO_VERSION,
        .libwebsockets = lws_get_library_version(),
    };
    char body[LWS_PRE + METRICS_MAX];
    struct counters_sum sum;
    int bytes;

    counters_add_up(&vhost->board, &sum);
    for (size_t i = 0; i < vhost->board.count; i++) {
        uint64_t pid = vhost->board.slots[i].pid;
        uint64_t resident = 0;

        if (pid && (!i || pid != vhost->board.slots[i - 1].pid)) /* threads of a process share it */
            resident = resident_bytes(pid);
        facts.processes += resident != 0;
        facts.resident_bytes += resident;
    }
    bytes = metrics_write(&sum, &facts, body + LWS_PRE, METRICS_MAX);

    return bytes < 0 ? fail(wsi)
                     : http_serve(wsi, HTTP_STATUS_OK, METRICS_TYPE,
                                  (unsigned char *)body + LWS_PRE, (size_t)bytes);
}

const struct endpoint status_info = {.request = serve_info};
const struct endpoint status_health = {.request = serve_health};
const struct endpoint status_metrics = {.request = serve_metrics};
