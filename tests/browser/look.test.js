/* How the page looks and how heavy it is; screenshots go where SCREENSHOTS says. */

import assert from 'node:assert/strict';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';

import { Server } from '../kit/js/server.js';
import { openPage } from './browser.js';

const origin = fileURLToPath(new URL('../../mount-origin', import.meta.url));
const weightMax = 60_000;

const looks = [
  { name: 'light', viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { name: 'dark', viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
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

/** @returns {Promise<string[]>} the rules that axe-core finds broken, and where */
async function violations({ page }) {
  await page.evaluate(axe.source);
  const results = await page.evaluate(() => window.axe.run());

  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
}

for (const { name, ...options } of looks) {
  test(`${name}: axe-core finds no fault, and nothing is cut off`, async (t) => {
    const page = await openPage(t, server.url, { ...options, deviceScaleFactor: 1 });
    const check = async (moment) => {
      assert.deepEqual(await violations(page), [], moment);
      const width = await page.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= options.viewport.width, `${moment}: ${width} px wide`);
      const cut = await page.page.evaluate(() => Array.from(document.querySelectorAll('button, label'))
        .filter((node) => node.checkVisibility() && node.scrollWidth > node.clientWidth + 1)
        .map(({ textContent }) => textContent));
      assert.deepEqual(cut, [], moment);
      if (directory) {
        await page.page.screenshot({ path: join(directory, `${name}-${moment}.png`), fullPage: true });
      }
    };

    await page.server.waitFor();
    await check('ready');
    await page.url.fill('localhost:5000/ws');
    await page.connect.click();
    await check('invalid');
    await page.failToOpen(`${server.socketUrl}/elsewhere`);
    await check('failed');
    await page.url.fill(server.socketUrl);
    server.pause();
    t.after(() => server.resume());
    await page.connect.click();
    await page.reaches('Connecting...');
    await check('connecting');
    server.resume();
    await page.reaches('Open');
    await page.say('Hello, echo!');
    await page.say('Grüße 🌍');
    await page.say('unbroken'.repeat(40));
    await page.format.selectOption('hex');
    await page.say('00 01 02 ff');
    await page.rows(10);
    await page.burst.getByLabel('A second').fill('400');
    await page.button('Start').click();
    await page.burst.getByText('Done.').waitFor();
    await page.field('Filter').fill('o');
    await page.log.focus();
    await page.page.keyboard.press('Home');
    await page.detail.waitFor();
    await check('open');
    await page.reconnect.check();
    await page.hangUp();
    await page.failToOpenAgain(`${server.socketUrl}/elsewhere`);
    await check('waiting');
  });
}

test(`the page weighs at most ${weightMax} bytes`, async () => {
  const names = await readdir(origin, { recursive: true });
  const files = await Promise.all(names.map((name) => stat(join(origin, name))));
  const weight = files.filter((file) => file.isFile()).reduce((sum, { size }) => sum + size, 0);

  assert.ok(weight <= weightMax, `${weight} bytes`);
});
