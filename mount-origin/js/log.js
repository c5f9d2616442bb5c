import { closeMeaning } from './close-code.js';
import { preview, toBase64, toHex } from './payload.js';

/**
 * A row of the log: a message, or something that happened to the connection.
 *
 * @typedef {object} Entry
 * @property {number} id ascending
 * @property {Date} time
 * @property {string} type of the Activity
 * @property {string} [text] what happened; a message has none
 * @property {string} [hint] what to try
 * @property {string | Uint8Array} [data] of a message, as much of it as is kept
 * @property {number} [bytes] of all data
 * @property {number} [roundTripMs] of an echo
 */

const entriesMax = 200_000;
const dataMax = 64 * 2 ** 20; // bytes, or characters
const entryDataMax = 2 ** 20;
const searchedMax = 1024; // of a binary message

function failHint(url, detail) {
  if (detail) {
    return `The browser says: ${detail}${/insecure/.test(detail)
      ? ' Use wss:// here, or open this page over http.' : ''}`;
  }
  const checks = 'The browser does not say why. Check that the server is running and that host, '
    + 'port and path are right.';
  return /^wss:/i.test(url) ? `${checks} Open https://${new URL(url).host}/ in another tab to see if `
    + 'its certificate is trusted.' : checks;
}

const descriptions = {
  open: ({ url, protocol, extensions }) => ({
    text: [`Connection opened to ${url}`, protocol && `Subprotocol: ${protocol}`,
      extensions && `Extensions: ${extensions}`].filter(Boolean).join('. '),
  }),
  close: ({ code, reason }) => {
    const [name, hint] = closeMeaning(code);

    return { text: `Connection closed. Code: ${code} (${name}). Reason: ${reason || '(none)'}`, hint };
  },
  fail: ({ url, detail, left }) => (left ? { text: `Gave up connecting to ${url}` }
    : { text: `Could not connect to ${url}`, hint: failHint(url, detail) }),
  retry: ({ attempt, delayMs }) => ({
    text: `Connecting again in ${(delayMs / 1000).toFixed(1)} s, attempt ${attempt}`,
  }),
};

/** Says what happened to a connection and what to try; nothing for messages. */
export function describe(activity) {
  return descriptions[activity.type]?.(activity) ?? {};
}

export function typeOf({ type, data }) {
  return data === undefined ? type : typeof data === 'string' ? 'text' : 'binary';
}

/** The content of an Entry on one line. */
export function summaryOf({ text, data, bytes }) {
  return text ?? (bytes ? preview(data) : '(empty)');
}

/** Whether data is incomplete. */
export function isCut({ bytes, data }) {
  return bytes > entryDataMax && data.length === entryDataMax;
}

/** What happened, bounded in number and bytes, and which of it to show. */
export class Log {
  /** @type {Entry[]} oldest first; nothing is added while paused */
  visible = [];

  /** How many have arrived since the pause began. */
  held = 0;

  /** How many have been dropped to make room. */
  dropped = 0;

  #entries = [];
  #size = 0;
  #lastId = 0;
  #paused = false;
  #text = '';
  #show = 'all';

  get count() {
    return this.#entries.length;
  }

  get paused() {
    return this.#paused;
  }

  set paused(paused) {
    this.#paused = paused;
    this.#select();
  }

  /** @param {string} text to find @param {'all' | 'send' | 'receive' | 'connection'} show */
  filter(text, show) {
    this.#text = text.toLowerCase();
    this.#show = show;
    this.#select();
  }

  /** Takes an Activity and returns its Entry. */
  append(activity, roundTripMs) {
    const { type, at, bytes, data } = activity;
    const entry = {
      id: this.#lastId += 1, time: new Date(performance.timeOrigin + at), type, bytes, roundTripMs,
      data: bytes > entryDataMax ? data.slice(0, entryDataMax) : data, ...describe(activity),
    };

    this.#size += entry.data?.length ?? 0;
    this.#entries.push(entry);
    if (this.#paused) {
      this.held += 1;
    } else if (this.#matches(entry)) {
      this.visible.push(entry);
    }
    if (this.count > entriesMax || this.#size > dataMax) {
      this.#makeRoom();
    }
    return entry;
  }

  clear() {
    this.#entries = [];
    this.#size = 0;
    this.dropped = 0;
    this.#select();
  }

  #matches({ type, text, data }) {
    if (!['all', data === undefined ? 'connection' : type].includes(this.#show)) {
      return false;
    }
    return !this.#text || (text ?? (typeof data === 'string' ? data
      : toHex(data.subarray(0, searchedMax)))).toLowerCase().includes(this.#text);
  }

  #select() {
    this.held = 0;
    this.visible = this.#entries.filter((entry) => this.#matches(entry));
  }

  // A tenth at once: moving the others for each new entry would take most of the time.
  #makeRoom() {
    let count = 0;

    while (this.count - count > entriesMax * 0.9 || this.#size > dataMax * 0.9) {
      this.#size -= this.#entries[count].data?.length ?? 0;
      count += 1;
    }
    this.#entries.splice(0, count);
    this.dropped += count;
    this.visible = this.visible.filter(({ id }) => id >= this.#entries[0].id);
  }
}

/** The record of an Entry in an export. */
export function toRecord(entry) {
  const { time, type: event, text, data, bytes, roundTripMs } = entry;
  const record = { time: time.toISOString(), event };

  if (text !== undefined) {
    return { ...record, text };
  }
  return {
    ...record, type: typeOf(entry), bytes, roundTripMs,
    ...(typeof data === 'string' ? { encoding: 'utf-8', data }
      : { encoding: 'base64', data: toBase64(data) }),
    truncated: isCut(entry) || undefined,
  };
}

/** Entries as the parts of a JSON array, a record to a line. */
export function toJson(entries) {
  return ['[', ...entries.map((entry, index) => (
    `${index > 0 ? ',' : ''}\n${JSON.stringify(toRecord(entry))}`)), '\n]\n'];
}

const columns = ['time', 'event', 'type', 'bytes', 'roundTripMs', 'encoding', 'data', 'truncated',
  'text'];

/** Entries as lines of CSV (RFC 4180). */
export function toCsv(entries) {
  const quote = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

  return [columns, ...entries.map((entry) => {
    const record = toRecord(entry);
    return columns.map((column) => quote(String(record[column] ?? '')));
  })].map((cells) => `${cells.join()}\r\n`);
}
