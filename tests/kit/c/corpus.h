#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a test's client sends, kept for the fuzz target "plugin" as what to begin with. Only where
 * the environment variable ECHO_CORPUS names a directory for it.
 */
struct corpus {
    uint8_t *bytes; /* NULL: nothing is kept */
    size_t used;
    bool is_too_long;
    bool is_upgraded;
};

/** Begins with a connection. */
void corpus_begin(struct corpus *corpus);

/** It has sent @bytes of @data. */
void corpus_add(struct corpus *corpus, const void *data, size_t bytes);

/** Its handshake has been accepted: the target makes one of its own before what follows. */
void corpus_upgrade(struct corpus *corpus);

/** It has ended: writes a file, named for what is in it. */
void corpus_end(struct corpus *corpus, bool may_compress);
