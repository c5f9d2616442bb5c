/* The sample's story: what the page of ASP.NET Core's sample does, over plain and TLS. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../kit/js/serve.js';
import { Server } from '../kit/js/server.js';
import { openPage, startPeer } from './browser.js';

const transports = [
  { name: 'plain', config: undefined },
  { name: 'TLS', config: { tls: 'self-signed' } },
];

const connectOnly = { url: true, connect: true, send: false, close: false };
const sendOnly = { url: false, connect: false, send: true, close: true };
const nothing = { url: false, connect: false, send: false, close: false };

const toServer = (text) => ['Client → Server', 'text', text];
const toClient = (text) => ['Server → Client', 'text', text];
const closedByClient = ['', 'close',
  'Connection closed. Code: 1000 (Normal Closure). Reason: Closing from client'];

for (const { name, config } of transports) {
  describe(`the page over ${name}`, () => {
    let server;

    before(async () => {
      server = await Server.start(config);
    });
    after(() => server.stop());

    test('is ready to connect to the server it came from', async (t) => {
      const page = await openPage(t, server.url);

      assert.equal(await page.page.title(), 'WebSocket Sample Application');
      await page.page.getByRole('heading', { level: 1, name: 'WebSocket Sample Application' })
        .waitFor();
      assert.equal(await page.url.inputValue(), server.socketUrl);
      assert.deepEqual(await page.enabled(), connectOnly);
      assert.deepEqual(
        await page.log.getByRole('columnheader').allTextContents(),
        ['Time', 'From → To', 'Type', 'Size', 'Round trip', 'Data'],
      );
      await page.rows(0);
    });

    test('connects, echoes and closes', async (t) => {
      const page = await openPage(t, server.url);

      await page.open();
      assert.deepEqual(await page.enabled(), sendOnly);
      await page.say('Hello');
      await page.rows(3);
      await page.say('Grüße 🌍');
      await page.rows(5);
      await page.hangUp();
      assert.deepEqual(await page.enabled(), connectOnly);
      assert.deepEqual(await page.rows(6), [
        ['', 'open', `Connection opened to ${server.socketUrl}`],
        toServer('Hello'), toClient('Hello'), toServer('Grüße 🌍'), toClient('Grüße 🌍'),
        closedByClient,
      ]);
    });

    test('can give up while it connects, and can do nothing while it closes', async (t) => {
      const page = await openPage(t, server.url);

      t.after(() => server.resume());
      server.pause();
      await page.connect.click();
      await page.reaches('Connecting...');
      assert.deepEqual(await page.enabled(), { ...nothing, close: true });
      server.resume();
      await page.reaches('Open');

      server.pause();
      await page.close.click();
      await page.reaches('Closing...');
      assert.deepEqual(await page.enabled(), nothing);
      server.resume();
      await page.reaches('Closed');

      server.pause();
      await page.connect.click();
      await page.reaches('Connecting...');
      await page.hangUp();
      assert.equal((await page.rows(3))[2][2], `Gave up connecting to ${server.socketUrl}`);
      server.resume();
    });

    test('keeps the order of several messages', async (t) => {
      const page = await openPage(t, server.url);
      const messages = Array.from({ length: 8 }, (_, index) => `message ${index + 1}`);

      await page.open();
      for (const message of messages) {
        await page.say(message);
      }
      const rows = await page.rows(1 + 2 * messages.length);
      for (const row of [toServer, toClient]) {
        assert.deepEqual(rows.filter(([from]) => from === row('')[0]), messages.map(row));
      }
    });

    test('shows markup as the text it is', async (t) => {
      const page = await openPage(t, server.url);
      const markup = '<img src=x onerror="document.title = \'broken\'">';

      await page.open();
      await page.say(markup);
      assert.deepEqual((await page.rows(3)).slice(1), [toServer(markup), toClient(markup)]);
      await page.entries.last().click();
      assert.equal(await page.detail.locator('pre').textContent(), markup);
      assert.equal(await page.page.locator('img').count(), 0);
      assert.deepEqual(page.faults, []);
    });

    test('shows spaces as they are and says that an empty message is empty', async (t) => {
      const page = await openPage(t, server.url);

      await page.open();
      await page.say('  two   spaces  ');
      await page.rows(3);
      await page.say('');
      assert.deepEqual((await page.rows(5)).map((row) => row.at(-1)).slice(1), [
        '  two   spaces  ', '  two   spaces  ', '(empty)', '(empty)',
      ]);
    });

    test('connects again after a close', async (t) => {
      const page = await openPage(t, server.url);

      for (let round = 0; round < 3; round += 1) {
        await page.open();
        await page.say(`round ${round}`);
        await page.rows(4 * round + 3);
        await page.hangUp();
        await page.rows(4 * round + 4);
      }
    });

    test('works by keyboard alone', async (t) => {
      const page = await openPage(t, server.url);
      const { keyboard } = page.page;

      await keyboard.press('Tab');
      await page.focuses(page.url);
      await keyboard.press('Enter');
      await page.reaches('Open');
      await page.focuses(page.message);
      await keyboard.type('with Ctrl+Enter');
      await keyboard.press('Control+Enter');
      await page.rows(3);
      await keyboard.type('with the button');
      for (const stop of [page.format, page.button('File…'), page.send]) {
        await keyboard.press('Tab');
        await page.focuses(stop);
      }
      await keyboard.press('Space');
      await page.rows(5);
      for (const stop of [page.saved, page.button('Save'), page.code, page.reason]) {
        await keyboard.press('Tab');
        await page.focuses(stop);
      }
      await keyboard.press('Tab');
      await page.focuses(page.close);
      await keyboard.press('Enter');
      await page.reaches('Closed');
      assert.deepEqual((await page.rows(6)).slice(1), [
        toServer('with Ctrl+Enter'), toClient('with Ctrl+Enter'),
        toServer('with the button'), toClient('with the button'), closedByClient,
      ]);

      await page.focuses(page.connect);
      await keyboard.press('Enter');
      await page.reaches('Open');
      await page.rows(7);
    });

    test('gives the browser nothing to complain about', async (t) => {
      const page = await openPage(t, server.url);

      await page.open();
      await page.say('Hello');
      await page.rows(3);
      await page.hangUp();
      await page.page.reload();
      await page.reaches('Ready to connect...');
      assert.deepEqual(page.faults, []);
    });

    // Headless Chromium asks for no icon, others would for /favicon.ico if the page named none.
    test('has an icon', async (t) => {
      const { page } = await openPage(t, server.url);
      const path = await page.locator('link[rel="icon"]').getAttribute('href');
      const response = await page.request.get(new URL(path, server.url).href);

      assert.equal(response.status(), 200);
      assert.equal(response.headers()['content-type'], 'image/svg+xml');
    });

    test('says so when the server stops', async (t) => {
      const stopping = await startServer(t, config);
      const page = await openPage(t, stopping.url);

      await page.open();
      await page.say('Hello');
      await page.rows(3);
      await stopping.stop();
      await page.reaches('Closed');
      assert.match((await page.rows(4))[3][2], /^Connection closed\. Code: 1001 \(Going Away\)/);
      assert.match(await page.notice.textContent(), /shutting down\. Connect again once it is back/);
      assert.deepEqual(await page.enabled(), connectOnly);
    });

    test('loads nothing from elsewhere, and the policy forbids inline code', async (t) => {
      const page = await openPage(t, server.url);
      const response = await page.page.request.get(server.url);
      const html = await response.text();
      const policy = response.headers()['content-security-policy'];

      assert.doesNotMatch(html, /<style|style=|\son\w+=|<script(?! type="module" src="js\/)/);
      assert.doesNotMatch(html, /(src|href)="(\w+:|\/\/)/);
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe/);
    });
  });
}

test('Tab reaches every control, in the order in which they stand', async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server.url);
  const focused = () => page.page.evaluate(() => {
    const { activeElement: { id, name, tagName } } = document;
    return id || name || tagName;
  });

  await page.message.fill('saved');
  await page.button('Save').click();
  await page.open();
  await page.say('Hello');
  await page.rows(3);
  await page.entries.last().click();
  const wanted = await page.page.evaluate(() => Array.from(
    document.querySelectorAll('input, select, textarea, button, [tabindex="0"]'),
  ).filter((node) => node.checkVisibility() && !node.disabled)
    .map(({ id, name, tagName }) => id || name || tagName));
  await page.page.evaluate(() => document.activeElement.blur());
  await page.reconnect.focus();
  const reached = [await focused()];
  while (reached.length < wanted.length) {
    await page.page.keyboard.press('Tab');
    reached.push(await focused());
  }
  assert.deepEqual(reached, wanted);
  assert.equal(new Set(reached).size, reached.length);
});

describe('the page with a peer that is no echo server', () => {
  let server;

  before(async () => {
    server = await Server.start();
  });
  after(() => server.stop());

  test('shows a binary message in hex, without a round trip', async (t) => {
    const peer = await startPeer(t);
    const page = await openPage(t, server.url);

    await page.open(peer.socketUrl);
    peer.sendBinary(Buffer.from('\0\x01Hello\xff', 'latin1'));
    await page.rows(2);
    assert.deepEqual((await page.entries.nth(1).getByRole('gridcell').allTextContents()).slice(1),
      ['Server → Client', 'binary', '8 B', '', '00 01 48 65 6c 6c 6f ff']);
    await page.entries.nth(1).click();
    assert.equal(await page.detail.locator('pre').textContent(),
      '00000000  00 01 48 65 6c 6c 6f ff                          ..Hello.');
  });

  test('shows that a close came without a reason', async (t) => {
    const peer = await startPeer(t);
    const page = await openPage(t, server.url);

    await page.open(peer.socketUrl);
    peer.sendClose(1000);
    await page.reaches('Closed');
    assert.equal((await page.rows(2))[1][2],
      'Connection closed. Code: 1000 (Normal Closure). Reason: (none)');
    assert.equal(await page.notice.textContent(), '');
  });

  test('does not show as sent what is sent too late', async (t) => {
    const peer = await startPeer(t);
    const page = await openPage(t, server.url);

    peer.lingers = true;
    await page.open(peer.socketUrl);
    const answered = peer.close();
    peer.sendClose(1000);
    await answered;
    await page.say('too late');
    await page.reaches('Closing...');
    assert.deepEqual(await page.enabled(), nothing);
    peer.drop();
    await page.reaches('Closed');
    await page.rows(2);
  });

  test('shows that the connection was lost', async (t) => {
    const peer = await startPeer(t);
    const page = await openPage(t, server.url);

    await page.open(peer.socketUrl);
    peer.drop();
    await page.reaches('Closed');
    assert.match((await page.rows(2))[1][2], /Code: 1006 \(Abnormal Closure\)\. Reason: \(none\)/);
    assert.match(await page.notice.textContent(), /1006.*was lost without a Close frame/);
  });

  test('does not give the focus to a button when the server closes', async (t) => {
    const peer = await startPeer(t);
    const page = await openPage(t, server.url);

    await page.open(peer.socketUrl);
    await page.message.pressSequentially('half a sent');
    peer.sendClose(1000);
    await page.reaches('Closed');
    await page.page.keyboard.press('Space');
    assert.equal(await page.state.textContent(), 'Closed');
    assert.equal(await page.message.inputValue(), 'half a sent ');
  });

  test('closes the connection when the user leaves', async (t) => {
    const peer = await startPeer(t);
    const page = await openPage(t, server.url);

    await page.open(peer.socketUrl);
    const closed = peer.close();
    await page.page.goto('about:blank');
    assert.deepEqual(await closed, { code: 1001, reason: '' });
  });
});
