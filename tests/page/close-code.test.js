import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { closeMeaning } from '../../mount-origin/js/close-code.js';

describe('each code of the protocol has its name, and a hint if something can be done', () => {
  const rows = [
    [999, 'Reserved'],
    [1000, 'Normal Closure'],
    [1001, 'Going Away', /shutting down.*once it is back/],
    [1002, 'Protocol Error', /broken frame/],
    [1003, 'Unsupported Data', /other type/],
    [1004, 'Reserved'],
    [1005, 'No Status'],
    [1006, 'Abnormal Closure', /without a Close frame/],
    [1007, 'Invalid Payload', /no UTF-8/],
    [1008, 'Policy Violation', /which rule/],
    [1009, 'Message Too Big', /smaller/],
    [1011, 'Internal Error', /what failed/],
    [1012, 'Service Restart', /in some seconds/],
    [1013, 'Try Again Later', /overloaded/],
    [1014, 'Bad Gateway', /behind a proxy/],
    [1016, 'Reserved'],
    [2999, 'Reserved'],
    [3000, 'Registered'],
    [3999, 'Registered'],
    [4000, 'Application'],
    [4999, 'Application'],
  ];
  for (const [code, name, hint] of rows) {
    test(String(code), () => {
      const [gotName, gotHint] = closeMeaning(code);

      assert.equal(gotName, name);
      if (hint) {
        assert.match(gotHint, hint);
      } else {
        assert.equal(gotHint, undefined);
      }
    });
  }
});
