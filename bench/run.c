#include <stdio.h>

#include "clock.h"
#include "load.h"
#include "modes.h"
#include "report.h"
#include "window.h"

static int opened(struct load *load, struct connection *connection)
{
    (void)load;
    (void)connection;

    return 0;
}

/* Sends as many messages as have come: the window slides. */
static int came(struct load *load, struct connection *connection, uint64_t messages)
{
    uint64_t now_ns = clock_ns();

    load_count(load, connection, messages, now_ns);
    messages = load_spend(load, messages);

    return messages ? connection_release(load, connection, messages, now_ns) : 0;
}

static const struct load_mode mode = {.opened = opened, .came = came};

/* Fills the windows of all connections that send messages. */
static int start_messages(struct load *load, uint64_t budget)
{
    const struct arguments *arguments = load->arguments;

    load->budget = budget;
    for (uint64_t i = 0; i < arguments->connections; i++) {
        uint64_t count = load_spend(load, arguments->in_flight);

        if (count &&
            connection_release(load, &load->connections[arguments->idle + i], count, clock_ns()))
            return -1;
    }

    return 0;
}

/* Measures for a time. */
static int measure_seconds(struct load *load, struct window *window)
{
    const struct arguments *arguments = load->arguments;

    if (start_messages(load, LOAD_UNLIMITED) || load_step_for(load, arguments->warmup_s) ||
        window_begin(window, load) || load_step_for(load, arguments->seconds) ||
        window_end(window, load))
        return -1;

    /* what is still on the way must be right, too */
    return load_drain(load);
}

/* Measures a number of messages. */
static int measure_messages(struct load *load, struct window *window)
{
    const struct arguments *arguments = load->arguments;

    if (arguments->warmup_s > 0 && (start_messages(load, LOAD_UNLIMITED) ||
                                    load_step_for(load, arguments->warmup_s) || load_drain(load)))
        return -1;
    if (window_begin(window, load) || start_messages(load, arguments->messages))
        return -1;
    while (load->done - window->done < arguments->messages)
        if (load_step(load, UINT64_MAX))
            return -1;

    return window_end(window, load);
}

static int measure(struct load *load)
{
    const struct arguments *arguments = load->arguments;
    struct window window;

    if (load_open(load, arguments->idle + arguments->connections))
        return -1;
    if (arguments->messages ? measure_messages(load, &window) : measure_seconds(load, &window))
        return -1;
    if (!window.done) {
        fputs("echo-load: no message came back in the time measured: try more --seconds\n", stderr);
        return -1;
    }

    return report_print(&window, load, "messages");
}

int run(const struct arguments *arguments)
{
    return load_run(arguments, &mode, arguments->idle + arguments->connections, measure);
}
