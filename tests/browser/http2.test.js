/* Chromium carries WebSockets on the HTTP/2 connection that the page came on (RFC 8441). */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Server } from '../kit/js/server.js';
import { openPage } from './browser.js';

let server;

before(async () => {
  server = await Server.start({ 'tls': 'self-signed', 'http2': true });
});
after(() => server.stop());

/** Opens WebSockets in the page, has each send @size bytes, and returns what came back of them. */
const echo = async ({ url, count, size }) => {
  const payload = Uint8Array.from({ length: size }, (_, index) => index * 7 % 251);
  const one = () => new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => socket.send(payload);
    socket.onmessage = ({ data }) => {
      const back = new Uint8Array(data);
      socket.same = back.length === size && back.every((byte, index) => byte === payload[index]);
      socket.close(1000, 'done');
    };
    socket.onclose = ({ code, wasClean }) => resolve({ same: socket.same, code, wasClean });
    socket.onerror = () => reject(new Error('the WebSocket failed'));
  });
  return Promise.all(Array.from({ length: count }, one));
};

for (const { count, size } of [{ count: 1, size: 20_000_000 }, { count: 20, size: 500_000 }]) {
  test(`${count} with ${size} bytes`, async (t) => {
    const { page } = await openPage(t, server.url, { ignoreHTTPSErrors: true });
    const session = await page.context().newCDPSession(page);
    const statuses = [];

    await session.send('Network.enable');
    session.on('Network.webSocketHandshakeResponseReceived',
      ({ response }) => statuses.push(response.status));
    assert.equal(await page.evaluate(
      () => performance.getEntriesByType('navigation')[0].nextHopProtocol), 'h2');

    const results = await page.evaluate(echo, { url: server.socketUrl, count, size });
    assert.deepEqual(results,
      Array.from({ length: count }, () => ({ same: true, code: 1000, wasClean: true })));
    assert.deepEqual(statuses, Array.from({ length: count }, () => 200)); // HTTP/1.1 has 101
  });
}
