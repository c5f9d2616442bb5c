#pragma once

#include <stdbool.h>

#include "link/thread.h"

/*
 * Answering with a subprotocol (RFC 6455 section 4.2.2), which libwebsockets knows as the name of a
 * protocol only: it gives a connection to the protocol that has the name of a subprotocol offered,
 * drops it without a reply when there is none, and answers with that name.
 *
 * So during a handshake our protocol, in the vhost's own copy, is called like the first subprotocol
 * offered, then like the chosen one. This is the only place that renames it. Its own name comes
 * back with the end of the handshake, whatever end that is: see upgrade.h.
 *
 * It is not renamed where that would do harm: with basic-auth, which libwebsockets looks up by that
 * name, and with more than one service thread. And it can only be done where our protocol is asked
 * to confirm the upgrade: as the vhost's default on a connection's first request, as its first
 * protocol later. Of several vhosts on one port that are told apart by the Host header, the first
 * is asked, so that only its own name and those of other protocols find the others.
 */

/**
 * Says whether one of @offers names another protocol of @wsi's vhost, even after a subprotocol that
 * we know. @offers is a list of setting_list_next().
 */
bool subprotocol_is_for_another(struct lws *wsi, const char *offers);

/**
 * Names our protocol like the first of @offers, so that libwebsockets gives @wsi to it.
 *
 * Returns 0, or -1 when the first offer must be our own name, and is not.
 */
int subprotocol_bind(struct lws *wsi, struct upgrade *upgrade, const char *offers);

/** Names our protocol like the chosen subprotocol, or leaves it without a name if there is none. */
void subprotocol_answer(struct lws *wsi, struct upgrade *upgrade);

/** Gives our protocol its own name back. */
void subprotocol_restore(struct upgrade *upgrade);
