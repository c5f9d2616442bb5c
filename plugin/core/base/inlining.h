#pragma once

/*
 * A message passes through a dozen small functions in several files. Inlined into one function they
 * cost half as many instructions. Code that most messages do not need stays out of it.
 */

/* Inlines everything that the function calls. For the path that every message takes. */
#define FLATTEN __attribute__((flatten))

/* For code that runs rarely, or once for many messages: it stays a separate function. */
#define NOINLINE __attribute__((noinline))
