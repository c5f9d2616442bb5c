#pragma once

#include <stddef.h>

/*
 * What the supervisor tells a worker: the newest of a state of fixed size, over a pair of sockets.
 * A state arrives whole or not at all, and neither end ever waits for the other.
 */

enum channel_news {
    CHANNEL_NO_NEWS,
    CHANNEL_NEW_STATE,
    CHANNEL_ENDED, /* the other end has been closed everywhere */
};

/**
 * Opens a channel for states of @bytes. The supervisor has @ends[0], the worker @ends[1]; they are
 * closed with close(). Returns 0, or -1 with errno set.
 */
int channel_open(int ends[2], size_t bytes);

/**
 * Sends the @bytes of @state. Returns 0, also if the other end is gone and needs no state, or -1 if
 * the channel is full.
 */
int channel_send(int end, const void *state, size_t bytes);

/** Copies the newest state that has come, if there is one, to the @bytes at @state. */
enum channel_news channel_receive(int end, void *state, size_t bytes);
