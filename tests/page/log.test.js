import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  describe as words, isCut, Log, summaryOf, toCsv, toJson, toRecord, typeOf,
} from '../../mount-origin/js/log.js';

const url = 'ws://localhost:5000/ws';
const why = 'The browser does not say why. Check that the server is running and that host, port '
  + 'and path are right.';

describe('what happened to a connection is said in words', () => {
  const rows = {
    opened: [{ type: 'open', url, protocol: '', extensions: '' },
      { text: `Connection opened to ${url}` }],
    'opened with a subprotocol and an extension': [
      { type: 'open', url, protocol: 'mqtt', extensions: 'permessage-deflate' },
      { text: `Connection opened to ${url}. Subprotocol: mqtt. Extensions: permessage-deflate` }],
    'closed with a reason': [{ type: 'close', code: 1000, reason: 'bye' },
      { text: 'Connection closed. Code: 1000 (Normal Closure). Reason: bye', hint: undefined }],
    'closed without one': [{ type: 'close', code: 1001, reason: '' },
      { text: 'Connection closed. Code: 1001 (Going Away). Reason: (none)',
        hint: 'The server is shutting down. Connect again once it is back.' }],
    failed: [{ type: 'fail', url }, { text: `Could not connect to ${url}`, hint: why }],
    'failed with TLS, where the certificate may be the cause': [
      { type: 'fail', url: 'wss://localhost:5000/ws' },
      { text: 'Could not connect to wss://localhost:5000/ws',
        hint: `${why} Open https://localhost:5000/ in another tab to see if its certificate is `
          + 'trusted.' }],
    'failed with TLS, in capitals': [{ type: 'fail', url: 'WSS://echo.example/ws' },
      { text: 'Could not connect to WSS://echo.example/ws',
        hint: `${why} Open https://echo.example/ in another tab to see if its certificate is `
          + 'trusted.' }],
    'failed without TLS, at a path that names it': [{ type: 'fail', url: 'ws://localhost/wss:' },
      { text: 'Could not connect to ws://localhost/wss:', hint: why }],
    'refused by the browser itself': [{ type: 'fail', url, detail: 'The port is not allowed.' },
      { text: `Could not connect to ${url}`, hint: 'The browser says: The port is not allowed.' }],
    'mixed content': [{ type: 'fail', url, detail: 'An insecure connection.' },
      { text: `Could not connect to ${url}`, hint: 'The browser says: An insecure connection. Use '
        + 'wss:// here, or open this page over http.' }],
    'given up': [{ type: 'fail', url, left: true }, { text: `Gave up connecting to ${url}` }],
    'about to be tried again': [{ type: 'retry', attempt: 3, delayMs: 1234 },
      { text: 'Connecting again in 1.2 s, attempt 3' }],
    'a message': [{ type: 'send', data: 'x', bytes: 1 }, {}],
  };
  for (const [name, [activity, row]] of Object.entries(rows)) {
    test(name, () => assert.deepEqual(words(activity), row));
  }
});

const open = { type: 'open', at: 0, url, protocol: '', extensions: '' };
const message = (type, data, bytes = data.length) => ({ type, at: 1.5, data, bytes });

function logOf(...activities) {
  const log = new Log();

  activities.forEach((activity) => log.append(activity));
  return log;
}

const texts = (log) => log.visible.map((entry) => summaryOf(entry));

test('an entry has time, type and content', () => {
  const log = new Log();
  const entry = log.append(message('receive', 'Hello'), 0.5);

  assert.equal(entry.time.getTime(), Math.trunc(performance.timeOrigin + 1.5));
  assert.equal(entry.roundTripMs, 0.5);
  assert.equal(typeOf(entry), 'text');
  assert.equal(typeOf(log.append(message('send', Uint8Array.of(1)))), 'binary');
  const opened = log.append(open);
  assert.equal(typeOf(opened), 'open');
  assert.equal(summaryOf(opened), `Connection opened to ${url}`);
  assert.deepEqual(log.visible.map(({ id }) => id), [1, 2, 3]);
  assert.equal(summaryOf(log.append(message('send', ''))), '(empty)');
  assert.equal(summaryOf(log.append(message('send', new Uint8Array()))), '(empty)');
});

describe('the log is filtered', () => {
  const activities = [open, message('send', 'Hello'), message('receive', 'Hello'),
    message('receive', Uint8Array.of(0xca, 0xfe)), message('send', 'x'.repeat(5000) + 'END')];
  const rows = [
    ['', 'all', 5], ['hello', 'all', 2], ['HELLO', 'send', 1], ['', 'receive', 2],
    ['', 'connection', 1], ['localhost', 'all', 1], ['localhost', 'send', 0], ['CA fe', 'all', 1],
    ['end', 'all', 1], ['nowhere', 'all', 0],
  ];
  for (const [text, show, count] of rows) {
    test(`"${text}", ${show}`, () => {
      const log = logOf(...activities);

      log.filter(text, show);
      assert.equal(log.visible.length, count);
      assert.equal(log.count, 5);
      activities.forEach((activity) => log.append(activity)); // the same holds for what comes
      assert.equal(log.visible.length, 2 * count);
      log.filter('', 'all');
      assert.equal(log.visible.length, 10);
    });
  }
});

test('a binary message is searched up to 1024 bytes', () => {
  const at = (index) => {
    const data = new Uint8Array(2000);

    data.set([0xca, 0xfe], index);
    return message('send', data);
  };
  const log = logOf(at(0), at(1022), at(1023));

  log.filter('ca fe', 'all');
  assert.deepEqual(log.visible.map(({ id }) => id), [1, 2]);
});

test('without a text to find no binary message is read', () => {
  let reads = 0;
  class Watched extends Uint8Array {
    subarray(...range) {
      reads += 1;
      return super.subarray(...range);
    }
  }
  const log = logOf(message('send', Watched.of(0xca)));

  log.filter('', 'send');
  assert.deepEqual([log.visible.length, reads], [1, 0]);
  log.filter('ca', 'send');
  assert.deepEqual([log.visible.length, reads], [1, 1]);
});

test('a pause holds what comes, and loses nothing', () => {
  const log = logOf(open);

  log.paused = true;
  log.append(message('send', 'a'));
  log.append(message('receive', 'a'));
  assert.deepEqual([log.visible.length, log.held, log.count, log.paused], [1, 2, 3, true]);
  log.paused = false;
  assert.deepEqual([log.visible.length, log.held, log.count, log.paused], [3, 0, 3, false]);
});

test('the log is cleared', () => {
  const log = logOf(open, message('send', 'a'));

  log.clear();
  assert.deepEqual([log.visible.length, log.count, log.dropped], [0, 0, 0]);
  assert.equal(log.append(open).id, 3);
});

test('above 200,000 rows the oldest tenth goes', () => {
  const log = new Log();

  log.filter('keep', 'all');
  for (let index = 1; index <= 200_000; index += 1) {
    log.append(message('send', index % 1000 ? 'x' : `keep ${index}`));
  }
  assert.deepEqual([log.count, log.dropped, log.visible.length], [200_000, 0, 200]);
  log.append(message('send', 'keep the last'));
  assert.deepEqual([log.count, log.dropped], [180_000, 20_001]);
  assert.equal(log.visible.length, 181);
  assert.equal(texts(log)[0], 'keep 21000');
  assert.equal(texts(log).at(-1), 'keep the last');
});

test('above 64 MiB of content the oldest go, down to nine tenths', () => {
  const log = new Log();
  const data = new Uint8Array(2 ** 20);

  for (let index = 0; index < 64; index += 1) {
    log.append(message('send', data));
  }
  assert.equal(log.dropped, 0);
  log.append(message('send', 'x'));
  assert.deepEqual([log.count, log.dropped], [58, 7]);
  log.clear();
  for (let index = 0; index < 64; index += 1) {
    log.append(message('send', data));
  }
  assert.equal(log.dropped, 0);
});

const mebibyte = message('send', 'x'.repeat(2 ** 20));

function appendTimes(log, activity, count) {
  for (let index = 0; index < count; index += 1) {
    log.append(activity);
  }
}

describe('room is made', () => {
  test('by the size of each row', () => {
    const log = logOf(message('send', 'x'));

    appendTimes(log, mebibyte, 64);
    assert.deepEqual([log.count, log.dropped, log.visible.length], [57, 8, 57]);
    assert.equal(log.visible[0].id, 9);
  });

  test('by what is kept of each row', () => {
    const log = new Log();

    appendTimes(log, message('send', 'x'.repeat(2 ** 21)), 64);
    log.append(message('send', 'x'));
    assert.deepEqual([log.count, log.dropped, log.visible.length], [58, 7, 58]);
  });

  test('again and again', () => {
    const log = new Log();

    appendTimes(log, mebibyte, 200);
    assert.equal(log.count + log.dropped, 200);
    assert.ok(log.count > 56 && log.count <= 64);
  });

  test('in a pause, which goes on', () => {
    const log = new Log();

    appendTimes(log, mebibyte, 10);
    log.paused = true;
    appendTimes(log, mebibyte, 55);
    assert.deepEqual([log.count, log.dropped, log.visible.length, log.held], [57, 8, 2, 55]);
    log.paused = false;
    assert.deepEqual([log.visible.length, log.held], [57, 0]);
  });
});

describe('of a message 1 MiB is kept', () => {
  for (const [name, data, bytes, kept, cut] of [
    ['exactly that', new Uint8Array(2 ** 20), 2 ** 20, 2 ** 20, false],
    ['a byte more', new Uint8Array(2 ** 20 + 1), 2 ** 20 + 1, 2 ** 20, true],
    ['text', 'x'.repeat(2 ** 20 + 1), 2 ** 20 + 1, 2 ** 20, true],
    ['text of fewer characters', 'é'.repeat(600_000), 1_200_000, 600_000, false],
  ]) {
    test(name, () => {
      const entry = new Log().append(message('send', data, bytes));

      assert.equal(entry.data.length, kept);
      assert.equal(entry.bytes, bytes);
      assert.equal(isCut(entry), cut);
      assert.equal(toRecord(entry).truncated, cut || undefined);
    });
  }
});

const exported = () => logOf(
  open, message('send', 'a, "b"\r\nc'), message('receive', Uint8Array.of(0, 255)), message('send', ''),
).visible;

test('JSON has what each row holds', () => {
  const records = JSON.parse(toJson(exported()).join(''));

  assert.deepEqual(records.map(({ time, ...record }) => record), [
    { event: 'open', text: `Connection opened to ${url}` },
    { event: 'send', type: 'text', bytes: 9, encoding: 'utf-8', data: 'a, "b"\r\nc' },
    { event: 'receive', type: 'binary', bytes: 2, encoding: 'base64', data: 'AP8=' },
    { event: 'send', type: 'text', bytes: 0, encoding: 'utf-8', data: '' },
  ]);
  assert.ok(records.every(({ time }) => /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/.test(time)));
  assert.deepEqual(JSON.parse(toJson([]).join('')), []);
});

test('CSV quotes what has to be', () => {
  const lines = toCsv(exported()).map((line) => line.replace(/^\d[^,]+/, 'TIME'));

  assert.deepEqual(lines, [
    'time,event,type,bytes,roundTripMs,encoding,data,truncated,text\r\n',
    `TIME,open,,,,,,,Connection opened to ${url}\r\n`,
    'TIME,send,text,9,,utf-8,"a, ""b""\r\nc",,\r\n',
    'TIME,receive,binary,2,,base64,AP8=,,\r\n',
    'TIME,send,text,0,,utf-8,,,\r\n',
  ]);
});

test('CSV and JSON have the round trip', () => {
  const entry = new Log().append(message('receive', 'a'), 0.25);

  assert.equal(JSON.parse(toJson([entry]).join(''))[0].roundTripMs, 0.25);
  assert.match(toCsv([entry])[1], /,receive,text,1,0\.25,utf-8,a,,\r\n$/);
});

describe('CSV quotes a cell for each of these alone', () => {
  for (const [data, cell] of [['a"b', '"a""b"'], ['a,b', '"a,b"'], ['a\rb', '"a\rb"'],
    ['a\nb', '"a\nb"'], ['a;\'b', 'a;\'b']]) {
    test(JSON.stringify(data), () => {
      const [, line] = toCsv(logOf(message('send', data)).visible);

      assert.ok(line.endsWith(`,utf-8,${cell},,\r\n`), line);
    });
  }
});
