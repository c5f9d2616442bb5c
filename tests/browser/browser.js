import { after, before } from 'node:test';

import { chromium } from 'playwright-core';

import { Peer } from './peer.js';
import { SamplePage } from './sample-page.js';

let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});
after(() => browser.close());

/** Opens the page at @url, in a context of its own, until the test ends. */
export async function openPage(t, url, options) {
  const page = await SamplePage.open(browser, url, options);

  t.after(() => page.dispose());
  return page;
}

/** Opens the page of @server and connects it. */
export async function connectedPage(t, server, options) {
  const page = await openPage(t, server.url, options);

  await page.open();
  return page;
}

/** Starts a peer that is no echo server, until the test ends. */
export async function startPeer(t) {
  const peer = await Peer.start();

  t.after(() => peer.stop());
  return peer;
}
