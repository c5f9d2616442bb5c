#include <stdio.h>

#include "core/keepalive.h"
#include "runner.h"

/* No clock is read: every time is a number of this file. */
#define SECOND ((int64_t)1000000)
#define MS ((uint64_t)1000)

#define INTERVAL_S 10
#define TIMEOUT_S 3
#define WRITE_S 8
#define INTERVAL (INTERVAL_S * SECOND)
#define TIMEOUT (TIMEOUT_S * SECOND)
#define LOOK (WRITE_S * SECOND / 4)

static void init(struct keepalive *keepalive, uint64_t interval_s, uint64_t pong_s)
{
    const struct keepalive_times times = {interval_s * MS, pong_s * MS, WRITE_S * MS};

    keepalive_init(keepalive, times);
}

/* Says whether the next thing due at @now_us is @event for @entry. */
static bool next_is(struct keepalive *keepalive, int64_t now_us, enum keepalive_event event,
                    const struct keepalive_entry *entry)
{
    struct keepalive_entry *found = NULL;

    return keepalive_next(keepalive, now_us, &found) == event && found == entry;
}

static bool nothing_until(struct keepalive *keepalive, int64_t now_us)
{
    return next_is(keepalive, now_us, KEEPALIVE_NOTHING, NULL);
}

static bool pings(struct keepalive *keepalive, int64_t now_us, const struct keepalive_entry *entry)
{
    return next_is(keepalive, now_us, KEEPALIVE_PING, entry);
}

static bool drops(struct keepalive *keepalive, int64_t now_us, const struct keepalive_entry *entry)
{
    return next_is(keepalive, now_us, KEEPALIVE_DROP, entry);
}

static bool checks(struct keepalive *keepalive, int64_t now_us, const struct keepalive_entry *entry)
{
    return next_is(keepalive, now_us, KEEPALIVE_CHECK, entry);
}

static void a_ping_is_due_after_the_interval_and_not_a_microsecond_before(void)
{
    static const struct {
        const char *name;
        uint64_t interval_s;
        int64_t added_us;
    } rows[] = {
        {"from the clock's start", 10, 0},
        {"a second", 1, 123456},
        {"the default, after weeks", 120, 5000000 * SECOND + 7},
        {"a day, after years", 86400, 100000000 * SECOND + 999999},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t due_us = rows[i].added_us + (int64_t)rows[i].interval_s * SECOND;
        struct keepalive_entry entry = {0};
        struct keepalive keepalive;

        init(&keepalive, rows[i].interval_s, TIMEOUT_S);
        keepalive_add(&keepalive, &entry, rows[i].added_us);
        CHECK_ROW(keepalive_due(&keepalive) == due_us, rows[i].name);
        CHECK_ROW(nothing_until(&keepalive, rows[i].added_us), rows[i].name);
        CHECK_ROW(nothing_until(&keepalive, due_us - 1), rows[i].name);
        CHECK_ROW(pings(&keepalive, due_us, &entry), rows[i].name);
        CHECK_ROW(nothing_until(&keepalive, due_us), rows[i].name);
    }
}

static void bytes_received_postpone_the_ping(void)
{
    struct keepalive_entry entry = {0};
    struct keepalive keepalive;

    init(&keepalive, INTERVAL_S, TIMEOUT_S);
    keepalive_add(&keepalive, &entry, 0);
    keepalive_received(&keepalive, &entry, false, 4 * SECOND);
    keepalive_received(&keepalive, &entry, false, 9 * SECOND);
    CU_ASSERT_EQUAL(keepalive_due(&keepalive), 9 * SECOND + INTERVAL);
    CU_ASSERT_TRUE(nothing_until(&keepalive, 9 * SECOND + INTERVAL - 1));
    CU_ASSERT_TRUE(pings(&keepalive, 9 * SECOND + INTERVAL, &entry));
}

static void the_longest_silent_is_pinged_first(void)
{
    struct keepalive_entry a = {0};
    struct keepalive_entry b = {0};
    struct keepalive_entry c = {0};
    struct keepalive keepalive;

    init(&keepalive, INTERVAL_S, TIMEOUT_S);
    keepalive_add(&keepalive, &a, 0);
    keepalive_add(&keepalive, &b, 1);
    keepalive_add(&keepalive, &c, 1);
    keepalive_received(&keepalive, &a, false, 2);

    CU_ASSERT_TRUE(pings(&keepalive, 1 + INTERVAL, &b));
    CU_ASSERT_TRUE(pings(&keepalive, 1 + INTERVAL, &c));
    CU_ASSERT_TRUE(nothing_until(&keepalive, 1 + INTERVAL));
    CU_ASSERT_TRUE(pings(&keepalive, 2 + INTERVAL, &a));
    CU_ASSERT_TRUE(nothing_until(&keepalive, 2 + INTERVAL));
}

static void a_missing_pong_drops_and_detaches(void)
{
    const int64_t pinged_us = INTERVAL + 5;
    struct keepalive_entry entry = {0};
    struct keepalive keepalive;

    init(&keepalive, INTERVAL_S, TIMEOUT_S);
    keepalive_add(&keepalive, &entry, 0);
    CU_ASSERT_TRUE(pings(&keepalive, pinged_us, &entry));
    CU_ASSERT_EQUAL(keepalive_due(&keepalive), pinged_us + TIMEOUT);
    CU_ASSERT_TRUE(nothing_until(&keepalive, pinged_us + TIMEOUT - 1));
    CU_ASSERT_TRUE(drops(&keepalive, pinged_us + TIMEOUT, &entry));

    CU_ASSERT_EQUAL(keepalive_due(&keepalive), INT64_MAX);
    keepalive_received(&keepalive, &entry, false, pinged_us + TIMEOUT);
    keepalive_pong(&keepalive, &entry, pinged_us + TIMEOUT);
    keepalive_remove(&entry);
    CU_ASSERT_EQUAL(keepalive_due(&keepalive), INT64_MAX);
    CU_ASSERT_TRUE(nothing_until(&keepalive, 1000 * INTERVAL));
}

static void the_longest_awaited_is_dropped_first(void)
{
    struct keepalive_entry a = {0};
    struct keepalive_entry b = {0};
    struct keepalive keepalive;

    init(&keepalive, INTERVAL_S, TIMEOUT_S);
    keepalive_add(&keepalive, &a, 0);
    keepalive_add(&keepalive, &b, 1);
    CU_ASSERT_TRUE(pings(&keepalive, INTERVAL, &a));
    CU_ASSERT_TRUE(pings(&keepalive, INTERVAL + 1, &b));

    CU_ASSERT_TRUE(drops(&keepalive, INTERVAL + TIMEOUT, &a));
    CU_ASSERT_TRUE(nothing_until(&keepalive, INTERVAL + TIMEOUT));
    CU_ASSERT_TRUE(drops(&keepalive, INTERVAL + TIMEOUT + 1, &b));
}

static void other_bytes_do_not_stand_for_the_pong(void)
{
    struct keepalive_entry entry = {0};
    struct keepalive keepalive;

    init(&keepalive, INTERVAL_S, TIMEOUT_S);
    keepalive_add(&keepalive, &entry, 0);
    CU_ASSERT_TRUE(pings(&keepalive, INTERVAL, &entry));
    keepalive_received(&keepalive, &entry, false, INTERVAL + 1);
    keepalive_received(&keepalive, &entry, false, INTERVAL + TIMEOUT - 1);
    CU_ASSERT_EQUAL(keepalive_due(&keepalive), INTERVAL + TIMEOUT);
    CU_ASSERT_TRUE(drops(&keepalive, INTERVAL + TIMEOUT, &entry));
}

static void inside_a_frame_a_pong_has_the_whole_time_again(void)
{
    struct keepalive_entry entry = {0};
    struct keepalive keepalive;

    init(&keepalive, INTERVAL_S, TIMEOUT_S);
    keepalive_add(&keepalive, &entry, 0);
    keepalive_received(&keepalive, &entry, true, 1);
    CU_ASSERT_TRUE(nothing_until(&keepalive, INTERVAL));
    CU_ASSERT_TRUE(pings(&keepalive, INTERVAL + 1, &entry));

    keepalive_received(&keepalive, &entry, true, INTERVAL + 1 + TIMEOUT);
    CU_ASSERT_TRUE(nothing_until(&keepalive, INTERVAL + TIMEOUT + TIMEOUT));
    CU_ASSERT_TRUE(drops(&keepalive, INTERVAL + 1 + TIMEOUT + TIMEOUT, &entry));
    keepalive_received(&keepalive, &entry, true, 2 * INTERVAL);
    CU_ASSERT_EQUAL(keepalive_due(&keepalive), INT64_MAX);
}

static void a_pong_ends_the_wait_and_starts_a_new_interval(void)
{
    const int64_t pong_us = INTERVAL + TIMEOUT - 1;
    struct keepalive_entry entry = {0};
    struct keepalive keepalive;

    init(&keepalive, INTERVAL_S, TIMEOUT_S);
    keepalive_add(&keepalive, &entry, 0);
    CU_ASSERT_TRUE(pings(&keepalive, INTERVAL, &entry));
    keepalive_pong(&keepalive, &entry, pong_us);
    CU_ASSERT_EQUAL(keepalive_due(&keepalive), pong_us + INTERVAL);
    CU_ASSERT_TRUE(nothing_until(&keepalive, pong_us + INTERVAL - 1));
    CU_ASSERT_TRUE(pings(&keepalive, pong_us + INTERVAL, &entry));
    CU_ASSERT_EQUAL(keepalive_due(&keepalive), pong_us + INTERVAL + TIMEOUT);
}

static void a_pong_nobody_waits_for_postpones_the_ping(void)
{
    struct keepalive_entry entry = {0};
    struct keepalive keepalive;

    init(&keepalive, INTERVAL_S, TIMEOUT_S);
    keepalive_add(&keepalive, &entry, 0);
    keepalive_pong(&keepalive, &entry, 6);
    CU_ASSERT_TRUE(nothing_until(&keepalive, 5 + INTERVAL));
    CU_ASSERT_TRUE(pings(&keepalive, 6 + INTERVAL, &entry));
}

static void without_a_timeout_silence_is_pinged_each_interval(void)
{
    struct keepalive_entry entry = {0};
    struct keepalive keepalive;

    init(&keepalive, INTERVAL_S, 0);
    keepalive_add(&keepalive, &entry, 0);
    for (int64_t now_us = INTERVAL; now_us <= 5 * INTERVAL; now_us += INTERVAL) {
        CU_ASSERT_EQUAL(keepalive_due(&keepalive), now_us);
        CU_ASSERT_TRUE(nothing_until(&keepalive, now_us - 1));
        CU_ASSERT_TRUE(pings(&keepalive, now_us, &entry));
        CU_ASSERT_TRUE(nothing_until(&keepalive, now_us));
    }
    keepalive_received(&keepalive, &entry, false, 5 * INTERVAL + 1);
    CU_ASSERT_EQUAL(keepalive_due(&keepalive), 6 * INTERVAL + 1);
}

static void without_an_interval_nothing_is_ever_due(void)
{
    static const struct {
        const char *name;
        uint64_t timeout_s;
    } rows[] = {
        {"without a timeout", 0},
        {"with a timeout", TIMEOUT_S},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct keepalive_entry entry = {0};
        struct keepalive keepalive;

        init(&keepalive, 0, rows[i].timeout_s);
        keepalive_add(&keepalive, &entry, 0);
        keepalive_received(&keepalive, &entry, false, 1);
        keepalive_resume(&keepalive, &entry, 2);
        keepalive_pong(&keepalive, &entry, 3);
        CHECK_ROW(keepalive_due(&keepalive) == INT64_MAX, rows[i].name);
        CHECK_ROW(nothing_until(&keepalive, 1000 * INTERVAL), rows[i].name);
        keepalive_remove(&entry);
    }
}

static void due_is_the_earlier_of_ping_and_drop(void)
{
    static const struct {
        const char *name;
        uint64_t interval_s;
        uint64_t timeout_s;
        int64_t idle_us;    /* when somebody was heard of last; -1: nobody is idle */
        int64_t awaited_us; /* when somebody was pinged; -1: nobody was */
        int64_t due_us;
    } rows[] = {
        {"nobody", 10, 3, -1, -1, INT64_MAX},
        {"one is idle", 10, 3, 200 * SECOND, -1, 210 * SECOND},
        {"one is awaited", 10, 3, -1, 200 * SECOND, 203 * SECOND},
        {"the drop comes first", 10, 3, 201 * SECOND, 200 * SECOND, 203 * SECOND},
        {"the ping comes first", 10, 30, 201 * SECOND, 200 * SECOND, 211 * SECOND},
        {"both at once", 10, 30, 220 * SECOND, 200 * SECOND, 230 * SECOND},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct keepalive_entry idle = {0};
        struct keepalive_entry awaited = {0};
        struct keepalive keepalive;

        init(&keepalive, rows[i].interval_s, rows[i].timeout_s);
        if (rows[i].awaited_us >= 0) {
            keepalive_add(&keepalive, &awaited, 0);
            CHECK_ROW(pings(&keepalive, rows[i].awaited_us, &awaited), rows[i].name);
        }
        if (rows[i].idle_us >= 0)
            keepalive_add(&keepalive, &idle, rows[i].idle_us);
        CHECK_ROW(keepalive_due(&keepalive) == rows[i].due_us, rows[i].name);
    }
}

static void a_removed_entry_is_never_due(void)
{
    static const struct {
        const char *name;
        size_t removed;
        bool awaited;
    } rows[] = {
        {"first of the idle", 0, false}, {"amid the idle", 1, false},
        {"last of the idle", 2, false},  {"first of the awaited", 0, true},
        {"amid the awaited", 1, true},   {"last of the awaited", 2, true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct keepalive_entry entries[3] = {0};
        struct keepalive keepalive;
        int64_t now_us = INTERVAL;

        init(&keepalive, INTERVAL_S, TIMEOUT_S);
        for (size_t e = 0; e < 3; e++)
            keepalive_add(&keepalive, &entries[e], 0);
        for (size_t e = 0; e < 3 && rows[i].awaited; e++)
            CHECK_ROW(pings(&keepalive, now_us, &entries[e]), rows[i].name);

        keepalive_remove(&entries[rows[i].removed]);
        keepalive_remove(&entries[rows[i].removed]);
        if (rows[i].awaited)
            now_us += TIMEOUT;
        for (size_t e = 0; e < 3; e++)
            if (e != rows[i].removed)
                CHECK_ROW(next_is(&keepalive, now_us,
                                  rows[i].awaited ? KEEPALIVE_DROP : KEEPALIVE_PING, &entries[e]),
                          rows[i].name);
        CHECK_ROW(nothing_until(&keepalive, now_us), rows[i].name);
    }
}

static void removing_the_last_one_leaves_nothing_due(void)
{
    struct keepalive_entry entry = {0};
    struct keepalive keepalive;

    init(&keepalive, INTERVAL_S, TIMEOUT_S);
    keepalive_remove(&entry);
    keepalive_add(&keepalive, &entry, 0);
    keepalive_remove(&entry);
    CU_ASSERT_EQUAL(keepalive_due(&keepalive), INT64_MAX);

    keepalive_add(&keepalive, &entry, 0);
    CU_ASSERT_TRUE(pings(&keepalive, INTERVAL, &entry));
    keepalive_remove(&entry);
    CU_ASSERT_EQUAL(keepalive_due(&keepalive), INT64_MAX);
}

static void an_entry_can_be_added_anew(void)
{
    struct keepalive_entry entry = {0};
    struct keepalive keepalive;

    init(&keepalive, INTERVAL_S, TIMEOUT_S);
    keepalive_add(&keepalive, &entry, 0);
    CU_ASSERT_TRUE(pings(&keepalive, INTERVAL, &entry));
    CU_ASSERT_TRUE(drops(&keepalive, INTERVAL + TIMEOUT, &entry));

    keepalive_add(&keepalive, &entry, 2 * INTERVAL);
    keepalive_received(&keepalive, &entry, false, 2 * INTERVAL + 1);
    CU_ASSERT_TRUE(nothing_until(&keepalive, 3 * INTERVAL));
    CU_ASSERT_TRUE(pings(&keepalive, 3 * INTERVAL + 1, &entry));
}

static void who_stalls_has_the_whole_time_again(void)
{
    const int64_t back_us = 5 * INTERVAL;
    const struct keepalive_times times = {INTERVAL_S * MS, TIMEOUT_S * MS, 0};
    struct keepalive_entry awaited = {0};
    struct keepalive_entry silent = {0};
    struct keepalive keepalive;

    keepalive_init(&keepalive, times);
    keepalive_add(&keepalive, &awaited, 0);
    CU_ASSERT_TRUE(pings(&keepalive, INTERVAL, &awaited));
    keepalive_add(&keepalive, &silent, INTERVAL);

    keepalive_stall(&keepalive, &awaited, INTERVAL);
    keepalive_stall(&keepalive, &silent, INTERVAL);
    CU_ASSERT_TRUE(nothing_until(&keepalive, back_us));
    CU_ASSERT_EQUAL(keepalive_due(&keepalive), INT64_MAX);

    keepalive_resume(&keepalive, &awaited, back_us);
    keepalive_resume(&keepalive, &silent, back_us);
    CU_ASSERT_TRUE(nothing_until(&keepalive, back_us + TIMEOUT - 1));
    CU_ASSERT_TRUE(drops(&keepalive, back_us + TIMEOUT, &awaited));
    CU_ASSERT_TRUE(nothing_until(&keepalive, back_us + INTERVAL - 1));
    CU_ASSERT_TRUE(pings(&keepalive, back_us + INTERVAL, &silent));
}

static void a_pong_counts_for_who_is_stalled(void)
{
    struct keepalive_entry entry = {0};
    struct keepalive keepalive;

    init(&keepalive, INTERVAL_S, TIMEOUT_S);
    keepalive_add(&keepalive, &entry, 0);
    CU_ASSERT_TRUE(pings(&keepalive, INTERVAL, &entry));
    keepalive_stall(&keepalive, &entry, INTERVAL);
    keepalive_pong(&keepalive, &entry, INTERVAL + 1);
    keepalive_received(&keepalive, &entry, false, INTERVAL + 1);
    CU_ASSERT_EQUAL(keepalive_due(&keepalive), INTERVAL + LOOK);
    keepalive_resume(&keepalive, &entry, INTERVAL + 2);
    CU_ASSERT_TRUE(nothing_until(&keepalive, 2 * INTERVAL + 1));
    CU_ASSERT_TRUE(pings(&keepalive, 2 * INTERVAL + 2, &entry));
}

/* The figures that are told at each look, and at which look it is stuck. */
static void who_takes_nothing_is_stuck(void)
{
    static const struct {
        const char *name;
        uint64_t interval_s;
        uint64_t taken[8];
        size_t stuck; /* none if there are not so many */
    } rows[] = {
        {"nothing ever", INTERVAL_S, {0}, 4},
        {"nothing more", INTERVAL_S, {7, 7, 7, 7, 7, 7, 7, 7}, 4},
        {"something at first", INTERVAL_S, {1, 2, 2, 2, 2, 2, 2, 2}, 5},
        {"something in the last moment", INTERVAL_S, {1, 1, 1, 1, 2, 2, 2, 2}, 8},
        {"something now and then", INTERVAL_S, {1, 1, 1, 2, 2, 2, 3, 3}, 8},
        {"a figure that goes back", INTERVAL_S, {UINT64_MAX, 5, 5, 5, 5, 5, 5, 5}, 5},
        {"without Pings", 0, {0}, 4},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct keepalive_entry entry = {0};
        struct keepalive keepalive;

        init(&keepalive, rows[i].interval_s, TIMEOUT_S);
        keepalive_add(&keepalive, &entry, 0);
        keepalive_stall(&keepalive, &entry, 1);
        for (size_t l = 0; l < 8 && l <= rows[i].stuck; l++) {
            int64_t now_us = 1 + ((int64_t)l + 1) * LOOK;

            CHECK_ROW(keepalive_due(&keepalive) == now_us, rows[i].name);
            CHECK_ROW(nothing_until(&keepalive, now_us - 1), rows[i].name);
            CHECK_ROW(checks(&keepalive, now_us, &entry), rows[i].name);
            CHECK_ROW(keepalive_is_stuck(&entry, rows[i].taken[l]) == (l == rows[i].stuck),
                      rows[i].name);
        }
        keepalive_remove(&entry);
        CHECK_ROW(keepalive_due(&keepalive) == INT64_MAX, rows[i].name);
    }
}

static void who_stalls_again_begins_anew(void)
{
    struct keepalive_entry entry = {0};
    struct keepalive keepalive;

    init(&keepalive, 0, 0);
    for (int stall = 0; stall < 2; stall++) {
        keepalive_stall(&keepalive, &entry, 0);
        for (int l = 0; l < 4; l++)
            CU_ASSERT_FALSE(keepalive_is_stuck(&entry, 1));
        keepalive_resume(&keepalive, &entry, 0);
        CU_ASSERT_EQUAL(keepalive_due(&keepalive), INT64_MAX);
    }
}

/*
 * The same thing without queues: every question looks at every entry. The two are driven by the
 * same random steps and must agree after each of them.
 */

#define MODEL_ENTRIES 50
#define MODEL_STEPS 5000

enum model_state { ABSENT, IDLE, AWAITING, STALLED };

struct model {
    int64_t interval_us;
    int64_t timeout_us;
    unsigned changes;
    struct {
        enum model_state state;
        bool awaiting; /* while it is stalled, too */
        int64_t since_us;
        unsigned change; /* orders those of one moment */
    } entries[MODEL_ENTRIES];
};

static void model_put(struct model *model, size_t e, enum model_state state, int64_t now_us)
{
    model->entries[e].state = state;
    if (state != STALLED)
        model->entries[e].awaiting = state == AWAITING;
    model->entries[e].since_us = now_us;
    model->entries[e].change = ++model->changes;
}

static int64_t model_entry_due(const struct model *model, size_t e)
{
    switch (model->entries[e].state) {
    case IDLE:
        return model->entries[e].since_us + model->interval_us;
    case AWAITING:
        return model->entries[e].since_us + model->timeout_us;
    case STALLED:
        return model->entries[e].since_us + LOOK;
    default:
        return INT64_MAX;
    }
}

static int64_t model_due(const struct model *model)
{
    int64_t due_us = INT64_MAX;

    for (size_t e = 0; e < MODEL_ENTRIES; e++)
        if (model_entry_due(model, e) < due_us)
            due_us = model_entry_due(model, e);

    return due_us;
}

/* Returns which one in @state is due at @now_us and has been so longest, or MODEL_ENTRIES. */
static size_t model_first(const struct model *model, enum model_state state, int64_t now_us)
{
    size_t first = MODEL_ENTRIES;

    for (size_t e = 0; e < MODEL_ENTRIES; e++)
        if (model->entries[e].state == state && model_entry_due(model, e) <= now_us &&
            (first == MODEL_ENTRIES || model->entries[e].change < model->entries[first].change))
            first = e;

    return first;
}

/* Says whether @event for @e is what the model expects, and does the same to the model. */
static bool model_takes(struct model *model, enum keepalive_event event, size_t e, int64_t now_us)
{
    switch (event) {
    case KEEPALIVE_PING:
        if (e != model_first(model, IDLE, now_us))
            return false;
        model_put(model, e, model->timeout_us ? AWAITING : IDLE, now_us);
        return true;
    case KEEPALIVE_DROP:
        if (e != model_first(model, AWAITING, now_us))
            return false;
        model->entries[e].state = ABSENT;
        return true;
    case KEEPALIVE_CHECK:
        if (e != model_first(model, STALLED, now_us))
            return false;
        model_put(model, e, STALLED, now_us);
        return true;
    default:
        return model_first(model, IDLE, now_us) == MODEL_ENTRIES &&
               model_first(model, AWAITING, now_us) == MODEL_ENTRIES &&
               model_first(model, STALLED, now_us) == MODEL_ENTRIES;
    }
}

static uint32_t random_below(uint32_t *state, uint32_t limit)
{
    /* xorshift32 */
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;

    return *state % limit;
}

/* Takes all that is due. Returns whether the model agreed each time; counts the events. */
static bool drain(struct keepalive *keepalive, struct model *model,
                  const struct keepalive_entry *entries, int64_t now_us, unsigned *events)
{
    enum keepalive_event event;

    do {
        struct keepalive_entry *found = NULL;

        event = keepalive_next(keepalive, now_us, &found);
        if (!model_takes(model, event, found ? (size_t)(found - entries) : MODEL_ENTRIES, now_us))
            return false;
        events[event]++;
    } while (event != KEEPALIVE_NOTHING);

    return true;
}

/* Does one random thing to both. */
static void random_step(struct keepalive *keepalive, struct model *model,
                        struct keepalive_entry *entries, int64_t now_us, uint32_t *random)
{
    size_t e = random_below(random, MODEL_ENTRIES);
    enum model_state state = model->entries[e].state;

    switch (random_below(random, 6)) {
    case 0:
        if (state != ABSENT)
            break;
        keepalive_add(keepalive, &entries[e], now_us);
        if (model->interval_us)
            model_put(model, e, IDLE, now_us);
        break;
    case 1:
        if (random_below(random, 4))
            break;
        keepalive_remove(&entries[e]);
        model->entries[e].state = ABSENT;
        break;
    case 2:
        keepalive_received(keepalive, &entries[e], false, now_us);
        if (state == IDLE && model->entries[e].since_us != now_us)
            model_put(model, e, IDLE, now_us);
        break;
    case 3:
        keepalive_pong(keepalive, &entries[e], now_us);
        model->entries[e].awaiting = false;
        if (state == IDLE || state == AWAITING)
            model_put(model, e, IDLE, now_us);
        break;
    case 4:
        if (state == ABSENT)
            break;
        keepalive_stall(keepalive, &entries[e], now_us);
        model_put(model, e, STALLED, now_us);
        break;
    default:
        if (state == ABSENT)
            break;
        keepalive_resume(keepalive, &entries[e], now_us);
        model_put(model, e, model->entries[e].awaiting ? AWAITING : IDLE, now_us);
        break;
    }
}

static void queues_do_the_same_as_looking_at_every_entry(void)
{
    static const struct {
        const char *name;
        uint64_t interval_s;
        uint64_t timeout_s;
        unsigned pings_min; /* that show the steps to have reached something */
        unsigned drops_min;
        unsigned checks_min;
    } rows[] = {
        {"timeout shorter than interval", 20, 8, 100, 20, 100},
        {"timeout as long as interval", 12, 12, 100, 20, 100},
        {"timeout longer than interval", 8, 20, 100, 20, 100},
        {"no timeout", 8, 0, 100, 0, 100},
        {"off", 0, 8, 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct model model = {.interval_us = (int64_t)rows[i].interval_s * SECOND,
                              .timeout_us = (int64_t)rows[i].timeout_s * SECOND};
        struct keepalive_entry entries[MODEL_ENTRIES] = {0};
        struct keepalive keepalive;
        uint32_t random = 20200101;
        unsigned events[4] = {0};
        int64_t now_us = 0;
        bool agree = true;

        init(&keepalive, rows[i].interval_s, rows[i].timeout_s);
        for (unsigned step = 0; step < MODEL_STEPS && agree; step++) {
            char name[80];

            /* half of the steps share their moment with the one before */
            now_us += random_below(&random, 2) * (int64_t)random_below(&random, 1000) * 1000;
            random_step(&keepalive, &model, entries, now_us, &random);
            agree =
                keepalive_due(&keepalive) == model_due(&model) &&
                (random_below(&random, 3) || drain(&keepalive, &model, entries, now_us, events)) &&
                keepalive_due(&keepalive) == model_due(&model);
            snprintf(name, sizeof(name), "%s, step %u", rows[i].name, step);
            CHECK_ROW(agree, name);
        }
        CHECK_ROW(events[KEEPALIVE_PING] >= rows[i].pings_min, rows[i].name);
        CHECK_ROW(events[KEEPALIVE_DROP] >= rows[i].drops_min, rows[i].name);
        CHECK_ROW(events[KEEPALIVE_CHECK] >= rows[i].checks_min, rows[i].name);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        TEST(a_ping_is_due_after_the_interval_and_not_a_microsecond_before),
        TEST(bytes_received_postpone_the_ping),
        TEST(the_longest_silent_is_pinged_first),
        TEST(a_missing_pong_drops_and_detaches),
        TEST(the_longest_awaited_is_dropped_first),
        TEST(other_bytes_do_not_stand_for_the_pong),
        TEST(inside_a_frame_a_pong_has_the_whole_time_again),
        TEST(a_pong_ends_the_wait_and_starts_a_new_interval),
        TEST(a_pong_nobody_waits_for_postpones_the_ping),
        TEST(without_a_timeout_silence_is_pinged_each_interval),
        TEST(without_an_interval_nothing_is_ever_due),
        TEST(due_is_the_earlier_of_ping_and_drop),
        TEST(a_removed_entry_is_never_due),
        TEST(removing_the_last_one_leaves_nothing_due),
        TEST(an_entry_can_be_added_anew),
        TEST(who_stalls_has_the_whole_time_again),
        TEST(a_pong_counts_for_who_is_stalled),
        TEST(who_takes_nothing_is_stuck),
        TEST(who_stalls_again_begins_anew),
        TEST(queues_do_the_same_as_looking_at_every_entry),
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"keepalive", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return runner_main(argc, argv, suites);
}
