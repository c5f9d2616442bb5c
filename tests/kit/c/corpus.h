#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a test's client sends, kept as seeds for the fuzz target "plugin" if the environment
 * variable ECHO_CORPUS names a directory for it.
 */
struct corpus {
    uint8_t *bytes; /* NULL: nothing is kept */
    size_t used;
    bool is_too_long;
    bool is_upgraded;
};

/** Begins with a connection. */
void corpus_begin(struct corpus *corpus);

/** Records that the client sent @bytes of @data. */
void corpus_add(struct corpus *corpus, const void *data, size_t bytes);

/** Records that the handshake was accepted: the target makes its own before what follows. */
void corpus_upgrade(struct corpus *corpus);

/** Ends with the connection: writes a file, named by a hash of its content. */
void corpus_end(struct corpus *corpus, bool may_compress);
