#include "census.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 64

struct echo_census_entry {
    struct echo_address network;
    uint32_t count; /* 0: the place is free */
};

void echo_census_init(struct echo_census *census, uint64_t key)
{
    *census = (struct echo_census){.key = key};
}

void echo_census_fini(struct echo_census *census)
{
    free(census->entries);
    echo_census_init(census, census->key);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93U;

    return (x ^ x >> 32) * 0xd6e8feb86659fd93U;
}

/* Returns where the search for @network begins. */
static size_t home(const struct echo_census *census, const struct echo_address *network)
{
    uint64_t halves[2];

    memcpy(halves, network->bytes, sizeof(halves));

    return (size_t)mix(mix(halves[0] ^ census->key) + (halves[1] ^ census->key)) &
           (census->room - 1);
}

static bool is_same(const struct echo_address *a, const struct echo_address *b)
{
    return !memcmp(a, b, sizeof(*a));
}

/* Returns the entry of @network, or the free place where it would be; there is always one. */
static struct echo_census_entry *find(const struct echo_census *census,
                                      const struct echo_address *network)
{
    size_t i = home(census, network);

    while (census->entries[i].count && !is_same(&census->entries[i].network, network))
        i = (i + 1) & (census->room - 1);

    return &census->entries[i];
}

/* Gives all entries @room places. Returns 0 or -ENOMEM. */
static int move(struct echo_census *census, size_t room)
{
    struct echo_census moved = {.key = census->key, .room = room, .used = census->used};

    moved.entries = calloc(room, sizeof(*moved.entries));
    if (!moved.entries)
        return -ENOMEM;

    for (size_t i = 0; i < census->room; i++)
        if (census->entries[i].count)
            *find(&moved, &census->entries[i].network) = census->entries[i];
    free(census->entries);
    *census = moved;

    return 0;
}

uint32_t echo_census_count(const struct echo_census *census, const struct echo_address *network)
{
    return census->entries ? find(census, network)->count : 0;
}

int echo_census_add(struct echo_census *census, const struct echo_address *network)
{
    struct echo_census_entry *entry;

    /* at most three quarters full: a search is short, and ends */
    if (census->used + 1 > census->room / 4 * 3 &&
        move(census, census->room ? 2 * census->room : ROOM_MIN))
        return -ENOMEM;

    entry = find(census, network);
    if (!entry->count) {
        entry->network = *network;
        census->used++;
    }
    entry->count++;

    return 0;
}

/* Frees the place @hole, and brings back entries that had to be put behind it. */
static void close_hole(struct echo_census *census, size_t hole)
{
    size_t mask = census->room - 1;

    for (size_t i = (hole + 1) & mask; census->entries[i].count; i = (i + 1) & mask) {
        size_t from_home = (i - home(census, &census->entries[i].network)) & mask;

        if (from_home >= ((i - hole) & mask)) {
            census->entries[hole] = census->entries[i];
            hole = i;
        }
    }
    census->entries[hole].count = 0;
}

void echo_census_remove(struct echo_census *census, const struct echo_address *network)
{
    struct echo_census_entry *entry = census->entries ? find(census, network) : NULL;

    if (!entry || !entry->count || --entry->count)
        return;

    close_hole(census, (size_t)(entry - census->entries));
    if (!--census->used)
        echo_census_fini(census);
}
