#pragma once

/* Room for a time as text, in bytes, including its NUL. */
#define TIMESTAMP_ROOM 32

/** Writes the current time to @out, in UTC, as "2026-01-02T03:04:05.678Z" (RFC 3339). */
void timestamp_write(char out[TIMESTAMP_ROOM]);
