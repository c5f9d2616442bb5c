import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Histogram, RoundTrips, Timeline } from '../../mount-origin/js/stats.js';

function histogramOf(values) {
  const histogram = new Histogram();

  values.forEach((value) => histogram.add(value));
  return histogram;
}

/** Pseudo-random numbers in 0 to 1, the same each time. */
function* numbers(count) {
  let seed = 1;

  for (let index = 0; index < count; index += 1) {
    seed = (seed * 48271) % 2147483647;
    yield seed / 2147483647;
  }
}

describe('percentiles are within 1 % of the exact ones', () => {
  const rows = {
    uniform: (x) => x * 100,
    exponential: (x) => 0.01 - Math.log(1 - x) * 3,
    'far apart': (x) => 10 ** (x * 7 - 2),
    'all the same': () => 0.42,
  };
  for (const [name, value] of Object.entries(rows)) {
    test(name, () => {
      const values = Array.from(numbers(5000), value);
      const histogram = histogramOf(values);

      values.sort((a, b) => a - b);
      for (const share of [0, 0.01, 0.5, 0.95, 0.99, 1]) {
        const exact = values[Math.max(0, Math.ceil(share * values.length) - 1)];
        const got = histogram.percentile(share);
        assert.ok(Math.abs(got / exact - 1) <= 0.0101, `${share}: ${got}, not ${exact}`);
      }
      assert.equal(histogram.percentile(1), values.at(-1));
      assert.equal(histogram.max, values.at(-1));
      assert.equal(histogram.count, 5000);
    });
  }
});

test('a histogram of nothing has no percentiles', () => {
  const histogram = new Histogram();

  assert.ok(Number.isNaN(histogram.percentile(0.5)));
  assert.equal(histogram.count, 0);
  assert.deepEqual(histogram.shape(3).counts, [0, 0, 0]);
});

test('no time at all is a duration, too', () => {
  const histogram = histogramOf([0, 1]);

  assert.equal(histogramOf([0]).percentile(0.5), 0);
  assert.equal(histogramOf([0]).shape(2).fromMs, 0);
  assert.deepEqual(histogram.shape(2).counts, [1, 1]);
});

test('a percentile of few is one of them', () => {
  const histogram = histogramOf([1, 10, 100]);

  for (const [share, wanted] of [[0.3, 1], [0.4, 10], [0.5, 10], [0.7, 100], [1, 100]]) {
    assert.ok(Math.abs(histogram.percentile(share) / wanted - 1) < 0.0101, `${share}`);
  }
});

test('histograms are merged', () => {
  const histogram = histogramOf([1, 2]);

  histogram.merge(histogramOf([2, 50]));
  assert.equal(histogram.count, 4);
  assert.equal(histogram.max, 50);
  assert.deepEqual(histogram.shape(2).counts, [3, 1]);
});

test('histograms are merged with how often each duration was seen', () => {
  const histogram = histogramOf([2, 90]);

  histogram.merge(histogramOf([2, 2, 2, 50]));
  assert.equal(histogram.count, 6);
  assert.equal(histogram.max, 90);
  assert.deepEqual(histogram.shape(2).counts, [4, 2]);
  assert.ok(Math.abs(histogram.percentile(0.6) / 2 - 1) < 0.0101);
});

test('the shape has each duration in one of its bars', () => {
  const { fromMs, counts } = histogramOf([1, 1, 10, 100]).shape(3);

  assert.ok(Math.abs(fromMs - 1) < 0.02);
  assert.deepEqual(counts, [2, 1, 1]);
  assert.deepEqual(histogramOf([5]).shape(4).counts.reduce((a, b) => a + b), 1);
});

describe('an echo is told from other messages', () => {
  test('echoes in order', () => {
    const trips = new RoundTrips();

    trips.sent('a', 10, 1);
    trips.sent('a', 20, 1);
    assert.equal(trips.waiting, 2);
    assert.equal(trips.received('a', 25), 15);
    assert.equal(trips.received('a', 25), 5);
    assert.equal(trips.waiting, 0);
    assert.equal(trips.received('a', 26), undefined);
  });

  test('what was not sent is none, and is not waited for', () => {
    const trips = new RoundTrips();

    assert.equal(trips.received('hello', 1), undefined);
    trips.sent('a', 10, 1);
    assert.equal(trips.received('news', 11), undefined);
    assert.equal(trips.received(Uint8Array.of(97), 12), undefined);
    assert.equal(trips.received('a', 13), 3);
  });

  test('binary ones by what they hold', () => {
    const trips = new RoundTrips();

    trips.sent(Uint8Array.of(1, 2), 10, 2);
    assert.equal(trips.received(Uint8Array.of(1, 3), 11), undefined);
    assert.equal(trips.received('1,2', 11), undefined);
    assert.equal(trips.received(Uint8Array.of(1, 2), 12), 2);
  });

  test('empty ones by their type', () => {
    const trips = new RoundTrips();

    trips.sent('', 10, 0);
    assert.equal(trips.received(new Uint8Array(), 11), undefined);
    assert.equal(trips.received('', 12), 2);
    trips.sent(new Uint8Array(), 20, 0);
    assert.equal(trips.received('', 21), undefined);
    assert.equal(trips.received(new Uint8Array(), 22), 2);
  });

  test('a message that is passed over is lost', () => {
    const trips = new RoundTrips();

    ['a', 'b', 'c'].forEach((data, at) => trips.sent(data, at, 1));
    assert.equal(trips.received('b', 10), 9);
    assert.equal(trips.received('a', 10), undefined);
    assert.equal(trips.waiting, 1);
  });

  test('among the 64 oldest unanswered ones', () => {
    const trips = new RoundTrips();

    for (let at = 0; at < 65; at += 1) {
      trips.sent(`message ${at}`, at, 10);
    }
    assert.equal(trips.received('message 64', 100), undefined);
    assert.equal(trips.received('message 63', 100), 37);
    assert.equal(trips.received('message 64', 100), 36);
  });

  test('after very many, too', () => {
    const trips = new RoundTrips();

    for (let at = 0; at < 5000; at += 1) {
      trips.sent(String(at), at, 4);
      if (at >= 3) {
        assert.equal(trips.received(String(at - 3), at), 3);
      }
    }
    assert.equal(trips.waiting, 3);
    trips.clear();
    assert.equal(trips.waiting, 0);
    assert.equal(trips.received('4999', 5000), undefined);
    trips.sent('again', 1, 5);
    assert.equal(trips.received('again', 2), 1);
  });
});

test('no more than 100,000 messages are waited for', () => {
  const trips = new RoundTrips();

  for (let at = 0; at <= 100_000; at += 1) {
    trips.sent(String(at), at, 0);
  }
  assert.equal(trips.waiting, 100_000);
  assert.equal(trips.received('0', 1), undefined);
  assert.equal(trips.received('1', 1), 0);
});

test('and no more than 64 MiB', () => {
  const trips = new RoundTrips();

  for (let at = 0; at < 5; at += 1) {
    trips.sent(String(at), at, 16 * 2 ** 20);
  }
  assert.equal(trips.waiting, 4);
  trips.clear();
  for (let at = 0; at < 4; at += 1) {
    trips.sent(String(at), at, 16 * 2 ** 20);
  }
  assert.equal(trips.waiting, 4);
});

test('of 64 MiB and a byte the oldest goes', () => {
  const trips = new RoundTrips();

  for (let at = 0; at < 4; at += 1) {
    trips.sent(String(at), at, 16 * 2 ** 20);
  }
  trips.sent('x', 4, 1);
  assert.equal(trips.waiting, 4);
  assert.equal(trips.received('0', 5), undefined);
  assert.equal(trips.received('1', 5), 4);
});

test('what has been answered is put away in turns of a thousand', (t) => {
  const { splice } = Array.prototype;
  let turns = 0;

  t.after(() => { Array.prototype.splice = splice; });
  Array.prototype.splice = function count(...range) {
    turns += 1;
    return splice.apply(this, range);
  };
  const trips = new RoundTrips();

  trips.sent('0', 0, 1);
  for (let at = 1; at <= 10_000; at += 1) { // one is always waited for
    trips.sent(String(at), at, 1);
    trips.received(String(at - 1), at);
  }
  Array.prototype.splice = splice;
  assert.ok(turns >= 5 && turns <= 20, `${turns}`);
});

describe('a timeline', () => {
  const plain = (seconds) => seconds.map(({ sent, received, trips }) => [sent, received, trips.count]);

  test('has the seconds that have ended', () => {
    const timeline = new Timeline(3);

    timeline.add('sent', 10_000);
    timeline.add('received', 10_999, 0);
    timeline.add('received', 11_000);
    timeline.add('sent', 12_500);
    assert.deepEqual(plain(timeline.until(12_900)), [[0, 0, 0], [1, 1, 1], [0, 1, 0]]);
    assert.deepEqual(plain(timeline.until(13_000)), [[1, 1, 1], [0, 1, 0], [1, 0, 0]]);
    assert.deepEqual(plain(timeline.until(99_000)), [[0, 0, 0], [0, 0, 0], [0, 0, 0]]);
  });

  test('forgets what is older', () => {
    const timeline = new Timeline(2);

    timeline.add('sent', 1000);
    timeline.add('sent', 3000);
    assert.deepEqual(plain(timeline.until(3000)), [[1, 0, 0], [0, 0, 0]]);
    timeline.add('sent', 4000);
    assert.deepEqual(plain(timeline.until(3000)), [[0, 0, 0], [0, 0, 0]]);
  });
});
