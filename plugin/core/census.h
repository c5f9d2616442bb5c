#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

/*
 * How many connections each network has, as echo_address_network() makes them of addresses: a hash
 * table, with the keys' hash drawn by lot so that nobody can aim at one place of it.
 */

struct echo_census_entry;

struct echo_census {
    struct echo_census_entry *entries; /* NULL: none has ever been counted */
    size_t room;                       /* a power of two */
    size_t used;
    uint64_t key;
};

/** Makes an empty one, which has no memory as yet. @key is to be unpredictable. */
void echo_census_init(struct echo_census *census, uint64_t key);
void echo_census_fini(struct echo_census *census);

/** Returns how many of @network are counted. */
uint32_t echo_census_count(const struct echo_census *census, const struct echo_address *network);

/** Counts one more. Returns 0, or -ENOMEM; then it has not. */
int echo_census_add(struct echo_census *census, const struct echo_address *network);

/** Counts one less, of a network that was added. */
void echo_census_remove(struct echo_census *census, const struct echo_address *network);
