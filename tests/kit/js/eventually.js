import { setTimeout as delay } from 'node:timers/promises';

const patienceMs = 20_000;
const pauseMs = 20;

/** Calls @check until it does not throw, and returns its result; in the end throws its error. */
export async function expectEventually(check) {
  const deadline = Date.now() + patienceMs;

  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) {
        throw error;
      }
    }
    await delay(pauseMs);
  }
}
