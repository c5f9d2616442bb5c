#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Settings as table rows: key, field, valid values, default and help. The parsers, --help, the
 * manual page, --print-config and error messages are all made from the rows.
 */

enum setting_type {
    SETTING_NUMBER, /* a uint64_t field */
    SETTING_TIME,   /* a uint64_t field, in ms; written in seconds, or with a unit: "250ms", "2s" */
    SETTING_SIZE,   /* a uint64_t field, in bytes; written so, or with a unit: "64k", "16m" */
    SETTING_TEXT,   /* a char array field of max + 1 bytes */
    SETTING_CHOICE, /* a uint64_t field: the index of one of a few words */
    SETTING_SWITCH, /* a uint64_t field: 1 for true, 0 for false */
    SETTING_LIST,   /* a char array field of max + 1 bytes: items joined by "," */
    /*
     * The value has parts, which the owner of the table reads. Where a change takes a restart, a
     * uint64_t field says which form the value has; otherwise there is no field.
     */
    SETTING_SECTION,
};

/* Whether a changed value can be put in force while the server serves. */
enum setting_change {
    SETTING_CHANGE_LIVE,
    SETTING_CHANGE_RESTARTS, /* it takes a restart */
    SETTING_GROWTH_RESTARTS, /* a NUMBER or SIZE: growth beyond @grows_to takes a restart */
};

/* Which vhost a row belongs to where health and metrics have a vhost of their own, "admin". */
enum setting_vhost {
    SETTING_VHOST_PUBLIC,
    SETTING_VHOST_ADMIN,
    SETTING_VHOST_BOTH,
};

/* The field of a number that was set to its word; larger than what any row with a word takes. */
#define SETTING_WORD UINT64_MAX

struct setting {
    const char *key;
    enum setting_type type;
    enum setting_change change;
    enum setting_vhost vhost;
    bool published;  /* anybody may read it over HTTP */
    bool inherited;  /* if it is not set, the app's setting of the same key holds */
    size_t offset;   /* of the field in the target struct */
    uint64_t min;    /* numbers: smallest value; TEXT: shortest length in bytes */
    uint64_t max;    /* numbers: largest value; TEXT, LIST: longest length in bytes */
    uint64_t number; /* default of a number or a SWITCH; of a CHOICE as its index */
    uint64_t grows_to;
    const char *text;     /* default of a TEXT or a LIST; how --help writes a SECTION */
    const char *app_text; /* default of a TEXT in lws-echo; NULL: the same */
    const char *unit;     /* of a NUMBER, or NULL */
    const char *word;     /* that a number takes, too ("auto"): SETTING_WORD; or NULL */
    const char *help;     /* one line */
    /* the words of a CHOICE, ended by NULL */
    const char *const *choices;
    /*
     * Returns what a TEXT, or each item of a LIST, must be ("an absolute path"), or NULL if the
     * @bytes at @value are valid. A NUL, a comma or white space follows them. May be NULL.
     */
    const char *(*check)(const char *value, size_t bytes);
};

struct setting_table {
    const struct setting *rows;
    size_t count;
};

/* What is wrong with a setting. Printed as "key": text, after its place in the file. */
struct setting_error {
    char key[64];
    char text[512];
};

/** Returns the row of @key, or NULL. */
const struct setting *setting_find(struct setting_table table, const char *key);

/** Writes every row's default into @target. */
void setting_defaults(struct setting_table table, void *target);

/** The same with the defaults of lws-echo, where those of the plugin are others. */
void setting_app_defaults(struct setting_table table, void *target);

/** Turns off the rows of @vhost: sets a TEXT to "", others to their default. */
void setting_clear(struct setting_table table, void *target, enum setting_vhost vhost);

/** Returns the first row whose change from @before to @after requires a restart, or NULL. */
const struct setting *setting_restarts(struct setting_table table, const void *before,
                                       const void *after);

/**
 * Parses @value and writes it into @target.
 *
 * A LIST is written "a, b, c": spaces around items are dropped, and no item may be empty. An empty
 * text, or one of spaces only, is the empty list.
 *
 * Returns 0, or -1 with @error filled in: the key is unknown (the nearest known one is
 * named), or the value is not one the row takes (the range and the default are named). @target is
 * unchanged then.
 */
int setting_set(struct setting_table table, void *target, const char *key, const char *value,
                struct setting_error *error);

/** Replaces control characters in @text by "?", so that it is safe to print on a terminal. */
void setting_hide_control_characters(char *text);

/** Fills @error with @key and the formatted words, as setting_hide_control_characters() leaves
 * them. */
void setting_fail(struct setting_error *error, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Fills @error: @key is unknown. Suggests the nearest row, or lists all if none is near. */
void setting_fail_unknown(struct setting_error *error, struct setting_table table, const char *key);

/** Writes the values that @row takes, like "0..65535; default 5000", to @out. */
void setting_describe(const struct setting *row, char *out, size_t size);

/** Says whether @row is a NUMBER, a TIME or a SIZE. */
bool setting_is_number(const struct setting *row);

/** Returns the field of @row in @target, which must be a number, a CHOICE or a SWITCH. */
uint64_t setting_number(const struct setting *row, const void *target);

/** Writes the field of @row in @target, which must be a number, as setting_set() takes it. */
void setting_write_number(const struct setting *row, const void *target, char *out, size_t size);

/**
 * Returns the field of @row in @target, which must be a TEXT, a LIST, or a CHOICE or a SWITCH: its
 * word.
 */
const char *setting_text(const struct setting *row, const void *target);

/**
 * Takes the next item of a list.
 *
 * @rest is what is left of the list; it starts as the field of a LIST. The item is the @bytes at
 * @item, inside the field and without a NUL; it is never empty.
 *
 * Returns whether there was an item; if not, @item and @bytes are unchanged.
 */
bool setting_list_next(const char **rest, const char **item, size_t *bytes);
