/**
 * Milliseconds to wait before reconnecting: doubles with each @attempt (1 is the first), less up to
 * half by @chance (0 to 1), so that a server's clients do not all return at once.
 */
export function backoffMs(attempt, chance = Math.random()) {
  return Math.round(Math.min(30_000, 500 * 2 ** (attempt - 1)) * (1 + chance) / 2);
}
