import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

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

describe('what only contains something right is wrong', () => {
  const rows = {
    'an address in another': [urlFault('http://localhost/?to=ws://localhost'), /must start with/],
    'an address after a space': [urlFault(' ws://localhost'), /must start with/],
    'a code after a digit': [codeFault('11000', ''), /3000 to 4999/],
    'a code after a letter': [codeFault('x3000', ''), /3000 to 4999/],
  };
  for (const [name, [got, fault]] of Object.entries(rows)) {
    test(name, () => assert.match(got, fault));
  }
});

describe('a subprotocol has none of the separators of RFC 2616', () => {
  for (const separator of '()<>@;:\\"/[]?={} \t') {
    test(JSON.stringify(separator), () => (
      assert.match(subprotocolsFault(`a${separator}b`), /is no subprotocol/)));
  }
});
