import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { backoffMs } from '../../mount-origin/js/backoff.js';
import { closeMeaning } from '../../mount-origin/js/close-code.js';
import {
  codeFault, echoUrl, reasonFault, subprotocolsFault, subprotocolsOf, urlFault,
} from '../../mount-origin/js/url.js';

describe('the echo service is at the host of the page', () => {
  const pages = [
    { page: 'http://localhost:5000/', url: 'ws://localhost:5000/ws' },
    { page: 'https://localhost:5001/index.html', url: 'wss://localhost:5001/ws' },
    { page: 'http://[::1]:5000/', url: 'ws://[::1]:5000/ws' },
    { page: 'https://echo.example/', path: '/echo', url: 'wss://echo.example/echo' },
  ];
  for (const { page, path, url } of pages) {
    test(page, () => assert.equal(echoUrl(new URL(page), path), url));
  }
});

function checkFaults(name, faultOf, rows) {
  describe(name, () => {
    for (const [input, fault] of rows) {
      test(JSON.stringify(input), () => assert.match(faultOf(input), fault));
    }
  });
}

const none = /^$/;

checkFaults('an address that cannot work is explained', urlFault, [
  ['ws://localhost:5000/ws', none],
  ['WSS://echo.example', none],
  ['ws://[::1]:65535/ws?x=y', none],
  ['', /must start with ws:\/\/ or wss:\/\//],
  ['localhost:5000/ws', /must start with/],
  ['/ws', /must start with/],
  ['http://localhost:5000/ws', /must start with/],
  ['ws:localhost', /must start with/],
  ['ws://', /not a valid address/],
  ['ws://local host/ws', /not a valid address/],
  ['ws://localhost:65536/ws', /not a valid address/],
  ['ws://localhost/ws#part', /no fragment/],
  ['ws://localhost/ws#', /no fragment/],
]);

checkFaults('subprotocols that are none are explained', subprotocolsFault, [
  ['', none],
  [' , ', none],
  ['mqtt, chat.v2,x-1', none],
  ["!#$%&'*+-.^_`|~09azAZ", none],
  ['a b', /^"a b" is no subprotocol/],
  ['mqtt, a/b', /^"a\/b" is/],
  ['é', /^"é" is/],
  ['mqtt, mqtt', /once/],
  ['mqtt, MQTT', none],
]);

test('subprotocols are what stands between the commas', () => {
  assert.deepEqual(subprotocolsOf(' mqtt ,, chat.v2,'), ['mqtt', 'chat.v2']);
  assert.deepEqual(subprotocolsOf(''), []);
});

checkFaults('a code that a page may not send is explained', (row) => codeFault(...row), [
  [['1000', 'bye'], none],
  [['3000', ''], none],
  [['4999', ''], none],
  [['', ''], none],
  [['2999', ''], /1000, with 3000 to 4999/],
  [['5000', ''], /4999/],
  [['1001', ''], /1000/],
  [['10000', ''], /1000/],
  [['1e3', ''], /1000/],
  [['', 'bye'], /needs a code/],
]);

checkFaults('a reason that is too long is explained', reasonFault, [
  ['', none],
  ['x'.repeat(123), none],
  ['x'.repeat(124), /has 124 bytes/],
  [`${'é'.repeat(61)}x`, none],
  ['é'.repeat(62), /has 124 bytes/],
]);

describe('a close code has its meaning', () => {
  const rows = [
    [1000, 'Normal Closure', undefined],
    [1001, 'Going Away', /once it is back/],
    [1006, 'Abnormal Closure', /without a Close frame/],
    [1009, 'Message Too Big', /smaller/],
    [1016, 'Reserved', undefined],
    [2999, 'Reserved', undefined],
    [3000, 'Registered', undefined],
    [3999, 'Registered', undefined],
    [4000, 'Application', undefined],
  ];
  for (const [code, name, hint] of rows) {
    test(String(code), () => {
      const [gotName, gotHint] = closeMeaning(code);

      assert.equal(gotName, name);
      assert.ok(hint ? hint.test(gotHint) : gotHint === undefined);
    });
  }
});

describe('the wait before connecting again doubles, up to a limit, and varies', () => {
  const rows = [[1, 250, 500], [2, 500, 1000], [3, 1000, 2000], [6, 8000, 16000],
    [7, 15000, 30000], [100, 15000, 30000]];
  for (const [attempt, least, most] of rows) {
    test(`attempt ${attempt}`, () => {
      assert.equal(backoffMs(attempt, 0), least);
      assert.equal(backoffMs(attempt, 1), most);
      const wait = backoffMs(attempt);
      assert.ok(wait >= least && wait <= most);
    });
  }
});
