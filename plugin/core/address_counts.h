#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"

/*
 * How many connections each network has, as address_network() makes them of addresses: a hash
 * table, with the keys' hash drawn by lot so that nobody can aim at one place of it.
 */

struct address_counts_entry;

struct address_counts {
    struct address_counts_entry *entries; /* NULL: none has ever been counted */
    size_t room;                          /* a power of two */
    size_t used;
    uint64_t key;
};

/** Makes an empty one, which has no memory as yet. @key is to be unpredictable. */
void address_counts_init(struct address_counts *counts, uint64_t key);
void address_counts_fini(struct address_counts *counts);

/** Returns how many of @network are counted. */
uint32_t address_counts_get(const struct address_counts *counts, const struct address *network);

/** Counts one more. Returns 0, or -1 if memory is short; then it has not. */
int address_counts_add(struct address_counts *counts, const struct address *network);

/** Counts one less, of a network that was added. */
void address_counts_remove(struct address_counts *counts, const struct address *network);
