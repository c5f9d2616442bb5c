import { Histogram } from './stats.js';

const inFlightMax = 256; // without a rate; more would wait in buffers
const bufferedMax = 2 ** 20;
const patienceMs = 5000;

/**
 * @typedef {{ count: number, bytes: number, rate: number, binary: boolean }} Plan
 *   rate: messages a second; 0 is as fast as they come back
 */

const ranges = {
  count: ['The number of messages', 1, 1_000_000],
  bytes: ['The size', 0, 16 * 2 ** 20],
  rate: ['The rate', 0, 100_000],
};

/** Returns what is wrong, as field and sentence, or undefined. */
export function planFault(plan) {
  for (const [field, [name, min, max]] of Object.entries(ranges)) {
    if (!(Number.isInteger(plan[field]) && plan[field] >= min && plan[field] <= max)) {
      return [field, `${name} must be a whole number, ${min} to ${max}.`];
    }
  }
  return undefined;
}

/** Knows which messages of a Plan are due and how they fared; others send them. */
export class Burst {
  trips = new Histogram();
  sent = 0;
  altered = 0; // received, but no echo
  #plan;
  #startedAt;
  #lastAt;
  #filler;

  constructor(plan, at) {
    this.#plan = plan;
    this.#startedAt = at;
    this.#lastAt = at;
    this.#filler = ' lws-echo'.repeat(Math.ceil(plan.bytes / 9));
  }

  /** How many have not come back. */
  get waiting() {
    return this.sent - this.trips.count - this.altered;
  }

  /** 0 to 1 */
  get progress() {
    return (2 * this.sent - this.waiting) / (2 * this.#plan.count);
  }

  /** How many messages to send now. */
  due(at, bufferedBytes) {
    const { count, bytes, rate } = this.#plan;
    const room = Math.ceil((bufferedMax - bufferedBytes) / Math.max(bytes, 1));
    const wanted = rate ? Math.floor((at - this.#startedAt) / 1000 * rate) + 1 - this.sent
      : inFlightMax - this.waiting;

    return Math.max(0, Math.min(count - this.sent, room, wanted));
  }

  /** The next message; starts with its number. */
  next() {
    const { bytes, binary } = this.#plan;

    this.sent += 1;
    const text = (this.sent + this.#filler).slice(0, bytes);
    return binary ? new TextEncoder().encode(text) : text;
  }

  /** A message has come; no round trip means no echo. */
  answered(roundTripMs, at) {
    this.#lastAt = at;
    if (roundTripMs === undefined) {
      this.altered += 1;
    } else {
      this.trips.add(roundTripMs);
    }
  }

  /** Whether all are back, or none has come for some seconds. */
  isOver(at) {
    const { count, rate } = this.#plan;
    const sentAt = this.#startedAt + (rate && this.sent / rate * 1000);

    return this.waiting <= 0 ? this.sent === count
      : at - Math.max(this.#lastAt, sentAt) > patienceMs;
  }

  figures() {
    const seconds = (this.#lastAt - this.#startedAt) / 1000;
    const rate = this.trips.count / seconds || 0;

    return [
      ['Sent', this.sent],
      ['Came back', this.trips.count],
      ['Lost', Math.max(0, this.waiting)],
      ['Altered', this.altered],
      ['Duration', `${seconds.toFixed(2)} s`],
      ['Messages a second', Math.round(rate)],
      ['MiB a second', (rate * this.#plan.bytes / 2 ** 20).toPrecision(3)],
    ];
  }
}
