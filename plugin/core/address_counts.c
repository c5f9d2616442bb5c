#include "core/address_counts.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 64

struct address_counts_entry {
    struct address network;
    uint32_t count; /* 0: this slot is free */
};

void address_counts_init(struct address_counts *counts, uint64_t key)
{
    *counts = (struct address_counts){.key = key};
}

void address_counts_fini(struct address_counts *counts)
{
    free(counts->entries);
    address_counts_init(counts, counts->key);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93U;

    return (x ^ x >> 32) * 0xd6e8feb86659fd93U;
}

/* Returns the slot where the search for @network begins. */
static size_t home(const struct address_counts *counts, const struct address *network)
{
    uint64_t halves[2];

    memcpy(halves, network->bytes, sizeof(halves));

    return (size_t)mix(mix(halves[0] ^ counts->key) + (halves[1] ^ counts->key)) &
           (counts->room - 1);
}

static bool is_same(const struct address *a, const struct address *b)
{
    return !memcmp(a, b, sizeof(*a));
}

/* Returns the entry of @network, or the free slot where it belongs; there always is one. */
static struct address_counts_entry *find(const struct address_counts *counts,
                                         const struct address *network)
{
    size_t i = home(counts, network);

    while (counts->entries[i].count && !is_same(&counts->entries[i].network, network))
        i = (i + 1) & (counts->room - 1);

    return &counts->entries[i];
}

/* Moves all entries to a table of @room slots. Returns 0, or -1 with the old table kept. */
static int move(struct address_counts *counts, size_t room)
{
    struct address_counts moved = {.key = counts->key, .room = room, .used = counts->used};

    moved.entries = calloc(room, sizeof(*moved.entries));
    if (!moved.entries)
        return -1;

    for (size_t i = 0; i < counts->room; i++)
        if (counts->entries[i].count)
            *find(&moved, &counts->entries[i].network) = counts->entries[i];
    free(counts->entries);
    *counts = moved;

    return 0;
}

uint32_t address_counts_get(const struct address_counts *counts, const struct address *network)
{
    return counts->entries ? find(counts, network)->count : 0;
}

int address_counts_add(struct address_counts *counts, const struct address *network)
{
    struct address_counts_entry *entry;

    /* at most three quarters full, so that searches are short and end */
    if (counts->used + 1 > counts->room / 4 * 3 &&
        move(counts, counts->room ? 2 * counts->room : ROOM_MIN))
        return -1;

    entry = find(counts, network);
    if (!entry->count) {
        entry->network = *network;
        counts->used++;
    }
    entry->count++;

    return 0;
}

/* Frees the slot @hole, and moves back later entries that would no longer be found. */
static void close_hole(struct address_counts *counts, size_t hole)
{
    size_t mask = counts->room - 1;

    for (size_t i = (hole + 1) & mask; counts->entries[i].count; i = (i + 1) & mask) {
        size_t from_home = (i - home(counts, &counts->entries[i].network)) & mask;

        if (from_home >= ((i - hole) & mask)) {
            counts->entries[hole] = counts->entries[i];
            hole = i;
        }
    }
    counts->entries[hole].count = 0;
}

void address_counts_remove(struct address_counts *counts, const struct address *network)
{
    struct address_counts_entry *entry = counts->entries ? find(counts, network) : NULL;

    if (!entry || !entry->count || --entry->count)
        return;

    close_hole(counts, (size_t)(entry - counts->entries));
    if (!--counts->used)
        address_counts_fini(counts);
}
