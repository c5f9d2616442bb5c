#pragma once

/* Room for a time as text, its NUL included. */
#define TIMESTAMP_ROOM 32

/** Writes the present time as "2026-01-02T03:04:05.678Z" (RFC 3339). */
void timestamp_write(char out[TIMESTAMP_ROOM]);
