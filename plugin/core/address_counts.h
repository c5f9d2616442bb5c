#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"

/*
 * How many connections each network has, see address_network(): a hash table whose hash has a
 * random key, so that nobody can provoke collisions.
 */

struct address_counts_entry;

struct address_counts {
    struct address_counts_entry *entries; /* NULL: nothing is counted */
    size_t room;                          /* slots, a power of two */
    size_t used;
    uint64_t key;
};

/** Makes an empty table, which allocates nothing yet. @key must be unpredictable. */
void address_counts_init(struct address_counts *counts, uint64_t key);

/** Releases the memory of the table, which is empty afterwards. */
void address_counts_fini(struct address_counts *counts);

/** Returns the count of @network. */
uint32_t address_counts_get(const struct address_counts *counts, const struct address *network);

/** Counts one more of @network. Returns 0, or -1 if memory is short; then nothing has changed. */
int address_counts_add(struct address_counts *counts, const struct address *network);

/** Counts one less of @network; does nothing if it has no count. */
void address_counts_remove(struct address_counts *counts, const struct address *network);
