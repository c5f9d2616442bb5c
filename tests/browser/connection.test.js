/* Connecting and closing beyond the sample: subprotocols, codes, faults, reconnecting. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { expectEventually } from '../kit/js/eventually.js';
import { freePort } from '../kit/js/ports.js';
import { startServer } from '../kit/js/serve.js';
import { Server } from '../kit/js/server.js';
import { openPage, startPeer } from './browser.js';

let server;

before(async () => {
  server = await Server.start({ echo: { subprotocols: ['mqtt', 'chat.v2'], compression: 'on' } });
});
after(() => server.stop());

describe('what cannot work is explained before anything is sent', () => {
  const rows = [
    { name: 'address', fields: { url: 'http//localhost' }, culprit: 'url', fault: /must start with/ },
    { name: 'subprotocol', fields: { subprotocols: 'a b' }, culprit: 'subprotocols',
      fault: /^"a b" is no subprotocol/ },
    { name: 'subprotocol twice', fields: { subprotocols: 'mqtt, mqtt' }, culprit: 'subprotocols',
      fault: /once/ },
  ];
  for (const { name, fields, culprit, fault } of rows) {
    test(name, async (t) => {
      const page = await openPage(t, server.url);

      for (const [field, text] of Object.entries(fields)) {
        await page[field].fill(text);
      }
      await page.connect.click();
      assert.match(await page.faultOf(page.url), fault);
      assert.equal(await page[culprit].getAttribute('aria-invalid'), 'true');
      await page.focuses(page[culprit]);
      assert.equal(await page.state.textContent(), 'Ready to connect...');
      await page.rows(0);

      await page[culprit].fill(culprit === 'url' ? server.socketUrl : '');
      assert.equal(await page.faultOf(page.url), '');
      assert.equal(await page[culprit].getAttribute('aria-invalid'), null);
      await page.open();
      assert.deepEqual(page.faults, []);
    });
  }
});

describe('a connection that fails says what to try', () => {
  const rows = [
    { name: 'nothing listens', url: async () => `ws://localhost:${await freePort()}/ws`,
      hint: /Check that the server is running/ },
    { name: 'wrong path', url: async () => `${server.socketUrl}/elsewhere`,
      hint: /host, port and path are right/ },
    { name: 'TLS', url: async () => `wss://localhost:${await freePort()}/ws`,
      hint: /Open https:\/\/localhost:\d+\/ in another tab to see if its certificate is trusted/ },
  ];
  for (const { name, url, hint } of rows) {
    test(name, async (t) => {
      const page = await openPage(t, server.url);
      const address = await url();

      await page.failToOpen(address);
      assert.deepEqual(await page.rows(1), [['', 'fail', `Could not connect to ${address}`]]);
      assert.match(await page.notice.textContent(), hint);
      assert.equal(await page.notice.getAttribute('role'), 'alert');

      await page.open(server.socketUrl);
      await page.rows(2);
      assert.equal(await page.notice.textContent(), '');
    });
  }

  test('mixed content', async (t) => {
    const secure = await startServer(t, { tls: 'self-signed' });
    const page = await openPage(t, secure.url);

    await page.failToOpen('ws://echo.invalid/ws');
    assert.match(await page.notice.textContent(),
      /^Could not connect to .*The browser says: .+ Use wss:\/\/ here, or open this page over http\.$/);
  });
});

test('a subprotocol is agreed on and shown', async (t) => {
  const page = await openPage(t, server.url);

  await page.subprotocols.fill('other, chat.v2');
  await page.open();
  assert.equal((await page.rows(1))[0][2], `Connection opened to ${server.socketUrl}. `
    + 'Subprotocol: chat.v2. Extensions: permessage-deflate');
  await page.say('Hello');
  await page.rows(3);
});

describe('a connection is closed as the user says', () => {
  const rows = [
    { name: 'a code of an application', code: '4321', reason: 'Grüße',
      closed: { code: 4321, reason: 'Grüße' }, text: 'Code: 4321 (Application). Reason: Grüße' },
    { name: 'a registered code without a reason', code: '3000', reason: '',
      closed: { code: 3000, reason: '' }, text: 'Code: 3000 (Registered). Reason: (none)' },
    { name: 'the longest reason', code: '1000', reason: 'é'.repeat(61) + 'e',
      closed: { code: 1000, reason: 'é'.repeat(61) + 'e' }, text: 'Reason: éé' },
    { name: 'no code at all', code: '', reason: '',
      closed: { code: undefined, reason: '' }, text: 'Code: 1005 (No Status). Reason: (none)' },
  ];
  for (const { name, code, reason, closed, text } of rows) {
    test(name, async (t) => {
      const peer = await startPeer(t);
      const page = await openPage(t, server.url);

      await page.open(peer.socketUrl);
      await page.code.fill(code);
      await page.reason.fill(reason);
      const close = peer.close();
      await page.hangUp();
      assert.deepEqual(await close, closed);
      assert.ok((await page.rows(2))[1][2].includes(text));
    });
  }

  const faults = [
    { name: 'a reserved code', code: '1006', reason: '', culprit: 'code', fault: /1000, with 3000/ },
    { name: 'no number', code: 'x', reason: '', culprit: 'code', fault: /without a code/ },
    { name: 'a reason alone', code: '', reason: 'x', culprit: 'code', fault: /needs a code/ },
    { name: 'too long a reason', code: '1000', reason: 'é'.repeat(62), culprit: 'reason',
      fault: /124 bytes in UTF-8; 123/ },
  ];
  for (const { name, code, reason, culprit, fault } of faults) {
    test(`but not with ${name}`, async (t) => {
      const page = await openPage(t, server.url);

      await page.open();
      await page.code.fill(code);
      await page.reason.fill(reason);
      await page.close.click();
      assert.match(await page.faultOf(page.close), fault);
      await page.focuses(page[culprit]);
      assert.equal(await page.state.textContent(), 'Open');
      await page.code.fill('1000');
      await page.reason.fill('ok');
      await page.hangUp();
    });
  }
});

describe('reconnecting', () => {
  const mostMs = 31_000; // after this no wait is left

  /** Fails to connect to @url until the wait is long enough for a test to act in it. */
  async function waitToReconnect(page, url) {
    await page.page.clock.install();
    await page.url.fill(url);
    await page.reconnect.check();
    await page.connect.click();
    await expectEventually(async () => {
      assert.match(await page.countdown.textContent(), /^in [2-9] s$/);
    });
  }

  test('brings the connection back after the server has restarted', async (t) => {
    const first = await startServer(t);
    const page = await openPage(t, first.url);
    const { port } = first;

    await page.reconnect.check();
    await page.open();
    await first.stop();
    await page.reaches('Connecting again...');
    await expectEventually(async () => {
      assert.match(await page.countdown.textContent(), /^in \d+ s$/);
    });
    // at least one attempt finds nobody
    await expectEventually(async () => {
      assert.ok((await page.rowsNow()).some(([, type]) => type === 'fail'));
    });
    const second = await Server.start(undefined, port);
    t.after(() => second.stop());
    await page.reaches('Open');
    assert.equal(await page.countdown.textContent(), '');
    const rows = await page.rowsNow();
    assert.deepEqual(rows.slice(0, 4).map(([, type]) => type), ['open', 'close', 'retry', 'fail']);
    assert.match(rows[2][2], /^Connecting again in 0\.[345] s, attempt 1$/);
    assert.match(rows[4][2], /, attempt 2$/);
    await page.say('back');
    await page.rows(rows.length + 2);

    await page.hangUp(); // what the user ends stays ended
    assert.equal(await page.state.textContent(), 'Closed');
  });

  for (const name of ['Close Socket', 'the checkbox']) {
    test(`is ended by ${name}`, async (t) => {
      const page = await openPage(t, server.url);

      await waitToReconnect(page, `ws://localhost:${await freePort()}/ws`);
      const before = await page.entries.count();
      await (name === 'Close Socket' ? page.close.click() : page.reconnect.uncheck());
      await page.reaches('Closed');
      assert.equal(await page.countdown.textContent(), '');
      await page.page.clock.fastForward(mostMs);
      assert.equal(await page.state.textContent(), 'Closed');
      await page.rows(before);
    });
  }

  test('can be hurried by Connect', async (t) => {
    const page = await openPage(t, server.url);

    await waitToReconnect(page, `${server.socketUrl}/elsewhere`);
    const before = await page.entries.count();
    await page.open(server.socketUrl);
    await page.page.clock.fastForward(mostMs);
    await page.say('on the only connection');
    await page.rows(before + 3);
    assert.equal(await page.state.textContent(), 'Open');
  });
});

describe('what the server is', () => {
  test('is shown, and its path is used', async (t) => {
    const other = await startServer(t, {
      echo: {
        path: '/socket', subprotocols: ['mqtt'], 'max-message': 65536, 'ping-interval': 30,
        'pong-timeout': 5, compression: 'no-context-takeover',
      },
    });
    const page = await openPage(t, other.url);

    await page.server.waitFor();
    const { Version: version, ...rest } = await page.figures(page.server);
    assert.match(version, /^lws-echo \d+\.\d+\.\d+ on libwebsockets 4\.[\d.]+\d(-[\w.+-]+)?$/);
    assert.deepEqual(rest, {
      Path: '/socket', Subprotocols: 'mqtt', 'Largest message': '64 KiB',
      'Keep-alive': 'ping after 30 s of silence, lost 5 s later',
      Compression: 'no-context-takeover',
    });
    await expectEventually(async () => {
      assert.equal(await page.url.inputValue(), `ws://localhost:${other.port}/socket`);
    });
    await page.open();
  });

  test('is left out where the server does not say it', async (t) => {
    const silent = await startServer(t, { echo: { 'info-path': '' } });
    const page = await openPage(t, silent.url);

    await page.open();
    await page.say('Hello');
    await page.rows(3);
    assert.equal(await page.server.count(), 0);
  });

  test('is left out by a server of another kind', async (t) => {
    const other = createServer(async ({ url }, response) => {
      const answer = await fetch(new URL(url === '/info.json' ? '/index.html' : url, server.url));

      response.writeHead(200, { 'Content-Type': answer.headers.get('content-type') });
      response.end(Buffer.from(await answer.arrayBuffer()));
    }).listen(0, 'localhost');
    t.after(() => other.close().closeAllConnections());
    await once(other, 'listening');
    const page = await openPage(t, `http://localhost:${other.address().port}/`);

    await page.open(server.socketUrl);
    assert.equal(await page.server.count(), 0);
    assert.deepEqual(page.faults, []);
  });
});
