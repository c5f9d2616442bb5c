#pragma once

#include <stdbool.h>

#include "core/counters.h"
#include "link/vhost.h"

/*
 * What is counted and logged of connections: each that has been opened, how it ended, and
 * handshakes that were refused.
 */

/** The handshake of @wsi is about to be accepted: finds out whom it is from, if that matters. */
void journal_look(struct lws *wsi, struct vhost *vhost);

/** The connection is open. Returns 0, or -1 if memory is short; then it is not counted. */
int journal_open(struct connection *connection);

/**
 * The connection is about to end with @code, for the reason @why, a text of ours that stays. Only
 * the first such word counts.
 */
void journal_ending(struct connection *connection, unsigned code, const char *why);

/** The connection is gone; 1006 unless journal_ending() has said otherwise. */
void journal_close(struct connection *connection);

/**
 * Refuses the handshake of @wsi as http_refuse() does, and takes note of that. Where the
 * protocol is not enabled @vhost is NULL and nothing is noted. Returns -1.
 */
int journal_refuse(struct lws *wsi, const struct vhost *vhost, enum refusal refusal,
                   unsigned status, const char *sentence);
