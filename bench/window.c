#include "window.h"

#include "clock.h"

static int read_clocks(struct window *window, const struct load *load)
{
    window->done = load->done;
    window->time_ns = clock_ns();
    window->client_ns = cpu_own();

    return cpu_read(&load->cpu, &window->server_ns);
}

int window_begin(struct window *window, struct load *load)
{
    histogram_init(&load->latency);
    load->measuring = true;

    return read_clocks(window, load);
}

int window_end(struct window *window, struct load *load)
{
    struct window end;

    load->measuring = false;
    if (read_clocks(&end, load))
        return -1;
    window->done = end.done - window->done;
    window->time_ns = end.time_ns - window->time_ns;
    window->client_ns = end.client_ns - window->client_ns;
    window->server_ns = end.server_ns - window->server_ns;

    return 0;
}
