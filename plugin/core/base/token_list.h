#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Tokens, and lists of them (RFC 9110 sections 5.6.1 and 5.6.2). */

/** Says whether a token may have @c. */
bool token_has_char(char c);

enum token_list_element {
    TOKEN_LIST_END,
    TOKEN_LIST_TOKEN,
    TOKEN_LIST_OTHER, /* no token, so the list is malformed */
};

/**
 * Reads the next element of the list at @rest, and moves @rest past it. Empty elements are skipped.
 * The element is the @bytes at @token, without the blanks around it; characters in @also may be in
 * it, too.
 */
enum token_list_element token_list_next(const char **rest, const char *also, const char **token,
                                        size_t *bytes);

/**
 * Says whether @list is well-formed and has @token, in any case; @also as above. A list of
 * protocols (RFC 9110 section 7.8) has "/".
 */
bool token_list_has(const char *list, const char *also, const char *token);
