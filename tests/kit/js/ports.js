import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Finds ports at which nothing listened a moment ago, all different.
 *
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());

  try {
    await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
    return servers.map((server) => server.address().port);
  } finally {
    await Promise.all(servers.map((server) => once(server.close(), 'close')));
  }
}

/** @returns {Promise<number>} one such port */
export async function freePort() {
  const [port] = await freePorts(1);

  return port;
}
