import assert from 'node:assert/strict';
import { createCipheriv, createHash, randomInt } from 'node:crypto';

// The seed of all random content; SEED in the environment repeats a run.
const seed = process.env.SEED ?? String(randomInt(2 ** 32));
console.log(`SEED=${seed}`);

const phrase = Buffer.from('Grüße an alle 🌍, immer wieder. ');
const pattern = Buffer.from([0xff, 0x00, 0xfe, 0x01, 0x80, 0x7f, 0xc0]);
const letters = [0x20, 0x400, 0x4e00, 0x1f600] // 64 each of one to four bytes in UTF-8
  .flatMap((first) => Array.from({ length: 64 }, (_, index) => first + index))
  .map((codePoint) => Buffer.from(String.fromCodePoint(codePoint)));

/** A message as ws delivers it: text is its UTF-8. */
const message = (isBinary, data) => ({ isBinary, data });

/** Random content that is the same for the same seed and name. */
export class Random {
  #stream;

  /** @param {string} name of the caller, so that no two get the same content */
  constructor(name) {
    const key = createHash('sha256').update(`${seed} ${name}`).digest();

    this.#stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  }

  /** @returns {Buffer} content that deflate cannot make smaller */
  bytes(size) {
    return this.#stream.update(Buffer.alloc(size));
  }

  /** @returns {number} from 0 up to, but not including, 1 */
  fraction() {
    return this.bytes(4).readUInt32LE() / 2 ** 32;
  }

  /** @returns {Buffer} of characters of every length, padded to @size bytes */
  text(size) {
    const text = Buffer.alloc(size, '.');
    let end = 0;

    for (const byte of this.bytes(size)) {
      const letter = letters[byte];
      if (end + letter.length > size) {
        break;
      }
      end += letter.copy(text, end);
    }
    return text;
  }

  /** @returns a message of any kind, 0 to 64 KiB long, a small one as likely as a large one */
  message() {
    const size = Math.floor((2 ** 16 + 1) ** this.fraction()) - 1;
    const { content, isBinary } = kinds[Math.floor(this.fraction() * kinds.length)];

    return message(isBinary, content(size, this));
  }

  /** @returns {Array} of @count such messages */
  messages(count) {
    return Array.from({ length: count }, () => this.message());
  }
}

function repeatedText(size) {
  return Buffer.alloc(size, '.').fill(phrase, 0, size - (size % phrase.length));
}

/** The kinds of messages. */
export const kinds = [
  { name: 'random text', isBinary: false, content: (size, random) => random.text(size) },
  { name: 'repetitive text', isBinary: false, content: repeatedText },
  { name: 'random binary', isBinary: true, content: (size, random) => random.bytes(size) },
  { name: 'repetitive binary', isBinary: true, content: (size) => Buffer.alloc(size, pattern) },
];

const sized = new Map();

/** @returns a message of @kind with exactly @size bytes, the same each time */
export function messageOf({ name, isBinary, content }, size) {
  const title = `${size} bytes of ${name}`;

  if (!sized.has(title)) {
    sized.set(title, message(isBinary, content(size, new Random(title))));
  }
  return sized.get(title);
}

/** Says in one line what differs, instead of a diff of 16 MiB. */
export function assertEcho(received, sent, name = 'the message') {
  const what = ({ isBinary, data }) => `${data.length} bytes ${isBinary ? 'binary' : 'text'}`;

  if (what(received) !== what(sent)) {
    assert.fail(`${name}: ${what(received)} came back for ${what(sent)}`);
  }
  if (!received.data.equals(sent.data)) {
    const at = received.data.findIndex((byte, index) => byte !== sent.data[index]);
    assert.fail(`${name}: ${what(sent)} came back different from byte ${at} on`);
  }
}
