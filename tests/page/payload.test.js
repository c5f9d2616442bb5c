import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  formatMs, formatSize, hexDump, isSame, parsePayload, preview, toBase64, toBytes, toHex,
} from '../../mount-origin/js/payload.js';

const bytes = (...values) => Uint8Array.from(values);

describe('a message is read as it is written', () => {
  const rows = [
    ['text', ' as it is\n', ' as it is\n'],
    ['text', '', ''],
    ['hex', '', bytes()],
    ['hex', '00 7f\nff', bytes(0, 127, 255)],
    ['hex', '0x48, 0X65:6C', bytes(0x48, 0x65, 0x6c)],
    ['hex', 'aBcD', bytes(0xab, 0xcd)],
    ['base64', '', bytes()],
    ['base64', 'SGVs bG8=', bytes(0x48, 0x65, 0x6c, 0x6c, 0x6f)],
    ['base64', 'AP+/', bytes(0, 0xff, 0xbf)],
    ['base64', 'SGVs\u00a0bG8', bytes(0x48, 0x65, 0x6c, 0x6c, 0x6f)],
  ];
  for (const [format, text, data] of rows) {
    test(`${format} ${JSON.stringify(text)}`, () => (
      assert.deepEqual(parsePayload(text, format), { data })));
  }

  const faults = [
    ['hex', '0g', /^"g" is no hex digit: each byte takes two/],
    ['hex', '0 1 2', /^A hex digit is missing/],
    ['hex', '1 2', /^A hex digit is missing/],
    ['hex', '0x1, 0x2', /^A hex digit is missing/],
    ['hex', '10x2', /^A hex digit is missing/],
    ['hex', '4:8', /^A hex digit is missing/],
    ['hex', 'é', /^"é" is no hex digit/],
    ['base64', 'a', /^This is no base64/],
    ['base64', 'ab-_', /^This is no base64/],
  ];
  for (const [format, text, fault] of faults) {
    test(`${format} ${JSON.stringify(text)} is explained`, () => {
      const result = parsePayload(text, format);

      assert.match(result.fault, fault);
      assert.equal(result.data, undefined);
    });
  }
});

describe('two messages are the same in type and content', () => {
  const rows = [
    ['a', 'a', true], ['a', 'b', false], ['', '', true], ['', bytes(), false],
    [bytes(), '', false], [bytes(97), 'a', false], [bytes(), bytes(), true],
    [bytes(1, 2), bytes(1, 2), true], [bytes(1, 2), bytes(1, 3), false],
    [bytes(1, 2), bytes(2, 2), false], [bytes(1), bytes(1, 2), false],
  ];
  rows.forEach(([a, b, same], index) => test(`row ${index}`, () => assert.equal(isSame(a, b), same)));
});

test('sizes are given in powers of 1024', () => {
  const rows = [[0, '0 B'], [1, '1 B'], [1023, '1020 B'], [1024, '1 KiB'], [1536, '1.5 KiB'],
    [1024 ** 2, '1 MiB'], [5 * 1024 ** 3, '5 GiB'], [5 * 1024 ** 4, '5120 GiB']];
  for (const [size, text] of rows) {
    assert.equal(formatSize(size), text);
  }
});

test('times are given in milliseconds, and long ones in seconds', () => {
  const rows = [[0, '0 ms'], [0.1234, '0.123 ms'], [12.34, '12.3 ms'], [9999, '10000 ms'],
    [10_000, '10 s'], [12_345, '12.3 s']];
  for (const [ms, text] of rows) {
    assert.equal(formatMs(ms), text);
  }
});

describe('a preview is the beginning on one line', () => {
  const rows = [
    ['short', 'short'],
    ['a\nb\r\nc\rd', 'a⏎b⏎c⏎d'],
    ['x'.repeat(240), 'x'.repeat(240)],
    ['x'.repeat(241), `${'x'.repeat(240)}…`],
    [bytes(0, 255), '00 ff'],
    [new Uint8Array(241), `${'00 '.repeat(239)}00…`],
  ];
  rows.forEach(([data, text], index) => test(`row ${index}`, () => assert.equal(preview(data), text)));
});

test('a hex dump has offset, bytes and ASCII', () => {
  assert.equal(hexDump(bytes()), '');
  assert.equal(hexDump(Uint8Array.from({ length: 17 }, (_, index) => index + 0x1b + 5)),
    '00000000  20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f   !"#$%&\'()*+,-./\n'
    + `00000010  30${' '.repeat(47)}0`);
  assert.match(hexDump(bytes(0x1f, 0x20, 0x7e, 0x7f, 0xff)), / {2}\. ~\.\.$/);
});

test('text is sent as UTF-8, and bytes are written in hex and base64', () => {
  assert.deepEqual(toBytes('é'), bytes(0xc3, 0xa9));
  assert.deepEqual(toBytes(bytes(1)), bytes(1));
  assert.equal(toHex(bytes(0, 10, 255)), '00 0a ff');
  assert.equal(toHex(bytes()), '');
  const all = Uint8Array.from({ length: 200_000 }, (_, index) => index % 256);
  assert.deepEqual(new Uint8Array(Buffer.from(toBase64(all), 'base64')), all);
});
