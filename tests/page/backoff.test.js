import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backoffMs } from '../../mount-origin/js/backoff.js';

test('the wait is in whole milliseconds', () => assert.equal(backoffMs(1, 0.333), 333));

test('the wait varies by itself', () => {
  assert.ok(new Set(Array.from({ length: 100 }, () => backoffMs(7))).size > 1);
});
