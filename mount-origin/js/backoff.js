/**
 * Milliseconds to wait before connecting again: twice as long each @attempt (1 is the first), and by
 * @chance (0 to 1) down to half of that, lest all clients of a server come back at once.
 */
export function backoffMs(attempt, chance = Math.random()) {
  return Math.round(Math.min(30_000, 500 * 2 ** (attempt - 1)) * (1 + chance) / 2);
}
