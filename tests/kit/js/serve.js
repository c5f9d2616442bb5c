import { after, before } from 'node:test';

import { Server } from './server.js';

/** Starts a server that stops when the test @t ends. */
export async function startServer(t, config) {
  const server = await Server.start(config);

  t.after(() => server.stop());
  return server;
}

/** Starts a server for a group of tests, which reach it as `server` of the result. */
export function serve(config) {
  const running = {};

  before(async () => {
    running.server = await Server.start(config);
  });
  after(() => running.server?.stop());
  return running;
}
