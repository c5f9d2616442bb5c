import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Burst, planFault } from '../../mount-origin/js/burst.js';

const plan = { count: 1000, bytes: 64, rate: 0, binary: false };

function send(burst, count) {
  return Array.from({ length: count }, () => burst.next());
}

describe('a plan has limits', () => {
  const limits = { count: [1, 1_000_000], bytes: [0, 16_777_216], rate: [0, 100_000] };

  for (const [field, [min, max]] of Object.entries(limits)) {
    test(field, () => {
      for (const value of [min, max]) {
        assert.equal(planFault({ ...plan, [field]: value }), undefined);
      }
      for (const value of [min - 1, max + 1, min + 0.5, NaN, Infinity]) {
        const [got, fault] = planFault({ ...plan, [field]: value });

        assert.equal(got, field);
        assert.match(fault, new RegExp(`must be a whole number, ${min} to ${max}\\.$`));
      }
    });
  }
});

describe('messages are due', () => {
  test('up to 256 that are under way', () => {
    const burst = new Burst(plan, 0);

    assert.equal(burst.due(0, 0), 256);
    send(burst, 256);
    assert.equal(burst.due(1000, 0), 0);
    burst.answered(1, 1000);
    burst.answered(undefined, 1000);
    assert.equal(burst.due(1000, 0), 2);
  });

  test('at their rate', () => {
    const burst = new Burst({ ...plan, rate: 100 }, 5000);

    assert.equal(burst.due(5000, 0), 1);
    send(burst, 1);
    assert.equal(burst.due(5009, 0), 0);
    assert.equal(burst.due(5010, 0), 1);
    assert.equal(burst.due(6000, 0), 100);
  });

  test('no more than there are', () => {
    const burst = new Burst({ ...plan, count: 3 }, 0);

    assert.equal(burst.due(0, 0), 3);
    send(burst, 3);
    assert.equal(burst.due(0, 0), 0);
  });

  test('no more than the buffer may hold', () => {
    const burst = new Burst({ ...plan, bytes: 2 ** 18 }, 0);

    assert.equal(burst.due(0, 0), 4);
    assert.equal(burst.due(0, 2 ** 20 - 1), 1);
    assert.equal(burst.due(0, 2 ** 20), 0);
    assert.equal(burst.due(0, 2 ** 21), 0);
    assert.equal(new Burst({ ...plan, bytes: 1 }, 0).due(0, 2 ** 20 - 10), 10);
    assert.equal(new Burst({ ...plan, bytes: 0 }, 0).due(0, 2 ** 20), 0);
  });
});

describe('a message has its size and begins with its number', () => {
  for (const [bytes, first] of [[0, ''], [1, '1'], [4, '1 lw'], [20, '1 lws-echo lws-echo ']]) {
    test(`${bytes} bytes`, () => {
      const [text] = send(new Burst({ ...plan, bytes }, 0), 1);
      const [binary] = send(new Burst({ ...plan, bytes, binary: true }, 0), 1);

      assert.equal(text, first);
      assert.deepEqual(binary, new TextEncoder().encode(first));
    });
  }

  test('each another', () => {
    assert.equal(new Set(send(new Burst(plan, 0), 1000)).size, 1000);
  });
});

describe('a burst is over', () => {
  test('when all have come back', () => {
    const burst = new Burst({ ...plan, count: 2 }, 0);

    assert.equal(burst.isOver(0), false);
    send(burst, 1);
    burst.answered(1, 1);
    assert.equal(burst.isOver(1), false);
    assert.equal(burst.progress, 0.5);
    send(burst, 1);
    assert.equal(burst.progress, 0.75);
    assert.equal(burst.isOver(1), false);
    burst.answered(2, 2);
    assert.equal(burst.isOver(2), true);
    assert.equal(burst.progress, 1);
  });

  test('when more have come than were sent', () => {
    const burst = new Burst({ ...plan, count: 1 }, 0);

    send(burst, 1);
    burst.answered(undefined, 1);
    burst.answered(undefined, 1);
    assert.equal(burst.isOver(1), true);
  });

  test('when none has for 5 s', () => {
    const burst = new Burst(plan, 1000);

    send(burst, 2);
    assert.equal(burst.isOver(6000), false);
    assert.equal(burst.isOver(6001), true);
    burst.answered(1, 3000);
    assert.equal(burst.isOver(8000), false);
    assert.equal(burst.isOver(8001), true);
  });

  test('but not between the messages of a slow one', () => {
    const burst = new Burst({ ...plan, rate: 1 }, 100_000);

    send(burst, 10);
    assert.equal(burst.isOver(115_000), false);
    assert.equal(burst.isOver(115_001), true);
  });
});

test('the figures are those of what came back', () => {
  const burst = new Burst({ ...plan, count: 10, bytes: 2 ** 20 }, 1000);

  send(burst, 10);
  for (let at = 0; at < 8; at += 1) {
    burst.answered(at + 1, 3000);
  }
  burst.answered(undefined, 3000);
  assert.deepEqual(burst.figures(), [
    ['Sent', 10], ['Came back', 8], ['Lost', 1], ['Altered', 1], ['Duration', '2.00 s'],
    ['Messages a second', 4], ['MiB a second', '4.00'],
  ]);
  burst.answered(undefined, 3000);
  burst.answered(undefined, 3000);
  assert.deepEqual(burst.figures().slice(2, 4), [['Lost', 0], ['Altered', 3]]);
  assert.deepEqual(new Burst(plan, 1000).figures().slice(4), [
    ['Duration', '0.00 s'], ['Messages a second', 0], ['MiB a second', '0.00'],
  ]);
});

test('a burst knows its round trips, also of no time at all', () => {
  const burst = new Burst({ ...plan, bytes: 2 ** 20 }, 0);

  send(burst, 3);
  burst.answered(0, 1000);
  burst.answered(7, 3000);
  assert.equal(burst.trips.count, 2);
  assert.equal(burst.trips.max, 7);
  assert.equal(burst.altered, 0);
  assert.deepEqual(burst.figures().slice(5), [['Messages a second', 1], ['MiB a second', '0.667']]);
});
