#pragma once

#include "link/vhost.h"

/*
 * Which subprotocol is chosen (RFC 6455 section 4.2.2): the first of the client's offers that the
 * option "subprotocols" knows, or none.
 *
 * libwebsockets gives a connection to the protocol that has the name of a subprotocol offered,
 * drops it without a reply when there is none, and answers with that name. So during a handshake
 * our protocol, in the vhost's own copy, is called like the first subprotocol offered, then like
 * the chosen one; a handshake is dealt with in one go, so that no other comes in between. That is
 * left where it would do harm: with basic-auth, which libwebsockets looks up by that name, and with
 * more than one service thread. And it can only be done where our protocol is asked to confirm the
 * upgrade: as the vhost's default on a connection's first request, as its first protocol later.
 */

/**
 * Says whether @wsi's request is for another protocol of the vhost: any of its offers may name one,
 * even behind a subprotocol that we know.
 */
bool subprotocol_is_for_another(struct lws *wsi);

/**
 * Names our protocol so that libwebsockets gives @wsi to it.
 *
 * Returns 0, or -1 after a refusal.
 */
int subprotocol_bind(struct lws *wsi);

/** Names our protocol as the subprotocol to answer with, or leaves it without a name for none. */
void subprotocol_choose(struct lws *wsi);

/** Gives our protocol its own name back. */
void subprotocol_restore(struct lws *wsi);
