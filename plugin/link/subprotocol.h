#pragma once

#include <stdbool.h>

#include "link/thread.h"

/*
 * Answers with a subprotocol (RFC 6455 section 4.2.2). To libwebsockets, a subprotocol is just the
 * name of a protocol: it gives a connection to the protocol named like an offered subprotocol,
 * answers with that name, and drops the connection without a reply if there is no such protocol.
 *
 * So during a handshake we rename our protocol, in the vhost's own copy: first to the first
 * subprotocol offered, then to the chosen one. This is the only place that renames it. It gets its
 * own name back at the end of the handshake, however that ends: see upgrade.h.
 *
 * It is not renamed where that would do harm: with basic-auth, which libwebsockets looks up by that
 * name, and with more than one service thread. Renaming also works only where libwebsockets asks
 * our protocol to confirm the upgrade: as the vhost's default on a connection's first request, as
 * its first protocol on later ones. If several vhosts share a port and differ in the Host header,
 * only the first is asked; the others are found only by our own name and the names of other
 * protocols.
 */

/**
 * Says whether one of @offers names another protocol of @wsi's vhost, even if it comes after a
 * subprotocol that we know. @offers is a list for setting_list_next().
 */
bool subprotocol_is_for_another(struct lws *wsi, const char *offers);

/**
 * Renames our protocol to the first of @offers, so that libwebsockets gives @wsi to it. Does
 * nothing if there are no offers.
 *
 * Returns 0, or -1 if it cannot be renamed and the first offer is not its own name.
 */
int subprotocol_bind(struct lws *wsi, struct upgrade *upgrade, const char *offers);

/** Renames our protocol to the chosen subprotocol, or to the empty name if there is none. */
void subprotocol_answer(struct lws *wsi, struct upgrade *upgrade);

/** Gives our protocol its own name back. */
void subprotocol_restore(struct upgrade *upgrade);
