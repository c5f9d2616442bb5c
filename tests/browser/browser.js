import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before } from 'node:test';

import { chromium } from 'playwright-core';

import { Server } from '../js/server.js';
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

/** Starts a server that stops when the test ends. */
export async function startServer(t, config) {
  const server = await Server.start(config);

  t.after(() => server.stop());
  return server;
}

/** Starts a peer that is no echo server, until the test ends. */
export async function startPeer(t) {
  const peer = await Peer.start();

  t.after(() => peer.stop());
  return peer;
}

/** @returns {Promise<number>} a port at which nothing listens */
export async function unusedPort() {
  const server = createServer().listen(0);

  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
