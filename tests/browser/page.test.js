import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { chromium } from 'playwright-core';

import { Server } from '../js/server.js';
import { Peer } from './peer.js';
import { SamplePage } from './sample-page.js';

const transports = [
  { name: 'plain', config: undefined },
  { name: 'TLS', config: { tls: 'self-signed' } },
];

const connectOnly = { url: true, connect: true, message: false, send: false, close: false };
const sendOnly = { url: false, connect: false, message: true, send: true, close: true };
const nothing = { url: false, connect: false, message: false, send: false, close: false };

const closedByClient = 'Connection closed. Code: 1000. Reason: Closing from client';

let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});
after(() => browser.close());

async function openPage(t, url, options) {
  const page = await SamplePage.open(browser, url, options);

  t.after(() => page.dispose());
  return page;
}

async function startPeer(t) {
  const peer = await Peer.start();

  t.after(() => peer.stop());
  return peer;
}

async function unusedPort() {
  const server = createServer().listen(0);

  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

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
      assert.equal(await page.state.textContent(), 'Ready to connect...');
      assert.equal(await page.url.inputValue(), server.socketUrl);
      assert.deepEqual(await page.enabled(), connectOnly);
      assert.deepEqual(
        await page.log.getByRole('columnheader').allTextContents(),
        ['From', 'To', 'Data'],
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
      await page.close.click();
      await page.reaches('Closed');
      assert.deepEqual(await page.enabled(), connectOnly);
      assert.deepEqual(await page.rows(6), [
        [`Connection opened to ${server.socketUrl}`],
        ['Client', 'Server', 'Hello'],
        ['Server', 'Client', 'Hello'],
        ['Client', 'Server', 'Grüße 🌍'],
        ['Server', 'Client', 'Grüße 🌍'],
        [closedByClient],
      ]);
    });

    test('disables every control while it connects and closes', async (t) => {
      const page = await openPage(t, server.url);

      t.after(() => server.resume());
      server.pause();
      await page.connect.click();
      await page.reaches('Connecting...');
      assert.deepEqual(await page.enabled(), nothing);
      server.resume();
      await page.reaches('Open');

      server.pause();
      await page.close.click();
      await page.reaches('Closing...');
      assert.deepEqual(await page.enabled(), nothing);
      server.resume();
      await page.reaches('Closed');
    });

    test('keeps the order of several messages', async (t) => {
      const page = await openPage(t, server.url);
      const messages = Array.from({ length: 20 }, (_, index) => `message ${index + 1}`);

      await page.open();
      for (const message of messages) {
        await page.say(message);
      }
      const rows = (await page.rows(1 + 2 * messages.length)).slice(1);
      for (const sender of ['Client', 'Server']) {
        const texts = rows.filter(([from]) => from === sender).map(([, , data]) => data);
        assert.deepEqual(texts, messages, `from ${sender}`);
      }
    });

    test('keeps the newest row in view', async (t) => {
      const page = await openPage(t, server.url, { viewport: { width: 1000, height: 700 } });

      await page.open();
      for (let sent = 1; sent <= 15; sent += 1) {
        await page.say(`message ${sent}`);
        await page.rows(1 + 2 * sent);
      }
      const log = await page.log.boundingBox();
      const newest = await page.entries.last().boundingBox();
      assert.ok(newest.y >= log.y && newest.y + newest.height <= log.y + log.height);
      assert.ok(log.y + log.height <= 700);
    });

    test('shows markup as the text it is', async (t) => {
      const page = await openPage(t, server.url);
      const markup = '<img src=x onerror="document.title = \'broken\'">';

      await page.open();
      await page.say(markup);
      assert.deepEqual((await page.rows(3)).slice(1), [
        ['Client', 'Server', markup],
        ['Server', 'Client', markup],
      ]);
      assert.equal(await page.log.locator('img').count(), 0);
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
        await page.close.click();
        await page.reaches('Closed');
        await page.rows(4 * round + 4);
      }
    });

    test('says what to try when nothing listens there', async (t) => {
      const page = await openPage(t, server.url);
      const url = server.socketUrl.replace(/\d+/, await unusedPort());

      await page.url.fill(url);
      await page.connect.click();
      await page.reaches('Closed');
      const [[text]] = await page.rows(1);
      assert.match(text, new RegExp(`^Could not connect to ${url}\n`));
      assert.match(text, /Check that the server is running/);
      assert.deepEqual(await page.enabled(), connectOnly);
    });

    test('says what to try when the path is wrong, and connects once it is right', async (t) => {
      const page = await openPage(t, server.url);

      await page.url.fill(`${server.socketUrl}/elsewhere`);
      await page.connect.click();
      await page.reaches('Closed');
      const [[text]] = await page.rows(1);
      assert.match(text, /^Could not connect to .*\/ws\/elsewhere\n\n.*path are right/);

      await page.open(server.socketUrl);
      await page.rows(2);
    });

    test('explains an address that is none, and stays ready', async (t) => {
      const page = await openPage(t, server.url);

      await page.url.fill('http//localhost');
      await page.connect.click();
      assert.match(await page.fault.textContent(), /must start with ws:\/\/ or wss:\/\//);
      assert.equal(await page.url.getAttribute('aria-invalid'), 'true');
      assert.equal(await page.state.textContent(), 'Ready to connect...');
      await page.rows(0);

      await page.url.fill(server.socketUrl);
      assert.equal(await page.fault.textContent(), '');
      await page.open();
      assert.deepEqual(page.faults, []);
    });

    test('works by keyboard alone', async (t) => {
      const page = await openPage(t, server.url);
      const { keyboard } = page.page;

      await keyboard.press('Tab');
      await page.url.and(page.page.locator(':focus')).waitFor();
      await keyboard.press('Enter');
      await page.reaches('Open');
      await page.message.and(page.page.locator(':focus')).waitFor();
      await keyboard.type('with Enter');
      await keyboard.press('Enter');
      await page.rows(3);
      await keyboard.type('with the button');
      await keyboard.press('Tab');
      await keyboard.press('Space');
      await page.rows(5);
      await keyboard.press('Tab');
      await keyboard.press('Enter');
      await page.reaches('Closed');
      assert.deepEqual((await page.rows(6)).slice(1), [
        ['Client', 'Server', 'with Enter'],
        ['Server', 'Client', 'with Enter'],
        ['Client', 'Server', 'with the button'],
        ['Server', 'Client', 'with the button'],
        [closedByClient],
      ]);

      await page.connect.and(page.page.locator(':focus')).waitFor();
      await keyboard.press('Enter');
      await page.reaches('Open');
      await page.rows(7);
    });

    test('gives the browser nothing to complain about', async (t) => {
      const page = await openPage(t, server.url);

      await page.open();
      await page.say('Hello');
      await page.rows(3);
      await page.close.click();
      await page.reaches('Closed');
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
      const stopping = await Server.start(config);
      t.after(() => stopping.stop());
      const page = await openPage(t, stopping.url);

      await page.open();
      await page.say('Hello');
      await page.rows(3);
      await stopping.stop();
      await page.reaches('Closed');
      assert.match((await page.rows(4))[3][0], /^Connection closed\. Code: 1001\. Reason: /);
      assert.deepEqual(await page.enabled(), connectOnly);
    });
  });
}

test('a page over TLS says why the browser refuses ws:// elsewhere', async (t) => {
  const server = await Server.start({ tls: 'self-signed' });
  t.after(() => server.stop());
  const page = await openPage(t, server.url);

  await page.url.fill('ws://echo.invalid/ws');
  await page.connect.click();
  await page.reaches('Closed');
  assert.match((await page.rows(1))[0][0], /^Could not connect to .*\n\nThe browser says: .+/);
  assert.deepEqual(await page.enabled(), connectOnly);
});

describe('the page with a peer that is no echo server', () => {
  let server;

  before(async () => {
    server = await Server.start();
  });
  after(() => server.stop());

  test('shows a binary message as its size', async (t) => {
    const peer = await startPeer(t);
    const page = await openPage(t, server.url);

    await page.open(peer.socketUrl);
    peer.sendBinary(Buffer.alloc(42));
    assert.deepEqual((await page.rows(2))[1], ['Server', 'Client', 'Binary message, 42 bytes']);
  });

  test('shows that a close came without a reason', async (t) => {
    const peer = await startPeer(t);
    const page = await openPage(t, server.url);

    await page.open(peer.socketUrl);
    peer.sendClose(1000);
    await page.reaches('Closed');
    assert.deepEqual((await page.rows(2))[1], ['Connection closed. Code: 1000. Reason: (none)']);
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
    assert.match((await page.rows(2))[1][0], /Code: 1006\. Reason: \(none\)\n\n.*was lost/);
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

/** Texts whose contrast is below what WCAG 2.2 AA asks of small text, with their ratio. */
function findFaintTexts() {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * linear(red / 255)
    + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
  const backgroundOf = (element) => {
    const color = channels(getComputedStyle(element).backgroundColor);
    return color[3] === 0 ? backgroundOf(element.parentElement) : color;
  };
  const hasText = (element) => element.matches('input')
    || Array.from(element.childNodes).some(({ nodeType, data }) => nodeType === 3 && data.trim());

  return Array.from(document.body.querySelectorAll('*'))
    .filter((element) => element.checkVisibility() && hasText(element))
    .map((element) => {
      const [light, dark] = [channels(getComputedStyle(element).color), backgroundOf(element)]
        .map(luminance).sort((a, b) => b - a);
      return { text: element.textContent || element.id, ratio: (light + 0.05) / (dark + 0.05) };
    })
    .filter(({ ratio }) => ratio < 4.5);
}

describe('the look of the page', () => {
  const looks = [
    { name: 'light', viewport: { width: 1000, height: 700 }, colorScheme: 'light' },
    { name: 'dark', viewport: { width: 1000, height: 700 }, colorScheme: 'dark' },
    { name: 'narrow', viewport: { width: 360, height: 740 }, colorScheme: 'light' },
    { name: 'narrow-dark', viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
  ];
  const directory = process.env.SCREENSHOTS;
  let server;

  before(async () => {
    server = await Server.start();
    if (directory) {
      await mkdir(directory, { recursive: true });
    }
  });
  after(() => server.stop());

  for (const { name, ...options } of looks) {
    test(`${name}: every text can be read and nothing is cut off`, async (t) => {
      const page = await openPage(t, server.url, { ...options, deviceScaleFactor: 1 });
      const check = async (moment) => {
        assert.deepEqual(await page.page.evaluate(findFaintTexts), [], moment);
        const width = await page.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= options.viewport.width, `${moment}: ${width} px wide`);
        if (directory) {
          await page.page.screenshot({ path: join(directory, `${name}-${moment}.png`) });
        }
      };

      await check('ready');
      await page.url.fill('localhost:5000/ws');
      await page.connect.click();
      await check('invalid');
      await page.url.fill(`${server.socketUrl}/elsewhere`);
      await page.connect.click();
      await page.reaches('Closed');
      await page.url.fill(server.socketUrl);
      server.pause();
      await page.connect.click();
      await page.reaches('Connecting...');
      await check('connecting');
      server.resume();
      await page.reaches('Open');
      await page.say('Hello, echo!');
      await page.rows(4);
      await page.say('Grüße 🌍');
      await page.rows(6);
      await check('open');
      await page.say('unbroken'.repeat(40));
      await page.rows(8);
      await page.close.click();
      await page.reaches('Closed');
      await check('closed');
    });
  }
});
