#pragma once

#include <stdbool.h>

#include "counters.h"
#include "vhost.h"

/*
 * What is counted and logged of connections: each that has been opened, how it ended, and
 * handshakes that were refused.
 */

/** The handshake of @wsi is about to be accepted: finds out whom it is from, if that matters. */
void echo_journal_look(struct lws *wsi, struct echo_vhost *vhost);

/** The connection is open. Returns 0, or -1 if memory is short; then it is not counted. */
int echo_journal_open(struct echo_connection *connection);

/**
 * The connection is about to end with @code, for the reason @why, a text of ours that stays. Only
 * the first such word counts.
 */
void echo_journal_ending(struct echo_connection *connection, unsigned code, const char *why);

/** The connection is gone; 1006 unless echo_journal_ending() has said otherwise. */
void echo_journal_close(struct echo_connection *connection);

/**
 * Refuses the handshake of @wsi as echo_http_refuse() does, and takes note of that. Where the
 * protocol is not enabled @vhost is NULL and nothing is noted. Returns -1.
 */
int echo_journal_refuse(struct lws *wsi, const struct echo_vhost *vhost, enum echo_refusal refusal,
                        unsigned status, const char *sentence);
