#include "core/base/spelling.h"

#include <stdbool.h>
#include <string.h>

/* A name with more edits than this is not meant. */
#define NEAR_EDITS 3

/* The shortest beginning of a name that stands for it. */
#define COMPLETED_MIN 3

#define NAME_MAX_BYTES 63

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein's distance. */
static unsigned edits_between(const char *a, const char *b)
{
    unsigned row[NAME_MAX_BYTES + 1];
    size_t a_length = strnlen(a, NAME_MAX_BYTES);
    size_t b_length = strnlen(b, NAME_MAX_BYTES);

    for (size_t j = 0; j <= b_length; j++)
        row[j] = (unsigned)j;

    for (size_t i = 1; i <= a_length; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned above = row[j];

            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }

    return row[b_length];
}

size_t spelling_nearest(const char *word, const char *(*name_at)(const void *names, size_t index),
                        const void *names, size_t count)
{
    size_t length = strlen(word);
    unsigned best_edits = NEAR_EDITS + 1;
    size_t best = count;

    for (size_t i = 0; i < count; i++) {
        const char *name = name_at(names, i);
        bool completes = length >= COMPLETED_MIN && !strncmp(name, word, length);
        unsigned edits = completes ? 0 : edits_between(word, name);

        /* a short word is not "near" everything of its own length */
        if (edits < best_edits && edits < strlen(name)) {
            best = i;
            best_edits = edits;
        }
    }

    return best;
}
