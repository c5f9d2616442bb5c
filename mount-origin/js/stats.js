import { isSame } from './payload.js';

const step = Math.log(1.02); // of buckets: a percentile is within 1 %
const leastMs = 0.001;

/** How often each duration occurred. */
export class Histogram {
  count = 0;
  max = 0;
  #buckets = new Map();

  add(ms) {
    this.max = Math.max(this.max, ms);
    this.#count(Math.round(Math.log(Math.max(ms, leastMs)) / step), 1);
  }

  merge(other) {
    this.max = Math.max(this.max, other.max);
    other.#buckets.forEach((count, bucket) => this.#count(bucket, count));
  }

  /** The duration that a @share (0 to 1) do not exceed; NaN if none. */
  percentile(share) {
    let rest = Math.max(1, Math.ceil(this.count * share));

    for (const [bucket, count] of this.#sorted()) {
      rest -= count;
      if (rest <= 0) {
        return share < 1 ? Math.min(Math.exp(bucket * step), this.max) : this.max;
      }
    }
    return NaN;
  }

  /** The counts in @bars ranges up to max, each as many times wider than the one before. */
  shape(bars) {
    const sorted = this.#sorted();
    const first = sorted[0]?.[0] ?? 0;
    const width = ((sorted.at(-1)?.[0] ?? 0) - first + 1) / bars;
    const counts = Array(bars).fill(0);

    for (const [bucket, count] of sorted) {
      counts[Math.floor((bucket - first) / width)] += count;
    }
    return { fromMs: Math.min(Math.exp(first * step), this.max), counts };
  }

  #count(bucket, count) {
    this.count += count;
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count);
  }

  #sorted() {
    return [...this.#buckets].sort(([a], [b]) => a - b);
  }
}

const waitingMax = 100_000;
const waitingBytesMax = 64 * 2 ** 20;
const ahead = 64;

/**
 * Finds the message that an echo answers, among the oldest unanswered ones. Echoes come in order:
 * a message that is passed over is lost.
 */
export class RoundTrips {
  #waiting = [];
  #first = 0; // those before it in #waiting are answered
  #bytes = 0;

  sent(data, at, bytes) {
    this.#waiting.push({ data, at, bytes });
    this.#bytes += bytes;
    while (this.waiting > waitingMax || this.#bytes > waitingBytesMax) {
      this.#drop(1);
    }
  }

  /** Returns the milliseconds since @data was sent, or undefined if it is no echo. */
  received(data, at) {
    for (let index = 0; index < Math.min(this.waiting, ahead); index += 1) {
      const sent = this.#waiting[this.#first + index];

      if (isSame(sent.data, data)) {
        this.#drop(index + 1);
        return at - sent.at;
      }
    }
    return undefined;
  }

  /** How many messages have not been answered. */
  get waiting() {
    return this.#waiting.length - this.#first;
  }

  /** Forgets unanswered messages: the connection has ended. */
  clear() {
    this.#drop(this.waiting);
  }

  // Only now and then, as splice() moves all the rest.
  #drop(count) {
    for (const end = this.#first + count; this.#first < end; this.#first += 1) {
      this.#bytes -= this.#waiting[this.#first].bytes;
      this.#waiting[this.#first] = undefined;
    }
    if (this.#first > 1000 || !this.waiting) {
      this.#waiting.splice(0, this.#first);
      this.#first = 0;
    }
  }
}

const emptySecond = () => ({ sent: 0, received: 0, trips: new Histogram() });

/** What went over the connection in each of the last seconds. */
export class Timeline {
  #length;
  #seconds = new Map();

  /** Keeps @length seconds. */
  constructor(length) {
    this.#length = length;
  }

  /** @param {'sent' | 'received'} what */
  add(what, at, roundTripMs) {
    const now = Math.floor(at / 1000);

    if (!this.#seconds.has(now)) {
      this.#seconds.set(now, emptySecond());
      this.#seconds.forEach((_, second) => second < now - this.#length && this.#seconds.delete(second));
    }
    const second = this.#seconds.get(now);

    second[what] += 1;
    if (roundTripMs !== undefined) {
      second.trips.add(roundTripMs);
    }
  }

  /** The seconds, oldest first; the last is the one that had ended @at. */
  until(at) {
    const from = Math.floor(at / 1000) - this.#length;

    return Array.from({ length: this.#length }, (_, index) => (
      this.#seconds.get(from + index) ?? emptySecond()));
  }
}
