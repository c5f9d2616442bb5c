import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { codeFault, subprotocolsFault, urlFault } from '../../mount-origin/js/url.js';

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
