#include "corpus.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer inputs are useless to a fuzzer. */
#define BYTES_MAX 8192

/* As tests/fuzz/plugin_fuzz.c reads them: a kind of connection, and how it is cut into pieces. */
enum { HEAD_BYTES = 2, KIND_PLAIN = 0, KIND_COMPRESSED = 1, KIND_HTTP = 4, PIECES = 1 };

void corpus_begin(struct corpus *corpus)
{
    memset(corpus, 0, sizeof(*corpus));
    if (getenv("ECHO_CORPUS"))
        corpus->bytes = malloc(HEAD_BYTES + BYTES_MAX);
    corpus->used = HEAD_BYTES;
}

void corpus_add(struct corpus *corpus, const void *data, size_t bytes)
{
    if (!corpus->bytes)
        return;
    if (bytes > HEAD_BYTES + BYTES_MAX - corpus->used) {
        corpus->is_too_long = true;
        return;
    }
    memcpy(corpus->bytes + corpus->used, data, bytes);
    corpus->used += bytes;
}

void corpus_upgrade(struct corpus *corpus)
{
    corpus->used = HEAD_BYTES;
    corpus->is_upgraded = true;
}

/* FNV-1a */
static uint64_t hash(const uint8_t *bytes, size_t count)
{
    uint64_t state = 0xcbf29ce484222325;

    while (count--)
        state = (state ^ *bytes++) * 0x100000001b3;

    return state;
}

void corpus_end(struct corpus *corpus, bool may_compress)
{
    char name[512];
    FILE *file;

    if (corpus->bytes && corpus->used > HEAD_BYTES && !corpus->is_too_long) {
        corpus->bytes[0] = !corpus->is_upgraded ? KIND_HTTP
                           : may_compress       ? KIND_COMPRESSED
                                                : KIND_PLAIN;
        corpus->bytes[1] = PIECES;
        snprintf(name, sizeof(name), "%s/wire-%016" PRIx64, getenv("ECHO_CORPUS"),
                 hash(corpus->bytes, corpus->used));
        file = fopen(name, "we");
        if (!file || fwrite(corpus->bytes, corpus->used, 1, file) != 1 || fclose(file))
            perror(name);
    }
    free(corpus->bytes);
    corpus->bytes = NULL;
}
