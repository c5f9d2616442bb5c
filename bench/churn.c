#include <stdio.h>

#include "clock.h"
#include "load.h"
#include "modes.h"
#include "report.h"
#include "window.h"

static int opened(struct load *load, struct connection *connection)
{
    uint64_t now_ns = clock_ns();

    if (connection->index < load->arguments->idle)
        return 0;
    if (load->measuring)
        histogram_record(&load->latency, now_ns - connection->begun_ns, 1);

    return connection_release(load, connection, 1, now_ns);
}

static int came(struct load *load, struct connection *connection, uint64_t messages)
{
    (void)messages; /* one */

    return connection_close(load, connection);
}

static int ended(struct load *load, struct connection *connection)
{
    connection_drop(connection);
    load->open--;
    load->done++;

    return load_spend(load, 1) ? connection_begin(load, connection) : 0;
}

static const struct load_mode mode = {
    .spreads_sources = true,
    .opened = opened,
    .came = came,
    .ended = ended,
};

static int start_connections(struct load *load, uint64_t budget)
{
    load->budget = budget;
    for (uint64_t i = 0; i < load->arguments->connections; i++) {
        struct connection *connection = &load->connections[load->arguments->idle + i];

        if (load_spend(load, 1) && connection_begin(load, connection))
            return -1;
    }

    return 0;
}

static int measure(struct load *load)
{
    const struct arguments *arguments = load->arguments;
    struct window window;
    uint64_t budget = arguments->messages ? arguments->messages : LOAD_UNLIMITED;

    if (load_open(load, arguments->idle))
        return -1;
    if (arguments->warmup_s > 0 &&
        (start_connections(load, LOAD_UNLIMITED) || load_step_for(load, arguments->warmup_s)))
        return -1;
    /* a count starts at rest, a timed run under full load */
    if (arguments->messages && load_drain(load))
        return -1;
    if (window_begin(&window, load))
        return -1;
    if ((arguments->messages || arguments->warmup_s <= 0) && start_connections(load, budget))
        return -1;
    if (arguments->messages) {
        while (load->done - window.done < arguments->messages)
            if (load_step(load, UINT64_MAX))
                return -1;
    } else if (load_step_for(load, arguments->seconds)) {
        return -1;
    }
    if (window_end(&window, load) || load_drain(load))
        return -1;
    if (!window.done) {
        fputs("echo-load: no connection was completed in the time measured: try more --seconds\n",
              stderr);
        return -1;
    }

    return report_print(&window, load, "connections");
}

int churn(const struct arguments *arguments)
{
    return load_run(arguments, &mode, arguments->idle + arguments->connections, measure);
}
