/* The live picture and bursts. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { expectEventually } from '../kit/js/eventually.js';
import { Server } from '../kit/js/server.js';
import { connectedPage, openPage, startPeer } from './browser.js';

let server;

before(async () => {
  server = await Server.start();
});
after(() => server.stop());

async function start(page, fields) {
  for (const [name, value] of Object.entries(fields)) {
    await page.burst.getByLabel(name).fill(value);
  }
  await page.button('Start').click();
}

async function ends(page, text) {
  await page.burst.getByText(text).waitFor({ timeout: 60_000 });
  return page.figures(page.burst);
}

test('the last seconds are shown as figures and lines', async (t) => {
  const page = await connectedPage(t, server);
  const path = (name) => page.live.getByRole('img', { name }).locator('path').last();

  assert.deepEqual(await page.figures(page.live), {
    p50: '–', p95: '–', p99: '–', max: '–', 'sent a second': '0', 'received a second': '0',
  });
  await page.say('Hello');
  await expectEventually(async () => {
    const { p50, p95, max } = await page.figures(page.live);

    assert.match(p50, /^[\d.]+ ms$/);
    assert.ok(parseFloat(p50) > 0 && parseFloat(p95) <= parseFloat(max));
    assert.match(await path(/^Round trip over time: p50,[\d.]+ ms/).getAttribute('d'), /^M/);
    assert.match(await path(/^Messages a second over time/).getAttribute('d'), /^M0 116/);
    assert.equal(await page.live.locator('figure').nth(1).getAttribute('data-top'), '1');
  });
});

test('what goes out is counted, too', async (t) => {
  const page = await connectedPage(t, server);

  server.pause(); // so that nothing comes back
  t.after(() => server.resume());
  await page.say('Hello');
  const lines = page.live.getByRole('img', { name: /^Messages a second/ }).locator('path');
  const atTheTop = / 4h1/;
  await expectEventually(async () => {
    assert.match(await lines.first().getAttribute('d'), atTheTop);
  });
  assert.doesNotMatch(await lines.last().getAttribute('d'), atTheTop);
});

test('a message that a lost connection left unanswered has no round trip later', async (t) => {
  const peer = await startPeer(t);
  const page = await openPage(t, server.url);

  await page.open(peer.socketUrl);
  await page.say('again');
  await page.rows(2);
  peer.drop();
  await page.reaches('Closed');
  await page.open(server.socketUrl);
  await page.say('again');
  await page.rows(6);
  const trip = await page.entries.nth(5).getByRole('gridcell').nth(4).textContent();
  const sent = await page.entries.nth(4).getByRole('gridcell').first().textContent();
  const came = await page.entries.nth(5).getByRole('gridcell').first().textContent();
  const ms = (time) => Number(time.replaceAll(':', '').slice(4)) * 1000;
  assert.ok(parseFloat(trip) <= ms(came) - ms(sent) + 2, `${trip}: ${sent} to ${came}`);
});

describe('a burst', () => {
  for (const [name, fields, bytes] of [
    ['as fast as possible', { Messages: '2000', 'Bytes each': '64' }, 64],
    ['at a rate', { Messages: '50', 'Bytes each': '1000', 'A second': '100' }, 1000],
    ['of empty messages', { Messages: '3', 'Bytes each': '0' }, 0],
    ['of large ones', { Messages: '5', 'Bytes each': '3000000' }, 3_000_000],
  ]) {
    test(`${name} ends with its figures and a histogram`, async (t) => {
      const page = await connectedPage(t, server);

      await start(page, fields);
      const figures = await ends(page, 'Done.');
      assert.deepEqual({ ...figures, ...{ Sent: 0, 'Came back': 0 } }, {
        ...figures, Sent: 0, 'Came back': 0, Lost: '0', Altered: '0',
      });
      assert.equal(figures.Sent, fields.Messages);
      assert.equal(figures['Came back'], fields.Messages);
      assert.match(figures.p50, /^[\d.]+ m?s$/);
      const bars = page.burst.getByRole('img', { name: /^How many took how long/ }).locator('rect');
      const heights = await bars.evaluateAll((rects) => rects.map((rect) => rect.height.baseVal.value));
      assert.ok(Math.max(...heights) > 100);
      assert.equal(await page.burst.getByRole('progressbar').evaluate(({ value }) => value), 1);
      await page.focuses(page.button('Start'));
      const size = await page.entries.last().getByRole('gridcell').nth(3).textContent();
      assert.equal(size, { 64: '64 B', 1000: '1000 B', 0: '0 B', 3_000_000: '2.86 MiB' }[bytes]);
    });
  }

  test('may be binary', async (t) => {
    const page = await connectedPage(t, server);

    await page.burst.getByLabel('Binary').check();
    await start(page, { Messages: '2', 'Bytes each': '4' });
    await ends(page, 'Done.');
    assert.deepEqual((await page.rows(5)).map(([, type]) => type).slice(1), Array(4).fill('binary'));
  });

  test('is stopped', async (t) => {
    const page = await connectedPage(t, server);

    await start(page, { Messages: '1000000', 'A second': '50' });
    await page.focuses(page.button('Stop'));
    await expectEventually(async () => assert.ok(await page.entries.count() > 10));
    await page.page.keyboard.press('Enter');
    const { Sent: sent } = await ends(page, 'Stopped.');
    assert.ok(Number(sent) > 4 && Number(sent) < 1_000_000);
    assert.equal(await page.button('Stop').isEnabled(), false);
    await page.say('the connection goes on');
    await expectEventually(async () => {
      assert.equal(await page.entries.last().getByRole('gridcell').last().textContent(),
        'the connection goes on');
    });
  });

  test('ends with the connection', async (t) => {
    const page = await connectedPage(t, server);

    await start(page, { Messages: '1000000', 'A second': '50' });
    await page.hangUp();
    await ends(page, 'The connection has ended');
    assert.equal(await page.button('Start').isEnabled(), false);
  });

  test('ends where nothing comes back', async (t) => {
    const peer = await startPeer(t);
    const page = await openPage(t, server.url);

    await page.open(peer.socketUrl);
    await start(page, { Messages: '10' });
    const figures = await ends(page, 'Is this an echo server?');
    assert.equal(figures.Sent, '10');
    assert.equal(figures.Lost, '10');
    assert.equal(figures.p50, '–');
  });

  for (const [field, value, fault] of [
    ['Messages', '0', /number of messages .* 1 to 1000000/],
    ['Bytes each', '16777217', /size .* 0 to 16777216/],
    ['A second', '1.5', /rate must be a whole number/],
    ['A second', '', /rate must be a whole number/],
  ]) {
    test(`with ${field} "${value}" is refused with a word`, async (t) => {
      const page = await connectedPage(t, server);

      await start(page, { [field]: value });
      assert.match(await page.burst.getByRole('alert').textContent(), fault);
      await page.focuses(page.burst.getByLabel(field));
      await page.rows(1);
    });
  }
});
