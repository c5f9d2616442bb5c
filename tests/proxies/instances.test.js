// What becomes of connections that are idle, and when an instance ends or the proxy reloads.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Random, assertEcho } from '../kit/js/messages.js';
import { expectEventually } from '../kit/js/eventually.js';
import { byInstance, instanceOf, open, openDirectly, openMany } from './clients.js';
import { proxyNames } from './proxy.js';
import { Setup } from './setup.js';

const timeout = 120_000; // for each test

// In each proxy's own words.
const idleTimeouts = {
  nginx: ['proxy_read_timeout 90s;', 'proxy_read_timeout 4s;'],
  HAProxy: ['timeout tunnel 90s', 'timeout tunnel 4s'],
};
const reloadLimits = {
  nginx: ['worker_shutdown_timeout 1h;', 'worker_shutdown_timeout 1s;'],
  HAProxy: ['hard-stop-after 1h', 'hard-stop-after 1s'],
};
const smallLimits = {
  nginx: [0, 1].map((index) => (ports) => {
    const server = `server 127.0.0.1:${ports[index]} max_fails=1 fail_timeout=10s max_conns=`;
    return [`${server}16000;`, `${server}2;`];
  }),
  HAProxy: [['maxconn 16000', 'maxconn 2'], ['timeout queue 5s', 'timeout queue 1s']],
};
const tooMany = { nginx: 502, HAProxy: 503 };
const withoutInstanceOne = {
  nginx: ({ port }) => [`server 127.0.0.1:${port} `, `server 127.0.0.1:${port} down `],
  HAProxy: ({ port }) => [
    `server echo1 127.0.0.1:${port}`, `server echo1 127.0.0.1:${port} disabled`,
  ],
};

/** Starts a proxy and its instances for one test. */
async function start(t, ...args) {
  const setup = await Setup.start(...args);

  t.after(() => setup.stop());
  return setup;
}

/** Has a client exchange messages, one at a time, until it is told to stop. */
class Talk {
  #client;
  #random;
  #goesOn = true;
  #done;
  count = 0;

  constructor(client, name) {
    this.#client = client;
    this.#random = new Random(name);
    this.#done = this.#talk();
    this.#done.catch(() => {}); // whoever stops it learns
  }

  async #talk() {
    while (this.#goesOn) {
      const message = this.#random.message();
      assertEcho((await this.#client.exchange(message)).echo, message);
      this.count += 1;
    }
  }

  /** Ends it. Rejects if the connection has been lost, or a message. */
  stop() {
    this.#goesOn = false;
    return this.#done;
  }

  /** Waits until further @count messages have come back. */
  async more(count) {
    const goal = this.count + count;

    await Promise.race([
      this.#done,
      expectEventually(() => assert.ok(this.count >= goal, `${this.count} of ${goal} messages`)),
    ]);
  }
}

const talkAll = (clients, name) => (
  clients.map((client, index) => new Talk(client, `${name} ${index}`)));
const codesOf = async (clients) => Promise.all(
  clients.map(async ({ closed }) => (await closed).code));
const repeated = (value, { length }) => Array.from({ length }, () => value);

/** Connects and drops, again and again, until a promise is settled, and @least times. */
async function connectUntil(setup, promise, least = 20) {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  const names = [];

  settled.catch(() => {});
  while (!isSettled || names.length < least) {
    const client = await open(setup);
    names.push(instanceOf(client));
    client.drop();
  }
  await settled;
  return names;
}

for (const proxyName of proxyNames) {
  describe(`behind ${proxyName}`, () => {
    test('instances know clients by their own addresses', { timeout }, async (t) => {
      const setup = await start(t, proxyName, { echo: { 'max-connections-per-address': 1 } });
      const from = (localAddress) => open(setup, { localAddress });

      // One in each instance; for the instances all of them are the proxy's connections.
      await from('127.0.0.2');
      await from('127.0.0.2');
      await assert.rejects(from('127.0.0.2'), /Unexpected server response: 429/);
      await from('127.0.0.3');
      await from('127.0.0.3');
      await assert.rejects(from('127.0.0.3'), /Unexpected server response: 429/);
    });

    test('connections are spread over the instances', { timeout }, async (t) => {
      const setup = await start(t, proxyName);
      const { one, two } = byInstance(await openMany(setup, 20));

      assert.deepEqual([one.length, two.length], [10, 10]);
      two.forEach((client) => client.socket.close());
      await codesOf(two);

      // Not by turns: the one that has few gets more. It may still count one that is about to end.
      const later = byInstance(await openMany(setup, 8));
      assert.ok(later.two.length >= 7, `${later.one.length} and ${later.two.length}`);
    });

    for (const scheme of ['ws', 'wss']) {
      test(`1,000 connections at once (${scheme})`, { timeout }, async (t) => {
        const setup = await start(t, proxyName);
        const random = new Random(`burst ${proxyName} ${scheme}`);
        const messages = Array.from({ length: 1000 }, () => random.message());
        const clients = await Promise.all(messages.map(async (message) => {
          const client = await open(setup, { scheme });

          assertEcho((await client.exchange(message)).echo, message);
          return client;
        }));
        const { one, two } = byInstance(clients);

        assert.ok(one.length > 300 && two.length > 300, `${one.length} and ${two.length}`);
      });
    }

    test('what the instances may not hold is turned away', { timeout }, async (t) => {
      const setup = await start(t, proxyName, { changes: smallLimits[proxyName] });
      const clients = await openMany(setup, 4);

      await assert.rejects(open(setup), {
        message: `Unexpected server response: ${tooMany[proxyName]}`,
      });
      await talkAll(clients.slice(0, 1), 'holds')[0].more(1);
      clients[3].socket.close();
      await expectEventually(() => open(setup));
    });

    test('Pings keep an idle connection, and without them it is cut', { timeout }, async (t) => {
      const setup = await start(t, proxyName, {
        each: {
          one: { 'ping-interval': 1, 'pong-timeout': 1 },
          two: { 'ping-interval': 0, 'pong-timeout': 0 },
        },
        changes: [idleTimeouts[proxyName]],
      });
      const pinged = byInstance(await openMany(setup, 2)).one[0];
      // Later, so that the first is idle for longer than the time after which the second is cut.
      const silent = byInstance(await openMany(setup, 2)).two[0];
      let pings = 0;

      pinged.socket.on('ping', () => {
        pings += 1;
      });
      assert.equal((await silent.closed).code, 1006);
      assert.ok(pings > 0);
      await talkAll([pinged], 'after a pause')[0].more(1);
    });

    test('an instance that dies takes only its own connections', { timeout }, async (t) => {
      const setup = await start(t, proxyName);
      const { one, two } = byInstance(await openMany(setup, 20));
      const talks = talkAll(two, 'goes on');

      talkAll(one, 'is cut short');
      await Promise.all(talks.map((talk) => talk.more(5)));
      await setup.instances.one.kill();
      assert.deepEqual(await codesOf(one), repeated(1006, one));

      // Those that come now find the other one, at once and without failing.
      const later = await openMany(setup, 20);
      assert.deepEqual(later.map(instanceOf), repeated('two', later));
      await Promise.all(talks.map((talk) => talk.more(5)));

      await setup.startInstance('one');
      await expectEventually(async () => {
        assert.equal(instanceOf(await open(setup)), 'one');
      });
      await Promise.all(talks.map((talk) => talk.more(5)));
      await Promise.all(talks.map((talk) => talk.stop()));
    });

    test('an instance that stops says so, and nobody else notices', { timeout }, async (t) => {
      const setup = await start(t, proxyName);
      const { one, two } = byInstance(await openMany(setup, 20));
      const talks = talkAll(two, 'goes on');

      await Promise.all(talks.map((talk) => talk.more(5)));
      const names = await connectUntil(setup, setup.instances.one.stop());
      assert.deepEqual(await codesOf(one), repeated(1001, one));
      assert.equal(names.at(-1), 'two');
      await Promise.all(talks.map((talk) => talk.more(5)));
      await Promise.all(talks.map((talk) => talk.stop()));
    });

    test('one that drains first goes on until it says so', { timeout }, async (t) => {
      const setup = await start(t, proxyName, { drains: true });
      const { one, two } = byInstance(await openMany(setup, 20));
      const talks = talkAll([...one, ...two], 'goes on');
      const stopped = setup.instances.one.stop();
      const names = connectUntil(setup, stopped);

      await Promise.all(talks.map((talk) => talk.more(5)));
      assert.deepEqual(await codesOf(one), repeated(1001, one));
      assert.equal((await names).at(-1), 'two');
      await stopped;
      const others = talks.slice(one.length);
      await Promise.all(others.map((talk) => talk.more(5)));
      await Promise.all(others.map((talk) => talk.stop()));
    });

    test('a reload refuses nobody and leaves open connections alone', { timeout }, async (t) => {
      const setup = await start(t, proxyName);
      const { one, two } = byInstance(await openMany(setup, 20));
      const talks = talkAll([...one, ...two], 'goes on');

      await Promise.all(talks.map((talk) => talk.more(5)));
      await setup.proxy.reload([withoutInstanceOne[proxyName](setup.instances.one)]);
      await connectUntil(setup, expectEventually(async () => {
        const names = (await openMany(setup, 8)).map(instanceOf);
        assert.deepEqual(names, repeated('two', names));
      }));
      await Promise.all(talks.map((talk) => talk.more(5)));
      await Promise.all(talks.map((talk) => talk.stop()));
    });

    test('what is open after a reload is cut in the end', { timeout }, async (t) => {
      const setup = await start(t, proxyName, { changes: [reloadLimits[proxyName]] });
      const before = await openMany(setup, 4);

      await setup.proxy.reload();
      const codes = codesOf(before);
      await connectUntil(setup, codes);
      assert.deepEqual(await codes, repeated(1006, before));
    });
  });
}

describe('HAProxy asks the instances how they are', () => {
  const statusBecomes = (setup, ...expected) => expectEventually(async () => {
    const { status, check_status: checked } = await setup.proxy.statusOf(0);
    assert.deepEqual([status, checked], expected);
  });

  test('one that has died gets nobody until it is back', { timeout }, async (t) => {
    const setup = await start(t, 'HAProxy');

    await statusBecomes(setup, 'UP', 'L7OK');
    await setup.instances.one.kill();
    await statusBecomes(setup, 'DOWN', 'L4CON');
    const meanwhile = await openMany(setup, 10);
    assert.deepEqual(meanwhile.map(instanceOf), repeated('two', meanwhile));

    await setup.startInstance('one');
    await statusBecomes(setup, 'UP', 'L7OK');
    await expectEventually(async () => {
      assert.equal(instanceOf(await open(setup)), 'one');
    });
  });

  test('one that drains gets nobody while it still takes connections', { timeout }, async (t) => {
    const setup = await start(t, 'HAProxy', { drains: true });
    const { one } = byInstance(await openMany(setup, 8));
    const talks = talkAll(one, 'goes on');

    await statusBecomes(setup, 'UP', 'L7OK');
    const stopped = setup.instances.one.stop();
    await statusBecomes(setup, 'DOWN', 'L7STS');
    const direct = await openDirectly(setup, 'one');
    const meanwhile = await openMany(setup, 10);
    assert.deepEqual(meanwhile.map(instanceOf), repeated('two', meanwhile));
    await Promise.all(talks.map((talk) => talk.more(5)));

    assert.deepEqual(await codesOf([direct, ...one]), repeated(1001, [direct, ...one]));
    await stopped;
  });
});
