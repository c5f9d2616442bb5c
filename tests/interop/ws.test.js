import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { extension } from 'ws';

import { Client } from '../kit/js/client.js';
import { Random, assertEcho, kinds, messageOf } from '../kit/js/messages.js';
import { serve, startServer } from '../kit/js/serve.js';

const timeout = 120_000; // for a whole group

// A server that compresses remembers earlier messages or does not.
const settings = [
  { name: 'plain', config: {} },
  { name: 'TLS', config: { tls: 'self-signed' } },
  { name: 'plain, compressed', config: { echo: { compression: 'on' } }, remembers: true },
  {
    name: 'TLS, compressed',
    config: { tls: 'self-signed', echo: { compression: 'on' } },
    remembers: true,
  },
  {
    name: 'plain, each message compressed alone',
    config: { echo: { compression: 'no-context-takeover' } },
    remembers: false,
  },
];
const uncompressed = settings.filter(({ remembers }) => remembers === undefined);
const compressed = settings.filter(({ remembers }) => remembers !== undefined);

const sizes = [0, 1, 2, 125, 126, 127, 65535, 65536, 2 ** 20, 2 ** 24];
const [randomText, repetitiveText, randomBinary, repetitiveBinary] = kinds;

// Everything is compressed, also what is too small to be worth it; the level spares time.
const deflate = { threshold: 0, zlibDeflateOptions: { level: 1 } };

async function open(t, server, options) {
  const client = await Client.open(server.socketUrl, { perMessageDeflate: deflate, ...options });

  t.after(() => client.drop());
  return client;
}

async function exchangeAll(client, messages) {
  for (const message of messages) {
    client.send(message);
  }
  for (const [index, message] of messages.entries()) {
    assertEcho(await client.next(), message, `message ${index + 1} of ${messages.length}`);
  }
}

describe('ws gets each message back as it was', () => {
  for (const { name, config } of settings) {
    describe(name, { timeout }, () => {
      const running = serve(config);

      for (const kind of kinds) {
        for (const size of sizes) {
          test(`${size} bytes of ${kind.name}`, async (t) => {
            const client = await open(t, running.server);
            const message = messageOf(kind, size);

            assertEcho((await client.exchange(message)).echo, message);
          });
        }
      }

      test('200 messages that do not wait for their echoes', async (t) => {
        const client = await open(t, running.server);

        await exchangeAll(client, new Random('200 messages').messages(200));
      });

      test('8 clients at the same time', async (t) => {
        await Promise.all(Array.from({ length: 8 }, async (_, index) => {
          const client = await open(t, running.server);

          await exchangeAll(client, new Random(`client ${index}`).messages(50));
        }));
      });
    });
  }
});

describe('ws gets a message back whole that it sent in fragments', () => {
  const text = Buffer.from('Grüße 🌍');
  const large = messageOf(randomBinary, 100_000).data;
  const rows = [
    {
      name: 'text, cut within characters',
      isBinary: false,
      fragments: [...text].map((byte) => [byte]),
    },
    { name: 'binary', isBinary: true, fragments: [[1, 2], [3], [4, 5, 6]] },
    { name: 'empty ones among them', isBinary: true, fragments: [[], [1], [], [2], []] },
    { name: 'nothing but empty ones', isBinary: false, fragments: [[], [], []] },
    {
      name: 'large ones',
      isBinary: true,
      fragments: [large.subarray(0, 70_000), large.subarray(70_000)],
    },
  ];
  for (const { name, config } of settings) {
    describe(name, { timeout }, () => {
      const running = serve(config);

      for (const row of rows) {
        test(row.name, async (t) => {
          const client = await open(t, running.server);
          const fragments = row.fragments.map((bytes) => Buffer.from(bytes));
          const message = { isBinary: row.isBinary, data: Buffer.concat(fragments) };

          for (const [index, data] of fragments.entries()) {
            client.send({ isBinary: row.isBinary, data }, { fin: index === fragments.length - 1 });
          }
          assertEcho(await client.next(), message);
          await exchangeAll(client, [messageOf(repetitiveText, 1000)]);
        });
      }

      test('a Ping among them', async (t) => {
        const client = await open(t, running.server);

        client.send({ isBinary: false, data: Buffer.from('half ') }, { fin: false });
        client.socket.ping('between');
        assert.equal(String((await client.happens('pong'))[0]), 'between');
        client.send({ isBinary: false, data: Buffer.from('and half') });
        assertEcho(await client.next(), { isBinary: false, data: Buffer.from('half and half') });
      });
    });
  }
});

describe('ws has its close answered', () => {
  const rows = [
    { name: 'code and reason', close: [1000, 'bye'], answer: { code: 1000, reason: 'bye' } },
    { name: 'a code alone', close: [3000], answer: { code: 3000, reason: '' } },
    {
      name: 'a reason beyond ASCII',
      close: [4999, 'Grüße 🌍'],
      answer: { code: 4999, reason: 'Grüße 🌍' },
    },
    { name: 'no code', close: [], answer: { code: 1000, reason: '' } },
  ];
  for (const { name, config } of settings) {
    describe(name, { timeout }, () => {
      const running = serve(config);

      for (const row of rows) {
        test(row.name, async (t) => {
          const client = await open(t, running.server);

          client.socket.close(...row.close);
          assert.deepEqual(await client.closed, { ...row.answer, wasClean: true });
        });
      }

      test('after the echoes owed', async (t) => {
        const client = await open(t, running.server);
        const messages = new Random('before the close').messages(20);

        messages.forEach((message) => client.send(message));
        client.socket.close(1000, 'bye');
        for (const message of messages) {
          assertEcho(await client.next(), message);
        }
        assert.deepEqual(await client.closed, { code: 1000, reason: 'bye', wasClean: true });
      });
    });
  }
});

describe('ws has its Ping answered', () => {
  const payloads = ['', 'ping', 'p'.repeat(125)];

  for (const { name, config } of settings) {
    describe(name, { timeout }, () => {
      const running = serve(config);

      for (const payload of payloads) {
        test(`with ${payload.length} bytes`, async (t) => {
          const client = await open(t, running.server);

          client.socket.ping(payload);
          assert.equal(String((await client.happens('pong'))[0]), payload);
        });
      }
    });
  }
});

describe('ws answers the Pings of the server', { concurrency: true, timeout }, () => {
  for (const { name, config } of settings) {
    test(name, async (t) => {
      const echo = { ...config.echo, 'ping-interval': 1, 'pong-timeout': 1 };
      const server = await startServer(t, { ...config, echo });
      const client = await open(t, server);
      const message = messageOf(randomText, 100);

      for (let count = 0; count < 3; count += 1) {
        await client.happens('ping');
      }
      assertEcho((await client.exchange(message)).echo, message);
    });
  }
});

describe('ws without compression at the server', () => {
  for (const { name, config } of uncompressed) {
    describe(name, { timeout }, () => {
      const running = serve(config);

      test('is offered in vain', async (t) => {
        const client = await open(t, running.server);
        const message = messageOf(repetitiveText, 65536);
        const { echo, wireBytes } = await client.exchange(message);

        assert.equal(client.extensions, '');
        assert.equal(client.socket.extensions, '');
        assertEcho(echo, message);
        assert.ok(wireBytes > 65536, `${wireBytes} bytes on the wire`);
      });
    });
  }
});

describe('ws with compression at the server', () => {
  const context = messageOf(randomBinary, 8192);
  // Whether a message of 8 KiB is still remembered when it comes again: always where both sides
  // can, never where the server must not. Where only the server could, both are right: it may send
  // back what the client has compressed.
  const offers = [
    { name: 'nothing but the extension', offer: { clientMaxWindowBits: false }, remembers: true },
    { name: 'the defaults of ws', offer: {}, remembers: true },
    {
      name: 'no context of the server',
      offer: { serverNoContextTakeover: true },
      remembers: false,
    },
    { name: 'no context of the client', offer: { clientNoContextTakeover: true } },
    {
      name: 'no context of either',
      offer: { serverNoContextTakeover: true, clientNoContextTakeover: true },
      remembers: false,
    },
    { name: 'a server window of 15', offer: { serverMaxWindowBits: 15 }, remembers: true },
    { name: 'a server window of 14', offer: { serverMaxWindowBits: 14 }, remembers: true },
    { name: 'a server window of 10', offer: { serverMaxWindowBits: 10 }, remembers: false },
    { name: 'a server window of 9', offer: { serverMaxWindowBits: 9 }, remembers: false },
    // zlib cannot compress with it (RFC 7692 section 7.1.2.1 lets a server decline)
    {
      name: 'a server window of 8',
      offer: { serverMaxWindowBits: 8 },
      remembers: false,
      mayDecline: true,
    },
    { name: 'a client window of 15', offer: { clientMaxWindowBits: 15 }, remembers: true },
    { name: 'a client window of 9', offer: { clientMaxWindowBits: 9 } },
    {
      name: 'windows of different sizes',
      offer: { serverMaxWindowBits: 14, clientMaxWindowBits: 10 },
    },
    {
      name: 'everything',
      offer: {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 12,
        clientMaxWindowBits: 11,
      },
      remembers: false,
    },
  ];

  for (const { name, config, remembers } of compressed) {
    describe(name, { timeout }, () => {
      const running = serve(config);

      test('negotiates it', async (t) => {
        const client = await open(t, running.server);

        assert.equal(client.socket.extensions, 'permessage-deflate');
      });

      test('need not be offered it', async (t) => {
        const client = await open(t, running.server, { perMessageDeflate: false });
        const message = messageOf(repetitiveText, 65536);

        assert.equal(client.extensions, '');
        assertEcho((await client.exchange(message)).echo, message);
      });

      for (const kind of [repetitiveText, repetitiveBinary]) {
        test(`makes ${kind.name} small`, async (t) => {
          const client = await open(t, running.server);
          const message = messageOf(kind, 65536);
          const { echo, wireBytes } = await client.exchange(message);

          assertEcho(echo, message);
          assert.ok(wireBytes < 6554, `${wireBytes} bytes on the wire`);
        });
      }

      for (const row of offers) {
        test(`is offered ${row.name}`, async (t) => {
          const client = await open(t, running.server, {
            perMessageDeflate: { ...deflate, ...row.offer },
          });
          const wireBytes = [];

          for (let count = 0; count < 3; count += 1) {
            const exchange = await client.exchange(context);
            assertEcho(exchange.echo, context);
            wireBytes.push(exchange.wireBytes);
          }
          await exchangeAll(client, new Random(row.name).messages(20));

          if (row.mayDecline && client.extensions === '') {
            return;
          }
          assertAnswer(client.extensions, row.offer, remembers);
          if (!remembers || row.remembers !== undefined) {
            assertRemembers(wireBytes, remembers && row.remembers);
          }
        });
      }
    });
  }

  /** Checks the server's answer against RFC 7692 section 7.1. */
  function assertAnswer(header, offer, mayRemember) {
    assert.match(header, /^permessage-deflate(;|$)/);
    const [answer] = extension.parse(header)['permessage-deflate'];
    const serverWindow = answer.server_max_window_bits?.[0];

    if (offer.serverNoContextTakeover || !mayRemember) {
      assert.ok(answer.server_no_context_takeover, header);
    }
    if (offer.serverMaxWindowBits) {
      assert.ok(Number(serverWindow) <= offer.serverMaxWindowBits, header);
    }
  }

  function assertRemembers([, ...repeated], expected) {
    for (const wireBytes of repeated) {
      assert.equal(wireBytes < 1024, expected, `${wireBytes} bytes on the wire for 8192 repeated`);
    }
  }
});

describe('ws asks for subprotocols', () => {
  for (const { name, config } of uncompressed) {
    describe(name, { timeout }, () => {
      const running = serve({ ...config, echo: { subprotocols: ['chat', 'echo.v2'] } });
      const chosen = [
        { protocols: ['x', 'echo.v2', 'chat'], protocol: 'echo.v2' },
        { protocols: ['chat'], protocol: 'chat' },
        { protocols: [], protocol: '' },
      ];

      for (const { protocols, protocol } of chosen) {
        test(`${JSON.stringify(protocols)} gets "${protocol}"`, async (t) => {
          const client = await open(t, running.server, { protocols });
          const message = messageOf(randomText, 100);

          assert.equal(client.socket.protocol, protocol);
          assertEcho((await client.exchange(message)).echo, message);
        });
      }

      // The server accepts without a choice; then it is ws that refuses.
      test('only unknown ones get none', async (t) => {
        await assert.rejects(open(t, running.server, { protocols: ['x', 'y'] }), {
          message: 'Server sent no subprotocol',
        });
      });
    });
  }
});

describe('ws comes from an origin', () => {
  for (const { name, config } of uncompressed) {
    describe(name, { timeout }, () => {
      const running = serve({ ...config, echo: { 'allowed-origins': ['http://good.example'] } });

      for (const origin of ['http://good.example', undefined]) {
        test(`${origin} is welcome`, async (t) => {
          const client = await open(t, running.server, { origin });
          const message = messageOf(randomText, 100);

          assertEcho((await client.exchange(message)).echo, message);
        });
      }

      for (const origin of [
        'http://bad.example', 'https://good.example', 'http://good.example:81',
      ]) {
        test(`${origin} is refused`, async (t) => {
          await assert.rejects(open(t, running.server, { origin }), {
            message: 'Unexpected server response: 403',
          });
        });
      }
    });
  }
});
