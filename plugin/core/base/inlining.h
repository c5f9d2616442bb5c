#pragma once

/*
 * A message passes through a dozen small functions of several files. Compiled into one they cost
 * half as many instructions; what most messages do not need is kept out of it.
 */

/* Inlines everything the function calls: for the one place that every message passes. */
#define FLATTEN __attribute__((flatten))

/* Rarely needed, or once for many messages: stays a function of its own. */
#define NOINLINE __attribute__((noinline))
