#pragma once

#include "arguments.h"

/** Sends messages over lasting connections and prints what it measured. Returns 0, or -1 after
 * saying what is wrong. */
int run(const struct arguments *arguments);

/** The same for connections that come and go. */
int churn(const struct arguments *arguments);

/** Opens connections as standard input says. */
int hold(const struct arguments *arguments);
