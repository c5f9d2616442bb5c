// What passes through the proxies as it would without them.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { connect } from 'node:tls';

import { Random, assertEcho, kinds, messageOf } from '../kit/js/messages.js';
import { behind, fetchText, open, openDirectly } from './clients.js';
import { Proxy, proxyNames, substitute } from './proxy.js';
import { instanceNames } from './setup.js';

const timeout = 120_000; // for a whole group
const sizes = [0, 1, 125, 126, 65535, 65536, 5 * 2 ** 20];
const [randomText, repetitiveText, randomBinary] = kinds;
const maxMessage = 6 * 2 ** 20;

test('a text that is not in the committed file, or twice, is not replaced in silence', () => {
  assert.equal(substitute('a b c', [['b', '$&'], ['c', 'd']]), 'a $& d');
  assert.throws(() => substitute('a b c', [['x', 'd']]), /times that "x" is in/);
  assert.throws(() => substitute('a b b', [['b', 'd']]), /times that "b" is in/);
});

for (const proxyName of proxyNames) {
  test(`${proxyName} finds nothing wrong with its configuration`, () => Proxy.check(proxyName));

  describe(`through ${proxyName}`, { timeout }, () => {
    const running = behind(proxyName, {
      echo: {
        compression: 'on',
        'max-message': maxMessage,
        'allowed-origins': ['http://good.example'],
      },
    });

    async function connectTo(t, options) {
      const client = await open(running.setup, options);

      t.after(() => client.drop());
      return client;
    }

    for (const scheme of ['ws', 'wss']) {
      describe(scheme, () => {
        const http = scheme.replace('ws', 'http');

        for (const kind of [randomText, randomBinary]) {
          for (const size of sizes) {
            test(`${size} bytes of ${kind.name}`, async (t) => {
              const client = await connectTo(t, { scheme });
              const message = messageOf(kind, size);

              assertEcho((await client.exchange(message)).echo, message);
            });
          }
        }

        test('200 messages that do not wait for their echoes', async (t) => {
          const client = await connectTo(t, { scheme });
          const messages = new Random(`${proxyName} ${scheme}`).messages(200);

          messages.forEach((message) => client.send(message));
          for (const message of messages) {
            assertEcho(await client.next(), message);
          }
        });

        test('a message in fragments, with a Ping among them', async (t) => {
          const client = await connectTo(t, { scheme });
          const fragments = ['Grüße', '', ' 🌍'].map((part) => Buffer.from(part));

          client.send({ isBinary: false, data: fragments[0] }, { fin: false });
          client.socket.ping('between');
          assert.equal(String((await client.happens('pong'))[0]), 'between');
          client.send({ isBinary: false, data: fragments[1] }, { fin: false });
          client.send({ isBinary: false, data: fragments[2] });
          assertEcho(await client.next(), { isBinary: false, data: Buffer.concat(fragments) });
        });

        test('a reader that pauses loses nothing', async (t) => {
          const client = await connectTo(t, { scheme });
          const message = messageOf(randomBinary, 5 * 2 ** 20);

          client.socket.pause();
          for (let count = 0; count < 6; count += 1) {
            client.send(message);
          }
          // An answer on another connection: the proxy goes on beside the one that is stuck.
          const other = await connectTo(t, { scheme });
          assertEcho((await other.exchange(message)).echo, message);
          client.socket.resume();
          for (let count = 0; count < 6; count += 1) {
            assertEcho(await client.next(), message);
          }
        });

        test('compression is agreed on with the instance, and used', async (t) => {
          const client = await connectTo(t, { scheme, perMessageDeflate: { threshold: 0 } });
          const message = messageOf(repetitiveText, 65536);
          const { echo, wireBytes } = await client.exchange(message);

          assert.match(client.extensions, /^permessage-deflate(;|$)/);
          assertEcho(echo, message);
          assert.ok(wireBytes < 6554, `${wireBytes} bytes on the wire`);
        });

        test('a subprotocol is chosen by the instance', async (t) => {
          const client = await connectTo(t, { scheme, protocols: ['x', ...instanceNames, 'y'] });

          assert.ok(instanceNames.includes(client.socket.protocol), client.socket.protocol);
        });

        describe('a close', () => {
          const reserved = Buffer.from([0x83, 0x80, 0, 0, 0, 0]);
          const rows = [
            { name: 'without a code', code: 1000, end: (client) => client.socket.close() },
            { name: '1000', code: 1000, end: (client) => client.socket.close(1000, 'bye') },
            { name: '1001', code: 1001, end: (client) => client.sendRaw(closeFrame(1001)) },
            { name: '3000', code: 3000, end: (client) => client.socket.close(3000) },
            { name: '4999', code: 4999, end: (client) => client.socket.close(4999, 'Grüße 🌍') },
            {
              name: 'for a reserved opcode',
              code: 1002,
              end: (client) => client.sendRaw(reserved),
            },
            {
              name: 'for text that is not UTF-8',
              code: 1007,
              end: (client) => client.send({ isBinary: false, data: Buffer.from([0xff]) }),
            },
            {
              // Were it sent, the proxy would reset the client in the middle of it (see docs/deployment.md).
              name: 'for a message that will be too large',
              code: 1009,
              end: (client) => client.sendRaw(beginningOf(maxMessage + 1)),
            },
          ];

          for (const { name, code, end } of rows) {
            test(name, async (t) => {
              const closes = [];

              for (const client of [
                await connectTo(t, { scheme }), await openDirectly(running.setup, instanceNames[0]),
              ]) {
                end(client);
                closes.push(await client.closed);
              }
              const [through, direct] = closes;
              assert.equal(through.code, code);
              assert.deepEqual(through, direct);
            });
          }
        });

        describe('a refusal', () => {
          const rows = [
            { name: 'of another path', status: 404, path: '/other' },
            { name: 'of an origin', status: 403, headers: { origin: 'http://bad.example' } },
            // Of another length, HAProxy refuses it by itself.
            { name: 'of a key', status: 400, headers: { 'sec-websocket-key': '!'.repeat(24) } },
            { name: 'of a version', status: 426, headers: { 'sec-websocket-version': '12' } },
          ];

          for (const { name, status, path = '/ws', headers } of rows) {
            test(name, async () => {
              const options = { upgrade: true, headers };
              const direct = new URL(path, running.setup.instances.one.url).href;
              const [through, expected] = [
                await fetchText(running.setup.proxy.url(http, path), options),
                await fetchText(direct, options),
              ];

              assert.equal(through.status, status);
              assert.equal(through.body, expected.body);
              assert.match(through.body, /\w+ \w+/);
              for (const header of ['content-type', 'sec-websocket-version']) {
                assert.equal(through.headers[header], expected.headers[header]);
              }
            });
          }
        });

        test('the page', async () => {
          const { status, headers, body } = await fetchText(running.setup.proxy.url(http, '/'));
          const direct = await fetchText(running.setup.instances.one.url);

          assert.equal(status, 200);
          assert.equal(body, direct.body);
          assert.equal(headers['content-security-policy'],
            direct.headers['content-security-policy']);
        });
      });
    }

    async function connectTls(options) {
      const { port } = new URL(running.setup.proxy.url('https'));
      const socket = connect(port, '127.0.0.1', { rejectUnauthorized: false, ...options });

      try {
        await once(socket, 'secureConnect');
        return { version: socket.getProtocol(), alpn: socket.alpnProtocol };
      } finally {
        socket.destroy();
      }
    }

    test('HTTP/2 is not offered', async () => {
      const { alpn } = await connectTls({ ALPNProtocols: ['h2', 'http/1.1'] });

      assert.equal(alpn, 'http/1.1');
    });

    test('TLS of before 1.2 is refused', async () => {
      const versionOf = async (options) => (await connectTls(options)).version;
      const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' };

      assert.equal(await versionOf({}), 'TLSv1.3');
      assert.equal(await versionOf({ ...old, maxVersion: 'TLSv1.2' }), 'TLSv1.2');
      await assert.rejects(versionOf({ ...old, maxVersion: 'TLSv1.1' }),
        { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
    });
  });

  test(`${proxyName} says who the client is, whatever it says itself`, async (t) => {
    const instance = createServer((request, response) => {
      response.end(JSON.stringify(request.headers));
    });
    await once(instance.listen(0, '127.0.0.1'), 'listening');
    t.after(() => instance.close());
    const { port } = instance.address();
    const proxy = await Proxy.start(proxyName, [port, port]);
    t.after(() => proxy.stop());

    for (const forged of [{}, { 'x-forwarded-for': '192.0.2.1' }]) {
      const { body } = await fetchText(proxy.url('http', '/'), {
        localAddress: '127.0.0.2',
        headers: { host: 'echo.example:81', ...forged },
      });
      const headers = JSON.parse(body);

      assert.equal(headers['x-forwarded-for'], '127.0.0.2');
      assert.equal(headers.host, 'echo.example:81');
    }
  });
}

function closeFrame(code) {
  return Buffer.from([0x88, 0x82, 0, 0, 0, 0, code >> 8, code & 0xff]);
}

/** The header of a binary message of @size bytes, and the first of these. */
function beginningOf(size) {
  const beginning = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

  beginning.writeUInt32BE(size, 6);
  return beginning;
}
