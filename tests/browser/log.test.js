/* The Communication Log: details, filter, pause, copies, exports, and very many rows. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';

import { expectEventually } from '../kit/js/eventually.js';
import { Server } from '../kit/js/server.js';
import { connectedPage, openPage } from './browser.js';

let server;

before(async () => {
  server = await Server.start();
});
after(() => server.stop());

/** Opens the page, with four rows: opened, Hello, its echo, and closed. */
async function withRows(t, options) {
  const page = await connectedPage(t, server, options);

  await page.say('Hello, "echo"');
  await page.rows(3);
  return page;
}

async function counts(page, text) {
  await expectEventually(async () => assert.equal(await page.count.textContent(), text));
}

async function burst(page, messages, bytes) {
  await page.field('Messages').fill(String(messages));
  await page.field('Bytes each').fill(String(bytes));
  await page.button('Start').click();
  await page.burst.getByText('Done.', { exact: true }).waitFor({ timeout: 120_000 });
}

test('a row says time, direction, type, size and round trip', async (t) => {
  const page = await withRows(t);
  const [opened, sent, echo] = await Promise.all([0, 1, 2].map((index) => (
    page.entries.nth(index).getByRole('gridcell').allTextContents())));

  assert.match(opened.join('|'), /^\d\d:\d\d:\d\d\.\d{3}\|\|open\|\|\|Connection opened/);
  assert.match(sent.join('|'), /^[\d:]{8}\.\d{3}\|Client → Server\|text\|13 B\|\|Hello, "echo"$/);
  assert.match(echo.join('|'), /\|Server → Client\|text\|13 B\|[\d.]+ ms\|Hello, "echo"$/);
});

test('a long message is folded, and shown whole when chosen, also in hex', async (t) => {
  const page = await withRows(t);
  const text = `${'long '.repeat(1000)}\nend`;
  const content = page.detail.locator('pre');

  await page.say(text);
  assert.ok((await page.rows(5))[4][2].length < 300);
  await page.entries.nth(4).click();
  assert.equal(await content.textContent(), text);
  await page.button('Hex').click();
  assert.equal(await page.button('Hex').getAttribute('aria-pressed'), 'true');
  assert.match(await content.textContent(), /^00000000 {2}6c 6f 6e 67 20 .* {2}long long long l\n0/);
  await page.button('Hide').click();
  assert.equal(await page.detail.count(), 0);
  await page.focuses(page.log);
});

test('of a very long message the beginning is shown', async (t) => {
  const page = await withRows(t);

  await page.say('x'.repeat(300_000));
  await page.rows(5);
  await page.entries.nth(4).click();
  assert.match(await page.detail.locator('pre').textContent(), /^x{262144}\n\n\(Only its beginning/);
});

test('rows are chosen by keyboard', async (t) => {
  const page = await withRows(t);
  const chosen = () => page.log.evaluate((log) => (
    log.querySelector('[aria-selected="true"]')?.ariaRowIndex ?? null));
  const { keyboard } = page.page;

  await page.log.focus();
  for (const [key, row] of [
    ['ArrowDown', '2'], ['ArrowDown', '3'], ['End', '4'], ['ArrowDown', '4'], ['ArrowUp', '3'],
    ['Home', '2'], ['PageDown', '4'], ['PageUp', '2'], ['Escape', null], ['ArrowUp', '4'],
  ]) {
    await keyboard.press(key);
    await expectEventually(async () => assert.equal(await chosen(), row, key));
    const active = await page.log.getAttribute('aria-activedescendant');
    assert.equal(active !== '', row !== null);
  }
  assert.match(await page.detail.locator('strong').textContent(), /Server → Client · text · 13 B · .* ms/);
});

test('rows and their data are copied', async (t) => {
  const page = await withRows(t, { permissions: ['clipboard-read', 'clipboard-write'] });
  const clipboard = () => page.page.evaluate(() => navigator.clipboard.readText());

  await page.entries.nth(2).click();
  await page.button('Copy data').click();
  await expectEventually(async () => assert.equal(await clipboard(), 'Hello, "echo"'));
  await page.button('Copy row').click();
  await expectEventually(async () => {
    const { time, roundTripMs, ...row } = JSON.parse(await clipboard());

    assert.ok(Number.isFinite(Date.parse(time)) && roundTripMs > 0);
    assert.deepEqual(row, {
      event: 'receive', type: 'text', bytes: 13, encoding: 'utf-8', data: 'Hello, "echo"',
    });
  });
  await page.button('Hex').click();
  await page.log.focus();
  await page.page.keyboard.press('Control+c');
  await expectEventually(async () => assert.match(await clipboard(), /^48 65 6c 6c 6f 2c 20/));
});

// Over http from another host a page has no navigator.clipboard.
test('they are copied without the clipboard interface, too', async (t) => {
  const page = await openPage(t, server.url.replace('localhost', '127.0.0.1'), {
    permissions: ['clipboard-read', 'clipboard-write'],
  });

  await page.open();
  await page.say('copy me');
  await page.rows(3);
  await page.page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('no'));
  });
  await page.entries.nth(2).click();
  await page.button('Copy data').click();
  await expectEventually(async () => {
    assert.equal(await page.page.evaluate(() => navigator.clipboard.readText()), 'copy me');
  });
});

test('the log is filtered by content and kind', async (t) => {
  const page = await withRows(t);
  const filter = page.field('Filter');
  const show = page.field('Show');

  await page.say('other');
  await page.rows(5);
  await filter.fill('HELLO');
  await page.rows(2);
  await counts(page, '2 of 5 rows');
  await show.selectOption('Sent');
  await page.rows(1);
  await page.say('hello again');
  assert.deepEqual((await page.rows(2))[1], ['Client → Server', 'text', 'hello again']);
  await filter.fill('');
  await page.rows(3);
  await show.selectOption('Connection');
  assert.equal((await page.rows(1))[0][1], 'open');
  await filter.fill('nowhere');
  await page.rows(0);
  await show.selectOption('All');
  await filter.fill('');
  await page.rows(7);
  await counts(page, '7 rows');
});

test('the log stands still while paused, and loses nothing', async (t) => {
  const page = await withRows(t);

  await page.button('Pause').click();
  assert.equal(await page.button('Pause').getAttribute('aria-pressed'), 'true');
  await page.say('meanwhile');
  await counts(page, '5 rows, paused, 2 new');
  await page.rows(3);
  await page.button('Pause').click();
  await page.rows(5);
  await counts(page, '5 rows');
});

test('the log is cleared', async (t) => {
  const page = await withRows(t);

  await page.entries.nth(1).click();
  await page.button('Clear').click();
  await page.rows(0);
  assert.equal(await page.detail.count(), 0);
  await page.page.getByText('it shows up here').waitFor();
  await page.say('new');
  await page.rows(2);
});

describe('what is shown is exported', () => {
  const exportAs = async (page, name) => {
    const download = page.page.waitForEvent('download');

    await page.button(name).click();
    const file = await download;
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
  };

  test('as JSON', async (t) => {
    const page = await withRows(t);

    await page.field('Show').selectOption('Received');
    await page.rows(1);
    const { name, text } = await exportAs(page, 'Export JSON');
    const [{ time, roundTripMs, ...row }, ...rest] = JSON.parse(text);
    assert.equal(name, 'websocket-log.json');
    assert.deepEqual(rest, []);
    assert.ok(Date.parse(time) > 0 && roundTripMs > 0);
    assert.deepEqual(row, {
      event: 'receive', type: 'text', bytes: 13, encoding: 'utf-8', data: 'Hello, "echo"',
    });
  });

  test('as CSV', async (t) => {
    const page = await withRows(t);
    const { name, text } = await exportAs(page, 'Export CSV');
    const lines = text.split('\r\n');

    assert.equal(name, 'websocket-log.csv');
    assert.equal(lines[0], 'time,event,type,bytes,roundTripMs,encoding,data,truncated,text');
    assert.match(lines[2], /^[\dT:.Z-]+,send,text,13,,utf-8,"Hello, ""echo""",,$/);
    assert.equal(lines.length, 5);
  });
});

test('the newest row is announced', async (t) => {
  const page = await withRows(t);

  await expectEventually(async () => {
    assert.match(await page.page.getByRole('log', { name: 'Newest row' }).textContent(),
      /^Server → Client, text, 13 B, .* ms, Hello, "echo"$/);
  });
});

test('100,000 rows: only those that are seen are in the document', async (t) => {
  const page = await openPage(t, server.url);
  const seen = () => page.log.evaluate((log) => {
    const { top, bottom } = log.getBoundingClientRect();
    const heading = log.firstElementChild.getBoundingClientRect().bottom;

    return Array.from(log.querySelectorAll('#rows .row'))
      .filter((row) => {
        const box = row.getBoundingClientRect();
        return box.top >= Math.max(top, heading) - 2 && box.bottom <= bottom + 2;
      })
      .map((row) => Number(row.ariaRowIndex));
  });

  await page.open();
  await burst(page, 50_000, 16);
  await counts(page, '100001 rows');
  assert.equal(await page.log.evaluate((log) => log.ariaRowCount), '100002');
  assert.ok(await page.page.locator('*').count() < 600);
  await expectEventually(async () => assert.equal((await seen()).at(-1), 100_002));

  await page.log.focus();
  await page.page.keyboard.press('Home');
  await expectEventually(async () => assert.equal((await seen())[0], 2));
  assert.equal((await page.entries.nth(0).getByRole('gridcell').nth(2).textContent()), 'open');
  await page.log.evaluate((log) => { log.scrollTop = log.scrollHeight / 2; });
  const seesFrom = (least, most) => expectEventually(async () => {
    const rows = await seen();

    assert.ok(rows.length > 8 && rows[0] >= least && rows[0] <= most, `rows ${rows}`);
    rows.forEach((row, index) => assert.equal(row, rows[0] + index));
    return rows[0];
  });
  const middle = await seesFrom(49_950, 50_050);
  await page.log.evaluate((log) => { log.scrollTop -= 336; });
  await seesFrom(middle - 13, middle - 11); // in order, although above those that were there
  // who looks at older rows is left there
  await page.say('newest');
  await counts(page, '100003 rows');
  assert.ok(Math.abs((await seen())[0] - 50_000) < 50);
  await page.field('Filter').fill('newest');
  await page.rows(2);
});
