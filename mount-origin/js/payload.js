const encoder = new TextEncoder();

/** @typedef {string | Uint8Array} Data a text or a binary message */

/** Data as it goes over the wire. */
export function toBytes(data) {
  return typeof data === 'string' ? encoder.encode(data) : data;
}

/** Whether type and content are the same. */
export function isSame(a, b) {
  if (typeof a === 'string' || typeof b === 'string' || a.length !== b.length) {
    return a === b;
  }
  let at = 0;

  while (at < a.length && a[at] === b[at]) {
    at += 1;
  }
  return at === a.length;
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** "48 65" */
export function toHex(bytes) {
  let text = '';

  for (const byte of bytes) {
    text += ` ${hex[byte]}`;
  }
  return text.slice(1);
}

export function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** Offset, hex and ASCII, 16 bytes to a line. */
export function hexDump(bytes) {
  const lines = [];

  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const ascii = String.fromCharCode(...part).replace(/[^ -~]/g, '.');

    lines.push(`${at.toString(16).padStart(8, '0')}  ${toHex(part).padEnd(47)}  ${ascii}`);
  }
  return lines.join('\n');
}

const rounded = (value) => Number(value.toPrecision(3));

/** "1.5 KiB" */
export function formatSize(bytes) {
  const power = Math.min(3, Math.floor(Math.log2(bytes || 1) / 10));

  return `${rounded(bytes / 1024 ** power)} ${['', 'Ki', 'Mi', 'Gi'][power]}B`;
}

/** "0.42 ms" */
export function formatMs(ms) {
  return ms < 10_000 ? `${rounded(ms)} ms` : `${rounded(ms / 1000)} s`;
}

/** The beginning of Data, on one line. */
export function preview(data, limit = 240) {
  const text = typeof data === 'string' ? data.slice(0, limit).replace(/\r\n?|\n/g, '⏎')
    : toHex(data.subarray(0, limit));

  return data.length > limit ? `${text}…` : text;
}

/**
 * Reads a message as a user writes it.
 *
 * @param {'text' | 'hex' | 'base64'} format
 * @returns {{ data?: Data, fault?: string }}
 */
export function parsePayload(text, format) {
  if (format === 'text') {
    return { data: text };
  }
  if (format === 'hex') {
    const parts = text.replace(/0x/gi, ' ').split(/[\s,:]+/);
    const digits = parts.join('');
    const [wrong] = /[^\da-f]/i.exec(digits) ?? [];

    if (wrong || parts.some(({ length }) => length % 2)) {
      return { fault: `${wrong ? `"${wrong}" is no hex digit` : 'A hex digit is missing'}: each byte `
        + 'takes two, as in 48 65.' };
    }
    return { data: Uint8Array.from(digits.match(/../g) ?? [], (byte) => parseInt(byte, 16)) };
  }
  try {
    return { data: Uint8Array.from(atob(text.replace(/\s/g, '')), (character) => character.charCodeAt(0)) };
  } catch {
    return { fault: 'This is no base64, as SGVsbG8= is.' };
  }
}
