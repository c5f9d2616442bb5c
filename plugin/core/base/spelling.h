#pragma once

#include <stddef.h>

/* Which name somebody meant who has misspelt it. */

/**
 * Returns the index of the name that @word is most likely meant to be, or @count if none is near:
 * one that begins with @word, or one that at most three edits turn @word into.
 *
 * @name_at returns each of the @count names; it gets @names. Names are cut at 63 bytes.
 */
size_t spelling_nearest(const char *word, const char *(*name_at)(const void *names, size_t index),
                        const void *names, size_t count);
