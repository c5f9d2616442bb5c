import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { backoffMs } from '../../mount-origin/js/backoff.js';

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

test('the wait is in whole milliseconds', () => assert.equal(backoffMs(1, 0.333), 333));

test('the wait varies by itself', () => {
  assert.ok(new Set(Array.from({ length: 100 }, () => backoffMs(7))).size > 1);
});
